"""考勤名单: who was absent on which day of which class, and why; a row 全勤 says that everybody was there."""

from collections import defaultdict
from dataclasses import dataclass

from django.core.exceptions import ValidationError

from dropout.actions.attendance import Why, refuse_day
from dropout.actions.attendance_list import NewAbsence, take_in
from dropout.enums import AbsenceReason
from dropout.models import Absence, ClassDay, reason_words
from povertyedu import bulk
from povertyedu.accounts.permissions import Permission
from povertyedu.imports.cleaning import known_value_words, one_of, short_text
from povertyedu.imports.resources import ImportResource
from povertyedu.imports.rows import Change, Context, Row
from povertyedu.orgs.models import SchoolClass
from povertyedu.sealing import keyed_hash
from povertyedu.workbooks.cells import clean_person_name, clean_yes_no, compact
from povertyedu.workbooks.columns import Column
from povertyedu.workbooks.dates import clean_date
from povertyedu.workflow.flow import SYSTEM, Actor
from students.models import Enrolment

from .undo import AttendanceUndone

EVERYBODY = "全勤"
REASON_WORDS = {
    "病假": AbsenceReason.ILL.value, "事假": AbsenceReason.PERSONAL.value, "未到且未联系上": AbsenceReason.UNKNOWN.value,
    "其他": AbsenceReason.OTHER.value, "生病": AbsenceReason.ILL.value, "旷课": AbsenceReason.UNKNOWN.value,
    "未联系上": AbsenceReason.UNKNOWN.value, "无故": AbsenceReason.UNKNOWN.value,
}  # fmt: skip


@dataclass
class Known:
    """What is entered already of a row's class on its day."""

    day: int | None = None
    absent: int = 0
    at: int | None = None  # the class the child is entered absent in
    why: Why | None = None


