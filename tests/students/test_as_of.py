"""The record as it was on a day: rebuilt from what was kept, or a sentence that says why not."""

import datetime as dt
import time

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from povertyedu.audit.models import Operation
from povertyedu.imports import actions as imports
from povertyedu.orgs.calendar import today
from students.actions import duplicates, grid, moves, registration
from students.actions.grid import Cells
from students.changes import fingerprint, snapshot
from students.chronicle import Chronicle
from students.models import Enrolment, RecordVersion, Student
from students.queries import hardships_of
from tests import factories
from tests.imports.conftest import ROSTER, roster_row, workbook

from .test_history import bring_in

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


def page(student, day, **query):
    return reverse("students:detail", args=[student.pk], query={"as_of": day, **query})


def days_ago(days: int) -> dt.date:
    return today() - dt.timedelta(days=days)


def age(days: int) -> None:
    """Let everything that was done so far have been done ``days`` days earlier."""
    by = dt.timedelta(days=days)
    for version in RecordVersion.objects.all():
        RecordVersion.objects.filter(pk=version.pk).update(at=version.at - by)
    for model, column in ((Operation, "at"), (Student, "created_at")):
        for row in model.objects.all():
            model.objects.filter(pk=row.pk).update(**{column: getattr(row, column) - by})


def correct(enrolment: Enrolment, by, **changes) -> None:
    """Correct the record as its form does; a number or account on file waits, as always."""
    enrolment = Enrolment.objects.select_related("student", "term").get(pk=enrolment.pk)
    student = enrolment.student
    data = registration.standing(enrolment) | changes
    registration.correct(by=by, enrolment=enrolment, data=data, seen=fingerprint(student, enrolment))


@pytest.fixture
def lived(clerk, luona):
    """A child whose class, guardian and name were changed in the last days."""
    row = luona.enrolments.get()
    age(5)
    correct(row, clerk.as_actor(), name="罗丽娜", guardian_name="罗大山", guardian_relation="祖父")
    age(3)
    correct(row, clerk.as_actor(), boarding=False, remark="已改走读")
    return luona


def test_page_shows_the_record_of_that_day(client, clerk, lived):
    client.force_login(clerk)
    seen = {}
    for ago in (8, 5, 3, 1, 0):
        answer = client.get(page(lived, days_ago(ago)))
        student, enrolment = answer.context["student"], answer.context["enrolment"]
        seen[ago] = (student.name, student.guardian.name, student.remark, enrolment.boarding)
        assert f"这是 {days_ago(ago)} 终了时的档案" in answer.content.decode()
    assert seen == {
        8: ("罗娜", "罗丽浩", "", True),
        5: ("罗娜", "罗丽浩", "", True),
        3: ("罗丽娜", "罗大山", "", True),
        1: ("罗丽娜", "罗大山", "", True),
        0: ("罗丽娜", "罗大山", "已改走读", False),
    }


def test_page_of_a_day_only_shows(client, clerk, lived):
    client.force_login(clerk)
    text = client.get(page(lived, days_ago(4))).content.decode()
    for word in ("修改档案", "办理异动", "添加备注", "查看完整", lived.id_number, lived.phone):
        assert word not in text
    assert "回到现在的档案" in text
    assert "139****2716" in text


def test_page_of_a_day_takes_the_same_queries_however_much_was_changed(client, clerk, lived):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(page(lived, days_ago(3))).status_code == 200
        return len(captured)

    client.force_login(clerk)
    few = queries()
    for number in range(5):
        correct(lived.enrolments.get(), clerk.as_actor(), remark=f"第{number}次")
    assert queries() == few


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        ("", "请选择日期。"),
        ("昨天", "日期要写成 2026-03-01 这样"),
        ("2026-02-30", "日期要写成 2026-03-01 这样"),
        ("2026-03-01' OR 1=1", "日期要写成 2026-03-01 这样"),
        ("9999-12-31", "还没有到"),
        ("0001-01-01", "还没有档案"),
        ("2019-12-31", "还没有档案"),
    ],
)
def test_wrong_day_is_a_sentence_above_the_record_as_it_is(client, clerk, lived, day, sentence):
    client.force_login(clerk)
    answer = client.get(page(lived, day))
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "没有还原：" in text
    assert sentence in text
    assert "已改走读" in text


