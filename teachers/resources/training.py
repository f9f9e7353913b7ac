"""Training from workbooks: a plan's own table by year and level, and who took part in which course."""

from povertyedu.accounts.permissions import Permission
from povertyedu.imports.cleaning import known_value_words, one_of, short_text
from povertyedu.imports.resources import ImportResource
from povertyedu.imports.rows import Change, Context, Row
from povertyedu.imports.totals import WithTotals
from povertyedu.workbooks.cells import clean_person_name, clean_yes_no
from povertyedu.workbooks.columns import Column
from teachers.actions import training as actions
from teachers.enums.training import TrainingForm, TrainingLevel
from teachers.models import Teacher, Trainee, TrainingCourse, TrainingTarget

from .recruitment import actor_of, clean_people, clean_year

LEVEL_WORDS = {level.label: level.value for level in TrainingLevel} | {
    "国": "national", "国家": "national", "国培": "national", "省": "province", "省培": "province", "州": "prefecture", "州级": "prefecture", "市级": "prefecture",
    "市州级": "prefecture", "县": "county", "县市级": "county", "县（市）级": "county", "校": "school", "学校": "school", "各级": "", "合计": "", "五级": "",
}  # fmt: skip
FORM_WORDS = {form.label: form.value for form in TrainingForm} | {
    "集中": "central", "远程": "distance", "网络": "distance", "校本": "in_school", "分散": "scattered", "各种形式": "",
}  # fmt: skip


class TrainingTargetResource(WithTotals):
    """How many are to be trained in a year by level and form."""

    kind = "training-targets"
    label = "教师培训计划"
    permission = Permission.PLAN_TRAINING
    needs_term = False
    preview = ("year", "level", "form", "people")
    key_column = "year"
    conflict_message = "同一年、同一级别和形式出现了两次，人次不同；请核对后只保留正确的一行。"
    note = "一行一年一个级别。级别不填为各级合计。合计行与各行相加不等的，会提醒两个数。"

    year = Column("年度", aliases=("计划年度", "培训年度"), required=True, clean=clean_year)
    level = Column(
        "级别",
        aliases=("培训级别", "层级"),
        clean=one_of(LEVEL_WORDS, "级别"),
        choices=known_value_words(LEVEL_WORDS),
    )
    form = Column(
        "形式",
        aliases=("培训形式", "方式"),
        clean=one_of(FORM_WORDS, "形式"),
        choices=known_value_words(FORM_WORDS),
    )
    people = Column(
        "计划人次", aliases=("人次", "人数", "计划人数", "培训人数"), required=True, clean=clean_people
    )
    document = Column("依据文件", aliases=("依据", "文号"), clean=short_text(120), width=24)
    inferred = Column(
        "年度为推定",
        aliases=("推定",),
        clean=clean_yes_no,
        choices=("是", "否"),
        note="文件没有写明是哪一年的填“是”",
    )

    def look_up(self, rows, context: Context) -> None:
        for total, of_sheet in self.totals_told(rows):
            given, added = total["people"], sum(row.values["people"] or 0 for row in of_sheet)
            if given and given != added:
                told = f"合计行 {given} 人次，各行相加 {added} 人次，相差 {abs(given - added)} 人次；按各行登记。"
                of_sheet[0].warn("people", "total_differs", told)

    def examine(self, row: Row, context: Context) -> None:
        values = row.values
        if values["people"] == 0:
            row.reject("people", "number_invalid", "计划人次应大于零；没有的不用填这一行。")
        if not row.errors:
            row.found = (
                values["year"],
                values["level"] or "",
                values["form"] or "",
                values["people"],
                values["document"] or "",
                bool(values["inferred"]),
            )

    def key(self, row: Row):
        return row.found and row.found[:3]

    def fingerprint(self, row: Row):
        return row.found

    def look_up_records(self, rows, context: Context) -> None:
        self.known = {
            (each.year, each.level, each.form): (each.people, each.document, each.is_inferred)
            for each in TrainingTarget.objects.all()
        }

    def compare(self, row: Row, context: Context) -> list[Change] | None:
        old = self.known.get(row.key)
        if old is None:
            return None
        told = (("计划人次", str), ("依据文件", str), ("年度为推定", lambda yes: "是" if yes else "否"))
        return [
            Change(label, word(before), word(now))
            for (label, word), before, now in zip(told, old, row.found[3:], strict=True)
            if before != now
        ]

    def write(self, created, updated, context: Context) -> None:
        by = actor_of(context, self.permission)
        for row in (*created, *updated):
            year, level, form, people, document, inferred = row.found
            actions.set_target(
                by=by,
                year=year,
                level=level,
                form=form,
                people=people,
                document=document,
                is_inferred=inferred,
            )


