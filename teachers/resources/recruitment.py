"""Recruitment from workbooks: a plan's own table by channel, and who applied with their scores."""

import re
from decimal import Decimal, InvalidOperation

from povertyedu.accounts.permissions import Permission
from povertyedu.imports.cleaning import known_value_words, one_of, short_text
from povertyedu.imports.places import SchoolBook
from povertyedu.imports.resources import ImportResource
from povertyedu.imports.rows import Change, Context, Row
from povertyedu.imports.totals import WithTotals
from povertyedu.orgs.enums import Stage
from povertyedu.sealing import keyed_hash
from povertyedu.workbooks.cells import (
    EMPTY,
    CellError,
    Cleaned,
    clean_code,
    clean_id_number,
    clean_person_name,
    clean_phone,
)
from povertyedu.workbooks.columns import Column
from povertyedu.workflow.flow import Actor
from teachers.actions import candidates as applying
from teachers.actions.recruitment import PlannedChannel, set_goal, take_in
from teachers.enums.recruitment import CandidateState, PlanState
from teachers.enums.registry import Origin, Subject
from teachers.models import Candidate, ChannelTarget, PostLine, RecruitmentPlan, StaffGoal

GOAL = "goal"  # stands in the column of channels for how many there are to be in all
CHANNEL_WORDS = {origin.label: origin.value for origin in Origin if origin != Origin.OTHER} | {
    "特岗": "special_post", "特岗教师": "special_post", "定向": "commissioned", "定向培养": "commissioned", "委培": "commissioned",
    "定向委培生": "commissioned", "公招": "open_recruitment", "招聘": "open_recruitment", "自主招聘": "open_recruitment", "公费师范生": "funded_normal",
    "免费师范生": "funded_normal", "省考招聘": "provincial_exam", "教师总数": GOAL, "教师总数目标": GOAL, "教师达到": GOAL,
}  # fmt: skip
STAGE_WORDS = {stage.label: stage.value for stage in Stage} | {
    "幼儿园": "preschool", "学前教育": "preschool", "幼儿教育": "preschool", "高中": "senior", "职业高中": "vocational", "不分学段": "", "各学段": "",
}  # fmt: skip
SUBJECT_WORDS = {subject.label: subject.value for subject in Subject} | {
    "政治": "morality", "思想品德": "morality", "思政": "morality", "信息": "computing", "计算机": "computing", "学前": "preschool",
    "幼儿教育": "preschool", "幼教": "preschool", "心理": "mental_health", "全学科": "all",
}  # fmt: skip
_YEAR = re.compile(r"(20[0-9]{2})(?:年度?)?").fullmatch
_COUNT = re.compile(r"([0-9]{1,6})(?:人|名)?").fullmatch


def clean_year(cell) -> Cleaned:
    """A year: 2020, 2020年. Error: value_unknown."""
    text = clean_code(cell).value
    if not text:
        return EMPTY
    if match := _YEAR(text):
        return Cleaned(int(match[1]))
    raise CellError("value_unknown", "年度应为 2020 这样的四位年份；请核对。")


def clean_people(cell) -> Cleaned:
    """How many people: 83, 83人, 83名, 6,600. Error: number_invalid."""
    text = clean_code(cell).value.replace(",", "").replace("，", "")
    if not text or text in "-—/":
        return EMPTY
    if match := _COUNT(text.removesuffix(".0")):
        return Cleaned(int(match[1]))
    raise CellError("number_invalid", f"“{text[:20]}”不是人数；请填写整数。")


def clean_score(cell) -> Cleaned:
    """A score out of 100 with at most two decimals, as text; 缺考 and the like are none. Error: number_invalid."""
    text = clean_code(cell).value
    if not text or text in "-—/" or text in ("缺考", "弃考", "未考", "无"):
        return EMPTY
    try:
        number = Decimal(text).quantize(Decimal("0.01"))
    except InvalidOperation as error:
        raise CellError("number_invalid", f"“{text[:20]}”不是成绩；请填写 0 到 100 的数。") from error
    if not 0 <= number <= 100:
        raise CellError("number_invalid", f"成绩 {text[:20]} 不在 0 到 100 之间；请核对。")
    return Cleaned(str(number))


