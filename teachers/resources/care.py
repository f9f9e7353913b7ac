"""Insurances, checks, titles and candidates of rounds from workbooks, one line a teacher."""

from dataclasses import replace
from decimal import Decimal, InvalidOperation

from povertyedu.accounts.permissions import Permission
from povertyedu.imports.cleaning import known_value_words, one_of, short_text
from povertyedu.imports.rows import Change, Context, Row
from povertyedu.orgs.calendar import today
from povertyedu.workbooks.cells import CellError, Cleaned, compact, text_of
from povertyedu.workbooks.columns import Column
from povertyedu.workbooks.dates import clean_date
from teachers.actions.care import Checked, Insured, put_up_all, take_in_checks, take_in_insurances
from teachers.actions.titles import Awarded, take_in_titles
from teachers.enums.care import InsuranceKind
from teachers.models import HealthCheck, Insurance, TiltEntry, TiltList, TitleRecord

from .by_teacher import ByTeacherResource
from .pay import clean_year
from .teachers import BACKBONES, TITLES

INSURANCES = {kind.label: kind.value for kind in InsuranceKind} | {
    "公积金": "housing_fund", "养老": "pension", "医疗": "medical", "医保": "medical", "失业": "unemployment", "工伤": "injury", "生育": "maternity",
}  # fmt: skip
NEVER_GIVEN = "none"  # 未评 is no title that is given


def clean_points(cell) -> Cleaned:
    """Points with up to two decimals, as whole hundredths. Error: number_invalid."""
    text = compact(text_of(cell)).removesuffix("分")
    if not text:
        return Cleaned(None)
    try:
        points = Decimal(text) * 100
        if not 0 <= points <= 100_000 or points != int(points):
            raise InvalidOperation
    except InvalidOperation:
        raise CellError(
            "number_invalid", f"评分“{text[:10]}”看不懂；请填 0 到 1000，最多两位小数。"
        ) from None
    return Cleaned(int(points))


def _differences(pairs) -> list[Change]:
    return [
        Change(heading, str(old or "（空）"), str(new or "（空）"))
        for heading, old, new in pairs
        if old != new
    ]


class InsuranceResource(ByTeacherResource):
    """Insurances by teacher, kind and first day; a blank end or note leaves what is known."""

    kind = "insurances"
    label = "公积金和社保"
    permission = Permission.KEEP_CARE
    preview = ("code", "name", "kind_", "since", "until")
    conflict_message = (
        "同一位教师同一种保险同一天起缴的在文件里出现了两次，内容不同；请核对后只保留正确的一行。"
    )
    note = "一行一名教师一种。停缴的填停缴日期；在缴的停缴日期不填。"

    kind_ = Column("种类", aliases=("险种", "保险种类"), required=True, clean=one_of(INSURANCES, "种类"), choices=tuple(InsuranceKind.labels), width=14)  # fmt: skip
    since = Column("缴纳起始", aliases=("起缴日期", "参保日期", "起始日期"), required=True, clean=clean_date, width=13)  # fmt: skip
    until = Column("停缴日期", aliases=("终止日期",), clean=clean_date, width=13)
    about = Column("说明", aliases=("备注",), clean=short_text(200), width=20)

    def examine(self, row: Row, context: Context) -> None:
        values, teacher = row.values, self.teacher_of(row, context)
        if values["since"] and values["until"] and values["until"] < values["since"]:
            row.reject("until", "date_invalid", "停缴日期不能早于缴纳起始；请核对。")
        if not row.errors:
            row.found = Insured(
                teacher.pk, values["kind_"], values["since"], values["until"], values["about"] or ""
            )

    def key(self, row: Row):
        return (row.found.teacher, row.found.kind, row.found.since) if row.found else None

    def look_up_records(self, rows, context: Context) -> None:
        known = Insurance.objects.filter(teacher__in={row.found.teacher for row in rows})
        self.known = {(each.teacher_id, each.kind, each.since): each for each in known}
        self.running = {(each.teacher_id, each.kind): each.since for each in known if each.until is None}
        ends = [row.found for row in rows if row.found.until]
        for found in ends:  # the file may end one and begin the next
            if self.running.get((found.teacher, found.kind)) == found.since:
                del self.running[found.teacher, found.kind]

    def compare(self, row: Row, context: Context) -> list[Change] | None:
        new, known = row.found, self.known.get(row.key)
        if new.until is None and not (known and known.until):
            other = self.running.setdefault((new.teacher, new.kind), new.since)
            if other != new.since:
                row.reject(
                    "since", "runs_already", f"这一种自 {other} 起在缴；请先登记停缴，或核对缴纳起始。"
                )
        if known is None:
            return None
        new = row.found = replace(
            new, pk=known.pk, until=new.until or known.until, note=new.note or known.note
        )
        return _differences((("停缴日期", known.until, new.until), ("说明", known.note, new.note)))

    def write(self, created, updated, context: Context) -> None:
        take_in_insurances(by=self.actor_of(context), rows=[row.found for row in created + updated])