def test_day_before_old_values_were_kept_is_said_rather_than_guessed(client, clerk, lived):
    Student.objects.filter(pk=lived.pk).update(created_at=timezone.now() - dt.timedelta(days=400))
    RecordVersion.objects.filter(kind="i").delete()  # rows that were there before leave no trace of it
    Operation.objects.filter(action="history.begin").delete()
    Operation.objects.create(
        action="history.begin", by_name="系统", at=timezone.now() - dt.timedelta(days=100), subject_type="", subject_id=""
    )  # fmt: skip
    client.force_login(clerk)
    answer = client.get(page(lived, days_ago(101)))
    assert answer.status_code == 422
    assert (
        f"系统从 {days_ago(100)} 起保存变更前的内容，{days_ago(101)} 的档案无法还原"
        in answer.content.decode()
    )
    assert client.get(page(lived, days_ago(100))).context["student"].name == "罗娜"


def test_term_that_was_not_there_yet_is_not_found(client, clerk, lived, xiazhai):
    lived.enrolments.create(term=factories.term("2021-spring"), school=xiazhai, stage="primary", grade=5)
    client.force_login(clerk)
    assert client.get(page(lived, days_ago(1), term="2021-spring")).status_code == 404
    answer = client.get(page(lived, days_ago(1)))
    assert [row.term_id for row in answer.context["enrolments"]] == ["2020-autumn"]


def test_hardships_are_those_known_on_the_day(client, clerk, administrator, aid_officer, lived, autumn):
    rows = [("姓名", "证件号码", "户编号", "脱贫状态", "识别时间"), ("罗丽娜", lived.id_number, "5299010000000006", "未脱贫", "201604")]  # fmt: skip
    content = workbook(("建档立卡人口", rows))
    bring_in(content, by=administrator, other=aid_officer, term=autumn, kind="registered-poor")
    client.force_login(clerk)
    assert client.get(page(lived, days_ago(1))).context["hardships"] == []
    now = client.get(page(lived, today()))
    assert [row.get_category_display() for row in now.context["hardships"]] == ["建档立卡"]
    assert now.context["enrolment"].category_labels == ["建档立卡"]


def test_who_lost_the_child_does_not_look_back(client, clerk, neighbour, lived, qingshi):
    Enrolment.objects.create(
        student=lived, term=factories.term("2021-spring"), school=qingshi, stage="primary", grade=5,
        school_area="529901101000", home_area="529901100001",
    )  # fmt: skip
    client.force_login(clerk)
    assert "as_of" not in client.get(page(lived, days_ago(1))).context
    client.force_login(neighbour)
    assert client.get(page(lived, days_ago(1))).status_code == 404


def words(student, enrolments, hardships) -> tuple:
    """Return all that a record says, numbers in clear."""
    terms = {row.term_id: snapshot(student, row) for row in enrolments}
    of_lists = [(h.category, h.since, h.until, h.counts, h.source, h.exit_status) for h in hardships]
    return terms, of_lists


def said_now(pk: int) -> tuple:
    student = Student.objects.select_related("guardian", "bank_account").get(pk=pk)
    rows = list(student.enrolments.select_related("term", "school", "school_class"))
    return words(student, rows, hardships_of(student))


def said_then(pk: int, moment: dt.datetime) -> tuple:
    then = Chronicle(Student.objects.get(pk=pk)).back_to(moment)
    return words(then.student, then.enrolments, then.hardships)