class TraineeResource(ImportResource):
    """Who takes part in a course; with hours and a certificate it is reported as completed."""

    kind = "trainees"
    label = "参训名册"
    permission = Permission.PLAN_TRAINING
    needs_term = False
    preview = ("course", "code", "name", "hours", "certificate")
    key_column = "code"
    conflict_message = "同一位教师在同一课程里出现了两次，内容不同；请核对后只保留正确的一行。"
    note = "课程要先登记。填了学时和证书编号的，上报为完成，由另一人认定。"

    course = Column(
        "课程名称", aliases=("课程", "培训名称", "培训项目"), required=True, clean=short_text(100), width=30
    )
    code = Column("工号", aliases=("教师工号",), required=True, clean=short_text(20), as_text=True)
    name = Column("姓名", aliases=("教师姓名",), required=True, clean=clean_person_name)
    hours = Column("学时", aliases=("完成学时",), clean=clean_people)
    certificate = Column("证书编号", aliases=("证书号", "证书"), clean=short_text(60), as_text=True)

    def look_up(self, rows, context: Context) -> None:
        names = {row.values["course"] for row in rows if row.values["course"]}
        self.courses: dict[str, list[TrainingCourse]] = {}
        for course in TrainingCourse.objects.filter(name__in=names):
            self.courses.setdefault(course.name, []).append(course)
        codes = {row.values["code"] for row in rows if row.values["code"]}
        self.teachers = {
            each.code: each for each in Teacher.objects.filter(code__in=codes).select_related("person")
        }

    def examine(self, row: Row, context: Context) -> None:
        values = row.values
        courses = self.courses.get(values["course"] or "", [])
        teacher = self.teachers.get(values["code"] or "")
        if values["course"] and not courses:
            row.reject(
                "course", "value_unknown", f"没有登记叫“{values['course'][:40]}”的课程；请先登记课程。"
            )
        elif len(courses) > 1:
            row.reject(
                "course",
                "value_unknown",
                f"叫“{values['course'][:40]}”的课程有 {len(courses)} 期；请给课程取不同的名称。",
            )
        if values["code"] and teacher is None:
            row.reject("code", "value_unknown", f"没有工号为“{values['code']}”的教师；请核对工号。")
        elif teacher and values["name"] and teacher.name != values["name"]:
            row.reject(
                "name",
                "id_conflict",
                f"工号 {teacher.code} 是{teacher.name}，文件写的是{values['name']}；请核对。",
            )
        if bool(values["hours"]) != bool(values["certificate"]):
            row.reject("certificate", "value_missing", "完成的要同时填学时和证书编号；只报名的两项都不填。")
        elif courses and values["hours"] and values["hours"] > courses[0].hours:
            row.reject(
                "hours",
                "number_invalid",
                f"这门课程 {courses[0].hours} 学时，填的 {values['hours']} 学时多了；请核对。",
            )
        if not row.errors:
            row.found = (courses[0].pk, teacher.pk, values["hours"] or 0, values["certificate"] or "")

    def key(self, row: Row):
        return row.found and row.found[:2]

    def fingerprint(self, row: Row):
        return row.found

    def look_up_records(self, rows, context: Context) -> None:
        found = Trainee.objects.filter(course__in={row.key[0] for row in rows if row.key})
        self.known = {(each.course_id, each.teacher_id): each for each in found}

    def compare(self, row: Row, context: Context) -> list[Change] | None:
        known = self.known.get(row.key)
        if known is None:
            return None
        hours, certificate = row.found[2:]
        if not hours or (known.hours, known.certificate) == (hours, certificate):
            return []
        if known.state != "enrolled":
            row.reject("hours", "id_conflict", f"已{known.get_state_display()}，不能改学时；请先退回。")
            return []
        return [Change("学时", "", str(hours)), Change("证书编号", "", certificate)]

    def write(self, created, updated, context: Context) -> None:
        by = actor_of(context, self.permission)
        courses = TrainingCourse.objects.in_bulk({row.found[0] for row in (*created, *updated)})
        by_key = {teacher.pk: teacher for teacher in self.teachers.values()}
        for course in courses.values():
            new = [by_key[row.found[1]] for row in created if row.found[0] == course.pk]
            made = (
                {trainee.teacher_id: trainee for trainee in actions.enrol(by=by, course=course, teachers=new)}
                if new
                else {}
            )
            for row in (*created, *updated):
                if row.found[0] == course.pk and row.found[2]:
                    trainee = made.get(row.found[1]) or self.known[row.key]
                    completion = actions.Completion(row.found[2], row.found[3])
                    actions.report(by=by, trainee=trainee, completion=completion)