def actor_of(context: Context, permission: str) -> Actor:
    return context.by.as_actor(permission) if context.by else Actor(None, context.by_name, "")


class RecruitmentPlanResource(WithTotals):
    """What a year's plan brings by channel; goals of how many there are to be in all stand in the same table."""

    kind = "recruitment-plans"
    label = "教师招聘计划"
    permission = Permission.PLAN_RECRUITMENT
    needs_term = False
    preview = ("year", "plan", "channel", "stage", "posts", "remote_posts")
    key_column = "channel"
    conflict_message = "同一计划的同一渠道、学段出现了两次，人数不同；请核对后只保留正确的一行。"
    note = (
        "一行一个渠道。渠道填“教师总数”的，作为到那一年的教师总数目标。合计行与各行相加不等的，会提醒两个数。"
    )

    year = Column("年度", aliases=("计划年度", "招聘年度"), required=True, clean=clean_year)
    plan = Column(
        "计划名称",
        aliases=("招聘计划", "计划"),
        clean=short_text(80),
        width=26,
        note="不填为“2020年教师招聘计划”这样的名称",
    )
    channel = Column("渠道", aliases=("招聘渠道", "补充渠道", "来源", "招聘方式"), required=True, clean=one_of(CHANNEL_WORDS, "渠道"), choices=known_value_words(CHANNEL_WORDS))  # fmt: skip
    stage = Column("学段", aliases=("任教学段",), clean=one_of(STAGE_WORDS, "学段"), choices=known_value_words(STAGE_WORDS), note="不填为各学段")  # fmt: skip
    posts = Column(
        "计划人数",
        aliases=("人数", "招聘人数", "计划招聘人数", "补充人数"),
        required=True,
        clean=clean_people,
    )
    remote_posts = Column("其中边远学校", aliases=("其中到边远学校", "边远学校", "边远乡村学校", "其中边远乡村学校"), clean=clean_people)  # fmt: skip
    document = Column("依据文件", aliases=("依据", "文号"), clean=short_text(120), width=24)

    def look_up(self, rows, context: Context) -> None:
        self.plans = {(plan.year, plan.name): plan for plan in RecruitmentPlan.objects.all()}
        for total, of_sheet in self.totals_told(rows):
            given = total["posts"]
            added = sum(row.values["posts"] or 0 for row in of_sheet if row.values["channel"] != GOAL)
            if given and given != added:
                told = f"合计行 {given} 人，各行相加 {added} 人，相差 {abs(given - added)} 人；按各行登记。"
                of_sheet[0].warn("posts", "total_differs", told)

    def examine(self, row: Row, context: Context) -> None:
        values = row.values
        if values["posts"] == 0:
            row.reject("posts", "number_invalid", "计划人数应大于零；没有的不用填这一行。")
        if (values["remote_posts"] or 0) > (values["posts"] or 0):
            row.reject("remote_posts", "number_invalid", "到边远学校的人数多于计划人数；请核对。")
        if values["channel"] == GOAL and not values["stage"]:
            row.reject("stage", "value_missing", "教师总数目标要写明学段。")
        if row.errors:
            return
        name = values["plan"] or f"{values['year']}年教师招聘计划"
        known = self.plans.get((values["year"], name))
        if known and known.state != PlanState.DRAFT and values["channel"] != GOAL:
            row.reject(
                "plan",
                "value_unknown",
                f"“{name}”{known.get_state_display()}，不能再改；要改的，请审批人退回。",
            )
            return
        row.found = PlannedChannel(
            values["year"], name, values["channel"], values["stage"] or "", values["posts"], values["remote_posts"] or 0, values["document"] or "",
        )  # fmt: skip

    def key(self, row: Row):
        found = row.found
        if not found:
            return None
        plan = "" if found.channel == GOAL else found.plan
        return (found.year, plan, found.channel, found.stage)

    def fingerprint(self, row: Row):
        return row.found

    def look_up_records(self, rows, context: Context) -> None:
        self.known = {
            (target.plan.year, target.plan.name, target.channel, target.stage): (
                target.posts,
                target.remote_posts,
            )
            for target in ChannelTarget.objects.select_related("plan")
        }
        self.known |= {
            (goal.year, "", GOAL, goal.stage): (goal.teachers, 0) for goal in StaffGoal.objects.all()
        }

    def compare(self, row: Row, context: Context) -> list[Change] | None:
        known = self.known.get(row.key)
        if known is None:
            return None
        new = (row.found.posts, row.found.remote_posts)
        pairs = zip(("posts", "remote_posts"), known, new, strict=True)
        return [
            Change(self.fields[name].heading, str(old), str(now)) for name, old, now in pairs if old != now
        ]

    def write(self, created, updated, context: Context) -> None:
        by = actor_of(context, self.permission)
        found = [row.found for row in (*created, *updated)]
        take_in(by=by, rows=[each for each in found if each.channel != GOAL])
        for goal in found:
            if goal.channel == GOAL:
                set_goal(by=by, year=goal.year, stage=goal.stage, teachers=goal.posts, document=goal.document)