class Doors:
    """The public doors through which a record is changed; each takes a number that decides what exactly."""

    def __init__(self, school, term, spring, clerk, other, administrator):
        self.school, self.term, self.spring = school, term, spring
        self.clerk, self.other, self.administrator = clerk, other, administrator
        self.batches = []
        # an import that is undone takes the classes it made away, see test_history
        for name in ("1班", "2班", "3班"):
            factories.school_class(school, name=name)
        self.bring(1)
        self.child = Student.objects.get()

    @property
    def row(self) -> Enrolment:
        return self.child.enrolments.select_related("student", "term").get(term=self.term)

    def form(self, number: int):
        changes = [
            {"name": f"罗{'甲乙丙丁'[number % 4]}", "remark": f"第{number}次"},
            {"guardian_name": "罗新", "guardian_relation": "祖父", "phone": f"1380000{number:04d}"},
            {"home_address": f"{number}组", "hukou": "rural", "ethnicity": "布依族"},
            {"meal_days": number, "boarding": number % 2 == 0, "onwards": True},
            {"is_left_behind": number % 2 == 0, "student_no": f"G{number:018d}"},
            {"facts": {"own_fee_fen": number}, "onwards": True},
        ][number % 5]
        correct(self.row, self.clerk.as_actor(), **changes)

    def bring(self, number: int):
        cells = {"班级": f"{number % 3 + 1}班", "开户人": f"罗{number % 2}", "银行账号": f"6226{number:013d}", "就读方式": "住校" if number % 2 else "走读"}  # fmt: skip
        content = workbook(("花名册", [ROSTER, roster_row(self.school, 1, **cells)]))
        term = self.spring if number % 4 == 3 else self.term
        batch = bring_in(content, by=self.administrator, other=self.other, term=term)
        if batch.images.exists():  # one that changed nothing has nothing to undo
            self.batches.append(batch)

    def undo(self, number: int):
        if len(self.batches) > 1:
            batch = self.batches.pop()
            imports.ask_to_undo(batch=batch)
            imports.undo(batch=batch, by=self.administrator.as_actor())

    def lists(self, number: int):
        status = ["未脱贫", "已脱贫享受政策", "已脱贫不享受政策"][number % 3]
        rows = [("姓名", "证件号码", "户编号", "脱贫状态", "识别时间"), ("罗二", self.child.id_number, "5299010000000006", status, "201604")]  # fmt: skip
        content = workbook(("建档立卡人口", rows))
        term = self.spring if number % 2 else self.term
        bring_in(content, by=self.administrator, other=self.other, term=term, kind="registered-poor")

    def cells(self, number: int):
        row = grid.with_cards(Enrolment.objects.all()).get(pk=self.row.pk)
        grid.save_row(
            by=self.clerk.as_actor(), enrolment=row, boarding=number % 2 == 0, meal_days=number, account_number="", seen=Cells.of(row).seen
        )  # fmt: skip

    def leave(self, number: int):
        row = self.row
        kind = {"studying": "leave", "suspended": "return"}[row.status]
        moves.settle(
            by=self.clerk.as_actor(), enrolment=row, kind=kind, effective_on=self.term.starts_on, reason="病"
        )

    def merge(self, number: int):
        twin = factories.student(
            "罗二", at=self.school, during=factories.term(f"20{number % 8 + 10}-autumn"), remark="另一份"
        )
        pair = factories.pair(self.child, twin)
        duplicates.propose(by=self.clerk.as_actor(), pair=pair, keeper=self.child)
        duplicates.confirm(by=self.other.as_actor(), pair=pair)
        if number % 2:
            duplicates.ask_undo(by=self.clerk.as_actor(), pair=pair, reason="不是一人")
            pair.refresh_from_db()
            duplicates.undo(by=self.other.as_actor(), pair=pair)


DOORS = ("form", "bring", "undo", "lists", "cells", "leave", "merge")


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(DOORS), st.integers(1, 200)), min_size=1, max_size=5))
def test_record_as_of_a_moment_is_what_it_said_then(xiazhai, autumn, clerk, aid_officer, administrator, edits):  # fmt: skip
    with transaction.atomic():
        factories.village()
        doors = Doors(xiazhai, autumn, factories.term("2021-spring"), clerk, aid_officer, administrator)
        moments = []
        for door, number in (*edits, ("cells", 0)):
            time.sleep(0.002)  # SQLite tells the time by the millisecond
            moments.append((timezone.now(), said_now(doors.child.pk)))
            time.sleep(0.002)
            getattr(doors, door)(number)
        for moment, said in moments:
            assert said_then(doors.child.pk, moment) == said
        transaction.set_rollback(True)
