"""责任人名册: who answers for which place at which link, from when to when."""

from dataclasses import dataclass

from dropout.actions.posts import NewPost, Span, Standing, Whom, standing_at, take_in
from dropout.enums import Line
from povertyedu.accounts.permissions import Permission
from povertyedu.imports.cleaning import known_value_words, one_of, short_text
from povertyedu.imports.resources import ImportResource
from povertyedu.imports.rows import Change, Context, Row
from povertyedu.workbooks.cells import clean_person_name, clean_phone
from povertyedu.workbooks.columns import Column
from povertyedu.workbooks.dates import clean_date

from .places import Links, Places, Unknown
from .undo import PostsUndone

LINE_WORDS = {
    "政府线": Line.GOVERNMENT.value, "教育线": Line.EDUCATION.value, "政府": Line.GOVERNMENT.value, "行政线": Line.GOVERNMENT.value,
    "教育": Line.EDUCATION.value, "学校线": Line.EDUCATION.value,
}  # fmt: skip


@dataclass
class FoundPost:
    """What a row was found to mean, and the post that it is about where it stands already."""

    post: NewPost
    standing: Standing | None = None

    @property
    def span(self) -> Span:
        """The days in office once the row is written: a blank end erases none."""
        known = self.standing.span.until if self.standing else None
        return Span(self.post.span.since, self.post.span.until or known)


class PostResource(PostsUndone, ImportResource):
    """Holders by place. Who stands already is left alone; an end that is told ends a post, days are never shared."""

    kind = "posts"
    label = "责任人名册"
    preview = ("line", "link", "place", "name", "since", "until")
    permission = Permission.MANAGE_CHAINS
    needs_term = False
    key_column = "place"
    note = "一行一个责任人。换人的，前任一行填写“任职止”，接任的另起一行。班主任在“学校班级”里指定，不在这里导入。"
    undo_will = "被这次导入办结的任期会恢复原样；只为它们登记的责任人一并移除。"
    undo_then = "请到“责任体系”看有没有空缺。"
    conflict_message = (
        "同一层级、同一地方、同一天起在文件里有两个责任人或两种写法；请核对后只保留正确的一行。"
    )

    line = Column(
        "线", aliases=("责任线", "所属线"), required=True, clean=one_of(LINE_WORDS, "线"), choices=known_value_words(LINE_WORDS)
    )  # fmt: skip
    link = Column(
        "层级", aliases=("责任层级", "包保层级"), required=True, clean=short_text(30), width=18, note="照“责任体系”里的层级名称填写"
    )  # fmt: skip
    place = Column(
        "负责的地方", aliases=("责任区域", "包保对象", "负责地方", "责任单位"), required=True, clean=short_text(60), width=30, as_text=True,
        sensitivity="personal", note="名称或代码；班级写“学校 年级班级”，学生写全国学籍号",
    )  # fmt: skip
    name = Column(
        "姓名", aliases=("责任人", "责任人姓名"), required=True, missing_code="name_missing",
        clean=short_text(60, clean_cell=clean_person_name),
    )  # fmt: skip
    phone = Column(
        "电话", aliases=("联系电话", "手机", "手机号"), required=True, clean=clean_phone, width=16, as_text=True, sensitivity="personal"
    )  # fmt: skip
    title = Column("职务", aliases=("单位职务", "单位及职务"), clean=short_text(60), width=18)
    since = Column(
        "任职起",
        aliases=("起", "起始日期", "任职时间", "开始日期"),
        required=True,
        clean=clean_date,
        width=14,
    )
    until = Column(
        "任职止",
        aliases=("止", "终止日期", "结束日期", "截止日期"),
        clean=clean_date,
        width=14,
        note="还在任的不填",
    )

    def look_up(self, rows, context: Context) -> None:
        self.links = Links()
        self.places = Places(row.values["place"] for row in rows if row.values["place"])

    def examine(self, row: Row, context: Context) -> None:
        values = row.values
        if not (values["line"] and values["link"]):
            return
        try:
            link = self.links.find(values["line"], values["link"])
        except Unknown as unknown:
            row.reject("link", "value_unknown", str(unknown))
            return
        if link.from_homeroom:
            row.reject(
                "link", "value_unknown", f"“{link.label}”取自班主任；请在“学校班级”里指定班主任，不用导入。"
            )
            return
        since, until = values["since"], values["until"]
        if since and until and until < since:
            row.reject("until", "date_invalid", "任职止早于任职起；请核对。")
        try:
            place = values["place"] and self.places.find(link.place_kind, values["place"])
        except Unknown as unknown:
            row.reject("place", "place_unknown", str(unknown))
            return
        if row.errors:
            return
        if place.told:
            row.warn("place", "area_merged", place.told)
        whom = Whom(values["name"], values["phone"], values["title"] or "")
        row.found = FoundPost(
            NewPost(link.pk, link.place_kind, place.key, whom, Span(since, until), place.home)
        )

    def key(self, row: Row):
        return (*row.found.post.at, row.found.post.span.since) if row.found else None

    def fingerprint(self, row: Row):
        return row.found.post

    def look_up_records(self, rows, context: Context) -> None:
        """Find the posts that stand, then hold every row whose days another post shares, in the file or not."""
        good = [row for row in rows if row.found and not row.is_left_out]
        standing = standing_at(
            {(row.found.post.link, row.found.post.kind, row.found.post.place) for row in good}
        )
        at_place: dict[tuple, list[Row]] = {}
        for row in good:
            found = row.found
            there = standing.get(found.post.at, [])
            found.standing = next((each for each in there if _is_same(each, found.post)), None)
            at_place.setdefault(found.post.at, []).append(row)
        for at, of_file in at_place.items():
            told = {row.found.standing.pk for row in of_file if row.found.standing}
            others = [(each.whom.name, each.span) for each in standing.get(at, []) if each.pk not in told]
            for row in of_file:
                beside = others + [(r.found.post.whom.name, r.found.span) for r in of_file if r is not row]
                _refuse_shared_days(row, beside)

    def compare(self, row: Row, context: Context) -> list[Change] | None:
        known, wanted = row.found.standing, row.found.post
        if known is None:
            return None
        changes = []
        if wanted.span.until and wanted.span.until != known.span.until:
            changes.append(Change("任职止", f"{known.span.until or '（空）'}", f"{wanted.span.until}"))
        if wanted.whom.title and wanted.whom.title != known.whom.title:
            changes.append(Change("职务", known.whom.title or "（空）", wanted.whom.title))
        return changes

    def write(self, created, updated, context: Context) -> None:
        told = [row.found for row in updated]
        take_in(
            posts=[row.found.post for row in created],
            ends=[(f.standing.pk, f.post.span.until) for f in told if f.post.span.until],
            titles=list({f.standing.person: f.post.whom.title for f in told if f.post.whom.title}.items()),
        )


def _is_same(standing: Standing, post: NewPost) -> bool:
    known, wanted = standing.whom, post.whom
    return (known.name, known.phone, standing.span.since) == (wanted.name, wanted.phone, post.span.since)


def _refuse_shared_days(row: Row, beside: list[tuple[str, Span]]) -> None:
    for name, span in beside:
        if row.found.span.shares_days_with(span):
            row.reject(
                "since", "post_overlaps",
                f"这里与{name}的任期（{span}）重叠；换人的，请在前任那一行填写“任职止”，接任的从后一天起。",
            )  # fmt: skip
            return