class HealthCheckResource(ByTeacherResource):
    """Who went to the year's check and when, or why not; results are sealed, and entered on the page alone."""

    kind = "health-checks"
    label = "教师体检"
    permission = Permission.KEEP_CARE
    preview = ("code", "name", "year", "done_on", "missed")
    conflict_message = "同一位教师同一年度在文件里出现了两次，内容不同；请核对后只保留正确的一行。"
    note = "一行一名教师一个年度：体检日期、没有体检的原因，填一项。体检结果不从表格导入。"

    year = Column("年度", aliases=("年份", "体检年度"), required=True, clean=clean_year)
    hospital = Column("体检机构", aliases=("医院", "体检医院"), clean=short_text(60), width=20)
    done_on = Column("体检日期", clean=clean_date, width=13)
    missed = Column("没有体检的原因", aliases=("未检原因",), clean=short_text(200), width=20)

    def examine(self, row: Row, context: Context) -> None:
        values, teacher = row.values, self.teacher_of(row, context)
        if bool(values["done_on"]) == bool(values["missed"]):
            row.reject("done_on", "value_missing", "体检日期、没有体检的原因填一项；请改正。")
        elif values["done_on"] and values["done_on"] > today():
            row.reject("done_on", "date_invalid", "体检日期不能晚于今天；请核对。")
        if not row.errors:
            row.found = Checked(teacher.pk, values["year"], values["done_on"], values["missed"] or "", values["hospital"] or "")  # fmt: skip

    def key(self, row: Row):
        return (row.found.teacher, row.found.year) if row.found else None

    def look_up_records(self, rows, context: Context) -> None:
        known = HealthCheck.objects.filter(teacher__in={row.found.teacher for row in rows})
        self.known = {(each.teacher_id, each.year): each for each in known}

    def compare(self, row: Row, context: Context) -> list[Change] | None:
        new, known = row.found, self.known.get(row.key)
        if known is None:
            if not new.hospital:
                row.reject("hospital", "value_missing", "还没有通知体检的要填体检机构；请补填。")
            return None
        if new.done_on and new.done_on < known.invited_on:
            row.reject("done_on", "date_invalid", f"体检日期不能早于通知日期 {known.invited_on}；请核对。")
        elif new.missed and known.done_on:
            row.reject("missed", "done_already", f"已登记 {known.done_on} 体检；请核对。")
        row.found = replace(new, pk=known.pk, hospital=new.hospital or known.hospital)
        return _differences(
            (("体检日期", known.done_on, new.done_on), ("没有体检的原因", known.missed, new.missed))
        )

    def write(self, created, updated, context: Context) -> None:
        take_in_checks(by=self.actor_of(context), rows=[row.found for row in created + updated])


