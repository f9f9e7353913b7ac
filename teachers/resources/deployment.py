"""支教轮岗: a year's list of who goes where; what is to come becomes drafts, what is over and was decided on paper is recorded."""

from datetime import date

from povertyedu.accounts.permissions import Permission
from povertyedu.imports.cleaning import one_of, short_text
from povertyedu.imports.places import SchoolBook
from povertyedu.imports.resources import ImportResource
from povertyedu.imports.rows import Change, Context, Row
from povertyedu.orgs.calendar import today
from povertyedu.workbooks.columns import Column
from povertyedu.workbooks.dates import clean_date
from povertyedu.workflow.flow import Actor
from teachers.actions.deployment import NewDeployment, draft_deployments, record_past
from teachers.enums.deployment import BINDING, NOT_TO_BE, DeploymentKind, DeploymentOrigin, DeploymentState
from teachers.models import Appointment, Deployment

KINDS = {label: value for value, label in DeploymentKind.choices} | {
    "轮岗": "exchange", "交流": "exchange", "交流轮岗": "exchange", "定期交流": "exchange", "送教支教": "support", "跟岗学习": "shadowing",
}  # fmt: skip


class DeploymentResource(ImportResource):
    """Deployments by teacher and first day. One that is known already is left alone; every other goes the whole way of approval."""

    kind = "deployments"
    label = "支教轮岗安排"
    permission = Permission.ASK_DEPLOYMENT
    needs_term = False
    preview = ("code", "name", "kind_", "receiving", "since", "until")
    key_column = "code"
    conflict_message = "同一位教师同一天起的派出在文件里出现了两次，内容不同；请核对后只保留正确的一行。"
    note = "止日在今天以后的存为草稿，报人事股审批；已经结束、写明文号的按补录登记。派出学校按教师的岗位，填了对不上的会指出。"

    code = Column("工号", aliases=("教师工号", "教师编号"), required=True, clean=short_text(20), as_text=True)
    name = Column("姓名", aliases=("教师姓名", "教师"), clean=short_text(60))
    kind_ = Column(
        "类型",
        aliases=("派出类型", "交流类型", "交流方式"),
        required=True,
        clean=one_of(KINDS, "类型"),
        choices=tuple(DeploymentKind.labels),
    )
    sending = Column(
        "派出学校", aliases=("原学校", "现任教学校", "派出单位"), clean=short_text(80), width=24, as_text=True
    )
    receiving = Column(
        "接收学校",
        aliases=("流入学校", "受援学校", "接收单位"),
        clean=short_text(80),
        width=24,
        as_text=True,
        note="借调到学校以外的单位时不填",
    )
    office = Column(
        "借调单位",
        aliases=("借入单位", "借用单位"),
        clean=short_text(80),
        width=20,
        as_text=True,
        note="只有借调填",
    )
    since = Column("起", aliases=("起始日期", "开始日期", "起止日期起"), required=True, clean=clean_date)
    until = Column("止", aliases=("终止日期", "结束日期", "起止日期止"), required=True, clean=clean_date)
    document = Column("文号", aliases=("派遣文号", "批准文号"), clean=short_text(80), width=18, as_text=True)
    why = Column("事由", aliases=("理由", "备注", "说明"), clean=short_text(300), width=24)

    def look_up(self, rows, context: Context) -> None:
        self.schools = SchoolBook()
        codes = {row.values["code"] for row in rows if row.values["code"]}
        self.posts: dict[str, list[Appointment]] = {}
        posts = Appointment.objects.filter(teacher__code__in=codes).select_related(
            "teacher__person", "school"
        )
        for post in posts.order_by("since"):
            self.posts.setdefault(post.teacher.code, []).append(post)

    def examine(self, row: Row, context: Context) -> None:
        values = row.values
        posts = self.posts.get(values["code"] or "", [])
        since, until = values["since"], values["until"]
        if values["code"] and not posts:
            row.reject(
                "code",
                "teacher_unknown",
                f"没有工号为“{values['code']}”、有学校岗位的教师；请先登记教师和岗位。",
            )
        elif posts and values["name"] and values["name"] != posts[0].teacher.name:
            row.reject(
                "name",
                "name_differs",
                f"工号 {values['code']} 的教师是{posts[0].teacher.name}，和姓名不一致；请核对。",
            )
        if since and until and until < since:
            row.reject("until", "date_invalid", f"止日 {until} 早于起日 {since}；请核对。")
        held = self._held(posts, since)
        if posts and since and held is None:
            row.reject("since", "no_post", f"教师在 {since} 没有学校岗位；请核对日期，或先登记岗位聘任。")
        self._look_at_schools(row, held, context)
        if until and until < today() and not values["document"]:
            row.reject("document", "value_missing", "已经结束的派出按补录登记，要写明文号。")
        self._look_at_office(row)
        if not row.errors:
            receiving = self._school(values["receiving"])
            row.found = NewDeployment(
                held.teacher_id, values["kind_"], receiving and receiving.pk, since, until,
                values["why"] or values["document"] or "按年度安排", values["document"] or "", values["office"] or "",
            )  # fmt: skip

    def _held(self, posts: list[Appointment], day: date | None) -> Appointment | None:
        held = [
            post for post in posts if day and post.since <= day and (post.until is None or post.until >= day)
        ]
        return held[0] if held else None

    def _school(self, word: str | None):
        return self.schools.named(word)

    def _look_at_schools(self, row: Row, held: Appointment | None, context: Context) -> None:
        for name in ("sending", "receiving"):
            word = row.values[name]
            if word and not self._school(word):
                row.reject(
                    name, "school_unknown", f"没有叫“{word[:40]}”的学校；请照学校名册填写名称或标识码。"
                )
        if held is None:
            return
        if context.schools is not None and held.school_id not in context.schools:
            row.reject("code", "out_of_scope", "不是您管理的学校的教师，不能安排。")
        sending, receiving = self._school(row.values["sending"]), self._school(row.values["receiving"])
        if sending and sending.pk != held.school_id:
            row.reject(
                "sending",
                "school_differs",
                f"教师在 {row.values['since']} 的岗位在{held.school.name}，和派出学校不一致；请核对。",
            )
        if receiving and receiving.pk == held.school_id:
            row.reject("receiving", "school_same", "接收学校就是教师自己的学校；请填另一所学校。")

    def _look_at_office(self, row: Row) -> None:
        kind, to_school, office = (row.values[name] for name in ("kind_", "receiving", "office"))
        if to_school and office:
            row.reject("office", "place_twice", "接收学校和借调单位只填一个；请删去一格。")
        elif office and kind and kind != DeploymentKind.SECONDMENT:
            row.reject("office", "office_not_for_kind", "只有借调可以到学校以外的单位；请填接收学校。")
        elif not to_school and not office:
            row.reject("receiving", "value_missing", "请填接收学校；借调到学校以外的单位，填借调单位。")

    def key(self, row: Row):
        return (row.found.teacher, row.found.since) if row.found else None

    def fingerprint(self, row: Row):
        return row.found

    def look_up_records(self, rows, context: Context) -> None:
        teachers = {row.found.teacher for row in rows if row.found}
        self.recorded: dict[int, list[tuple[date, date]]] = {}
        self.known: dict[int, list[Deployment]] = {}
        for each in (
            Deployment.objects.filter(teacher__in=teachers)
            .exclude(state__in=NOT_TO_BE)
            .select_related("receiving")
        ):
            self.known.setdefault(each.teacher_id, []).append(each)

    def compare(self, row: Row, context: Context) -> list[Change] | None:
        new = row.found
        for each in self.known.get(new.teacher, ()):
            if (each.kind, each.receiving_id, each.office, each.since, each.until) == (
                new.kind,
                new.receiving,
                new.office,
                new.since,
                new.until,
            ):
                return []
            last = each.ended_on if each.state == DeploymentState.ENDED_EARLY else each.until
            if each.state in BINDING and each.since <= new.until and new.since <= last:
                told = f"教师在 {each.since} 至 {last} 已派到{each.destination}，起止日期重叠；请改期。"
                row.reject("since", "days_taken", told)
        if new.until < today():
            before = self.recorded.setdefault(new.teacher, [])
            for since, until in before:
                if since <= new.until and new.since <= until:
                    row.reject(
                        "since", "days_taken", f"和文件里 {since} 至 {until} 的那一行起止日期重叠；请核对。"
                    )
            before.append((new.since, new.until))
        return None

    def write(self, created, updated, context: Context) -> None:
        by = context.by.as_actor(self.permission) if context.by else Actor(None, context.by_name, "")
        found = [row.found for row in created]
        to_come = [new for new in found if new.until >= today()]
        draft_deployments(by=by, rows=to_come, origin=DeploymentOrigin.IMPORTED)
        record_past(by=by, rows=[new for new in found if new.until < today()])