class CandidateResource(ImportResource):
    """Who applied for which post, with what they scored; the same list again with scores adds them."""

    kind = "candidates"
    label = "应聘人员和成绩"
    permission = Permission.PLAN_RECRUITMENT
    needs_term = False
    preview = ("plan", "school", "subject", "name", "written", "interview")
    key_column = "id_number"
    identified_by = "id_number"
    conflict_message = "同一个人在同一计划里出现了两次，内容不同；一人只能报一个岗位，请核对。"
    note = "一行一人。报名以后再传一次带成绩的名册，就补上成绩；缺考的成绩不填。"

    plan = Column(
        "计划名称",
        aliases=("招聘计划", "计划"),
        required=True,
        clean=short_text(80),
        width=26,
        note="照已批准的计划名称",
    )
    channel = Column("渠道", aliases=("招聘渠道", "报考渠道"), clean=one_of(CHANNEL_WORDS, "渠道"), note="同一学校、学科有几个渠道的岗位时必填")  # fmt: skip
    school = Column("报考学校", aliases=("学校", "学校名称", "报考单位", "招聘单位", "学校标识码"), required=True, clean=short_text(80), width=26, as_text=True)  # fmt: skip
    stage = Column(
        "学段",
        aliases=("报考学段",),
        clean=one_of(STAGE_WORDS, "学段"),
        choices=known_value_words(STAGE_WORDS),
    )
    subject = Column("学科", aliases=("报考学科", "报考岗位", "岗位", "岗位学科"), required=True, clean=one_of(SUBJECT_WORDS, "学科"), choices=known_value_words(SUBJECT_WORDS))  # fmt: skip
    name = Column("姓名", aliases=("考生姓名", "应聘人员"), required=True, clean=clean_person_name)
    id_number = Column("身份证件号", aliases=("身份证号", "身份证号码", "证件号码", "公民身份号码"), required=True, clean=clean_id_number, width=22, as_text=True)  # fmt: skip
    phone = Column("联系电话", aliases=("手机", "电话", "手机号码"), clean=clean_phone, as_text=True)
    written = Column("笔试成绩", aliases=("笔试",), clean=clean_score)
    interview = Column("面试成绩", aliases=("面试",), clean=clean_score)

    def look_up(self, rows, context: Context) -> None:
        self.schools = SchoolBook()
        self.plans = {plan.name: plan for plan in RecruitmentPlan.objects.order_by("year", "pk")}
        self.lines: dict[tuple, list[PostLine]] = {}
        for line in PostLine.objects.select_related("target", "school"):
            self.lines.setdefault((line.target.plan_id, line.school_id, line.subject), []).append(line)

    def examine(self, row: Row, context: Context) -> None:
        values = row.values
        plan = self._plan(row)
        word = values["school"]
        school = self.schools.named(word)
        if word and not school:
            row.reject(
                "school", "school_unknown", f"没有叫“{word[:40]}”的学校；请照学校名册填写名称或标识码。"
            )
        if row.errors:
            return
        lines = [
            line
            for line in self.lines.get((plan.pk, school.pk, values["subject"]), [])
            if values["stage"] in (None, "", line.stage)
            and values["channel"] in (None, "", line.target.channel)
        ]
        if not lines:
            row.reject(
                "subject",
                "value_unknown",
                f"计划里没有{school.name}的这个学科岗位；请核对学校、学段、学科和渠道。",
            )
        elif len(lines) > 1:
            row.reject(
                "channel",
                "value_missing",
                f"{school.name}的这个学科有 {len(lines)} 个岗位；请填写渠道和学段。",
            )
        else:
            scores = [values[name] and Decimal(values[name]) for name in ("written", "interview")]
            row.found = (
                plan.pk,
                applying.Applicant(
                    lines[0].pk, values["name"], values["id_number"], values["phone"] or "", *scores
                ),
            )

    def _plan(self, row: Row) -> RecruitmentPlan | None:
        name = row.values["plan"]
        plan = self.plans.get(name or "")
        if name and plan is None:
            row.reject("plan", "value_unknown", f"没有叫“{name[:40]}”的招聘计划；请照计划名称填写。")
        elif plan and plan.state != PlanState.APPROVED:
            row.reject(
                "plan", "value_unknown", f"“{plan.name}”{plan.get_state_display()}，不能登记应聘人员。"
            )
        return plan

    def key(self, row: Row):
        return row.found and (row.found[0], keyed_hash(row.found[1].id_number))

    def fingerprint(self, row: Row):
        return row.found

    def look_up_records(self, rows, context: Context) -> None:
        hashes = {row.key[1] for row in rows if row.key}
        found = Candidate.objects.filter(plan__in={row.key[0] for row in rows if row.key}).select_related(
            "plan"
        )
        self.known = {(each.plan_id, each.id_hash): each for each in found if each.id_hash in hashes}

    def compare(self, row: Row, context: Context) -> list[Change] | None:
        known = self.known.get(row.key)
        if known is None:
            return None
        new = row.found[1]
        if known.line_id != new.line:
            row.reject(
                "subject", "id_conflict", f"{known.name}已报本计划的另一个岗位；要换的，请用“调剂岗位”。"
            )
            return []
        changes = [
            Change(self.fields[name].heading, "" if old is None else str(old), str(now))
            for name, old, now in (
                ("written", known.written, new.written),
                ("interview", known.interview, new.interview),
            )
            if now is not None and old != now
        ]
        if changes and known.state != CandidateState.REGISTERED:
            row.reject("written", "id_conflict", f"{known.name}{known.get_state_display()}，成绩不能再改。")
        return changes

    def write(self, created, updated, context: Context) -> None:
        by = actor_of(context, self.permission)
        plans = RecruitmentPlan.objects.in_bulk({row.found[0] for row in (*created, *updated)})
        for plan in plans.values():
            new = [row.found[1] for row in created if row.found[0] == plan.pk]
            if new:
                applying.register(by=by, plan=plan, applicants=new)
            scores = [
                (
                    known,
                    _or(row.found[1].written, known.written),
                    _or(row.found[1].interview, known.interview),
                )
                for row in updated
                if row.found[0] == plan.pk and (known := self.known[row.key])
            ]
            if scores:
                applying.score(by=by, plan=plan, scores=scores)


def _or(new, old):
    return old if new is None else new