class TitleRecordResource(ByTeacherResource):
    """Titles and ranks of backbone teachers with the day they were given: the history by date behind the roster."""

    kind = "title-records"
    label = "职称和骨干"
    permission = Permission.IMPORT_TEACHERS
    preview = ("code", "name", "title", "backbone", "on")
    conflict_message = (
        "同一位教师的同一职称（骨干级别）在文件里出现了两次，内容不同；请核对后只保留正确的一行。"
    )
    note = "一行登记一项：职称或骨干教师。取得日期最近的一项，就是教师现在的职称（骨干）。"

    title = Column("职称", aliases=("专业技术职务",), clean=one_of(TITLES, "职称"), choices=known_value_words(TITLES))  # fmt: skip
    backbone = Column("骨干教师", aliases=("骨干", "骨干级别"), clean=one_of(BACKBONES, "骨干教师"), choices=known_value_words(BACKBONES))  # fmt: skip
    on = Column("取得日期", aliases=("评聘日期", "认定日期"), required=True, clean=clean_date, width=13)
    document = Column("文号", aliases=("依据", "证书编号"), clean=short_text(80), as_text=True, width=20)

    def examine(self, row: Row, context: Context) -> None:
        values, teacher = row.values, self.teacher_of(row, context)
        title, backbone = values["title"] or "", values["backbone"] or ""
        if title == NEVER_GIVEN:
            row.reject("title", "value_unknown", "“未评”不用登记；请删去这一行。")
        elif bool(title) == bool(backbone):
            row.reject("title", "value_missing", "职称、骨干教师填一项，两项都有的分两行；请改正。")
        if values["on"] and values["on"] > today():
            row.reject("on", "date_invalid", "取得日期不能晚于今天；请核对。")
        if not row.errors:
            row.found = Awarded(teacher.pk, title, backbone, values["on"], values["document"] or "")

    def key(self, row: Row):
        return (row.found.teacher, row.found.title, row.found.backbone) if row.found else None

    def look_up_records(self, rows, context: Context) -> None:
        known = TitleRecord.objects.filter(teacher__in={row.found.teacher for row in rows})
        self.known = {(each.teacher_id, each.title, each.backbone): each for each in known}

    def compare(self, row: Row, context: Context) -> list[Change] | None:
        new, known = row.found, self.known.get(row.key)
        if known is None:
            return None
        new = row.found = replace(new, pk=known.pk, document=new.document or known.document)
        return _differences((("取得日期", known.on, new.on), ("文号", known.document, new.document)))

    def write(self, created, updated, context: Context) -> None:
        take_in_titles(by=self.actor_of(context), rows=[row.found for row in created + updated])


class TiltCandidateResource(ByTeacherResource):
    """Candidates of an open round of titles or awards; months at rural schools are reckoned, never typed."""

    kind = "tilt-candidates"
    label = "评聘、评优人选"
    permission = Permission.REVIEW_CARE
    preview = ("round", "code", "name", "points")
    conflict_message = "同一位教师在同一份名单里出现了两次，评分不同；请核对后只保留正确的一行。"
    note = "先在职称评优倾斜里新增评聘、评优，写明规则。乡村任教加分由系统按任职经历计算。"

    round = Column("名称", aliases=("评聘名称", "评优名称", "名单名称"), required=True, clean=short_text(80), width=24)  # fmt: skip
    year = Column("年度", aliases=("年份",), required=True, clean=clean_year)
    points = Column("评分", aliases=("得分", "基础分"), required=True, clean=clean_points)

    def look_up(self, rows, context: Context) -> None:
        super().look_up(rows, context)
        names = {row.values["round"] for row in rows if row.values["round"]}
        self.rounds: dict[tuple, list[TiltList]] = {}
        for tilt in TiltList.objects.filter(name__in=names):
            self.rounds.setdefault((tilt.name, tilt.year), []).append(tilt)

    def examine(self, row: Row, context: Context) -> None:
        values, teacher = row.values, self.teacher_of(row, context)
        found = self.rounds.get((values["round"], values["year"]), [])
        if values["round"] and values["year"] and len(found) != 1:
            row.reject("round", "value_unknown", f"{values['year']} 年没有叫“{values['round'][:40]}”的评聘、评优，或不止一份；请先新增，或核对名称。")  # fmt: skip
        elif found and found[0].closed_on:
            row.reject("round", "closed", "这份名单已定榜，不能再改。")
        if not row.errors:
            row.found = (found[0], teacher, values["points"])

    def key(self, row: Row):
        return (row.found[0].pk, row.found[1].pk) if row.found else None

    def look_up_records(self, rows, context: Context) -> None:
        known = TiltEntry.objects.filter(tilt__in={row.found[0].pk for row in rows})
        self.known = {
            (tilt, teacher): points
            for tilt, teacher, points in known.values_list("tilt", "teacher", "base_points")
        }

    def compare(self, row: Row, context: Context) -> list[Change] | None:
        old = self.known.get(row.key)
        if old is None:
            return None
        new = row.found[2]
        return [] if old == new else [Change("评分", f"{old / 100:.2f}", f"{new / 100:.2f}")]

    def write(self, created, updated, context: Context) -> None:
        by = self.actor_of(context)
        of_round: dict[int, list] = {}
        for row in created + updated:
            of_round.setdefault(row.found[0].pk, []).append(row.found)
        for found in of_round.values():
            put_up_all(
                by=by, tilt=found[0][0], candidates=[(teacher, points) for _, teacher, points in found]
            )