class AttendanceResource(AttendanceUndone, ImportResource):
    """Absent children by class and day. Who is entered otherwise is corrected, nobody's absence is taken away."""

    kind = "attendance"
    label = "考勤名单"
    preview = ("school", "school_class", "name", "date", "reason", "excused")
    permission = Permission.ENTER_ATTENDANCE
    key_column = "name"
    note = "一行一名缺勤学生；这一天这个班没有写到的学生都算到校。全班到齐的，姓名写“全勤”。不填“是否准假”的算准假；未到且未联系上的不能准假。"
    undo_will = (
        "新登记的班级考勤会移除，改过的恢复原样并记入更正记录，连续缺勤随之重算；已经开出的个案不会自动销号。"
    )
    undo_then = "请到“考勤”核对这几天，误开的个案请逐件办理。"
    conflict_message = "同一名学生同一天在文件里有两种写法；请核对后只保留正确的一行。"

    school = Column(
        "学校", aliases=("学校名称",), clean=short_text(80), width=22, note="只有一所学校的可以不填"
    )
    school_class = Column(
        "班级",
        aliases=("年级班级", "班别"),
        required=True,
        clean=short_text(40),
        width=14,
        note="如“五年级1班”",
    )
    name = Column(
        "姓名", aliases=("学生姓名",), required=True, missing_code="name_missing",
        clean=short_text(60, clean_cell=clean_person_name), note=f"全班到齐写“{EVERYBODY}”",
    )  # fmt: skip
    student_no = Column(
        "全国学籍号", aliases=("学籍号",), clean=short_text(30), width=22, as_text=True, sensitivity="secret", note="同班同名的必填"
    )  # fmt: skip
    date = Column("日期", aliases=("缺勤日期", "考勤日期"), required=True, clean=clean_date, width=14)
    reason = Column(
        "缺勤原因", aliases=("原因",), clean=one_of(REASON_WORDS, "缺勤原因"), choices=known_value_words(REASON_WORDS), width=16
    )  # fmt: skip
    excused = Column("是否准假", aliases=("准假",), clean=clean_yes_no, choices=("是", "否"))

    def look_up(self, rows, context: Context) -> None:
        """Read the classes within reach, and the children of those that rows name; two queries."""
        classes = SchoolClass.objects.all()
        if context.schools is not None:
            classes = classes.visible_to(context.by, Permission.ENTER_ATTENDANCE)
        self.classes: dict[str, list[tuple[int, str, str, int]]] = defaultdict(list)
        for one in classes.select_related("school"):
            self.classes[compact(str(one))].append((one.pk, one.school.name, one.school.code, one.school_id))
        wanted = {compact(row.values["school_class"]) for row in rows if row.values["school_class"]}
        keys = {pk for word in wanted for pk, *_ in self.classes.get(word, ())}
        self.children: dict[tuple[int, str], list[tuple[int, str]]] = defaultdict(list)
        with bulk.keys(SchoolClass, "id", keys) as found:
            enrolled = Enrolment.objects.of(context.term).studying().filter(school_class__in=found)
            columns = ("school_class", "student__name", "student", "student__student_no_hash")
            for school_class, name, student, number in enrolled.values_list(*columns):
                self.children[school_class, name].append((student, number))
        self.days: dict = {}

    def examine(self, row: Row, context: Context) -> None:
        values = row.values
        if values["date"]:
            self._check_day(row, context)
        school_class = values["school_class"] and self._class(row)
        if not (school_class and values["name"] and values["date"]):
            return
        if values["name"] == EVERYBODY:
            row.found = NewAbsence(school_class, values["date"], None, Why("", False))
            return
        if not values["reason"] and not any(problem.column == "reason" for problem in row.errors):
            row.reject("reason", "value_missing", "没有填写缺勤原因；请填病假、事假、未到且未联系上或其他。")
        student = self._child(row, school_class)
        if row.errors or student is None:
            return
        why = Why.of(values["reason"], values["excused"] is not False)
        row.found = NewAbsence(school_class, values["date"], student, why)

    def _check_day(self, row: Row, context: Context) -> None:
        day = row.values["date"]
        if day not in self.days:
            try:
                refuse_day(context.term, day)
            except ValidationError as refusal:
                told = "".join(refusal.messages)
                free = refusal.code == "free_day"
                self.days[day] = (
                    told.partition("；")[0] + "；确实上了课的，请在考勤页登记。" if free else told
                )
            else:
                self.days[day] = ""
        if self.days[day]:
            row.reject("date", "date_invalid", self.days[day])

    def _class(self, row: Row) -> int | None:
        found = self.classes.get(compact(row.values["school_class"]), [])
        if school := compact(row.values["school"] or ""):
            found = [each for each in found if school in (compact(each[1]), each[2])]
        if len(found) == 1:
            return found[0][0]
        told = (
            "这样的班级不止一个，请填写学校"
            if found
            else "没有这个班级，或不在您的范围里；请照“五年级1班”的写法填写"
        )
        row.reject("school_class", "class_unknown", f"“{row.values['school_class'][:20]}”：{told}。")
        return None

    def _child(self, row: Row, school_class: int) -> int | None:
        found = self.children.get((school_class, row.values["name"]), [])
        if row.values["student_no"]:
            digest = keyed_hash(compact(row.values["student_no"]))
            found = [each for each in found if each[1] == digest]
        if len(found) == 1:
            return found[0][0]
        told = "班里同名的不止一人，请填写全国学籍号" if found else "本学期不在这个班；请核对姓名和班级"
        row.reject("name", "student_unknown", f"{row.values['name']}{told}。")
        return None

    def key(self, row: Row):
        found = row.found
        return (found.date, found.student or f"{found.school_class}全勤") if found else None

    def fingerprint(self, row: Row):
        return row.found

    def look_up_records(self, rows, context: Context) -> None:
        """Read what is entered; hold a class said to be all there beside its absent children."""
        good = [row for row in rows if row.found and not row.is_left_out]
        absent = {(row.found.school_class, row.found.date) for row in good if row.found.student}
        for row in good:
            if row.found.student is None and (row.found.school_class, row.found.date) in absent:
                row.reject(
                    "name", "id_conflict", "这个班这一天既写了全勤，又写了缺勤的学生；请核对后只留一种。"
                )
        self.known: dict = {}
        dates = {row.found.date for row in good}
        if not dates:
            return
        with bulk.keys(SchoolClass, "id", {row.found.school_class for row in good}) as keys:
            days = ClassDay.objects.filter(school_class__in=keys, date__range=(min(dates), max(dates)))
            for pk, school_class, date, count in days.values_list("pk", "school_class", "date", "absent"):
                self.known[school_class, date] = Known(pk, count)
        self._read_absences(good, dates)

    def _read_absences(self, rows, dates) -> None:
        self.entered = {}
        with bulk.keys(
            Absence, "student_id", {row.found.student for row in rows if row.found.student}
        ) as keys:
            found = Absence.objects.filter(student__in=keys, date__range=(min(dates), max(dates)))
            columns = ("student", "date", "class_day__school_class", "reason", "excused")
            for student, date, school_class, reason, excused in found.values_list(*columns):
                self.entered[student, date] = school_class, Why(reason, excused)
        for row in rows:
            known = self.entered.get((row.found.student, row.found.date))
            if known and known[0] != row.found.school_class:
                row.reject(
                    "date", "id_conflict", "这一天已在另一个班登记缺勤；同一天只登记一次，请先核对在哪个班。"
                )

    def compare(self, row: Row, context: Context) -> list[Change] | None:
        found = row.found
        day = self.known.get((found.school_class, found.date))
        if found.student is None:
            if day and day.absent:
                row.warn(
                    "name",
                    "already_entered",
                    f"这一天已登记缺勤 {day.absent} 人，没有改成全勤；要改请到考勤页更正。",
                )
            return [] if day else None
        entered = self.entered.get((found.student, found.date))
        if entered is None:
            return None
        row.found = found._replace(old=entered[1])
        if entered[1] == found.why:
            return []
        return [Change("缺勤原因", reason_words(*entered[1]), reason_words(*found.why))]

    def write(self, created, updated, context: Context) -> None:
        by = (
            context.by.as_actor(Permission.ENTER_ATTENDANCE)
            if context.by
            else Actor(None, context.by_name or SYSTEM.name, "")
        )
        take_in(rows=[row.found for row in (*created, *updated)], term=context.term, by=by)

    def only_school(self, rows) -> int | None:
        of = {pk: school for found in self.classes.values() for pk, _, _, school in found}
        schools = {of[row.found.school_class] for row in rows if row.found}
        return schools.pop() if len(schools) == 1 else None
