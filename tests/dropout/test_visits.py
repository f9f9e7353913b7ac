"""一人一案, 走访, 送教上门: reported once however often they are sent, and doing a line's duty."""

import datetime as dt
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from dropout.actions import case_steps as steps
from dropout.actions import visits as actions
from dropout.enums import Cause, Means
from dropout.models import Case, Duty, Lesson, Plan, Visit, school_year_of
from povertyedu.audit.models import AuditEvent
from povertyedu.files.models import StoredFile
from povertyedu.workflow.flow import StepRefused

from .cases import CADRE, OFFICER, TEACHER, away, day, evidence, opened

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


@pytest.fixture
def case(clock, xiazhai, autumn) -> Case:
    clock.set("2020-10-12")
    return away(xiazhai, autumn, since="2020-10-05")


def visit(case: Case, token=None, **fields):
    said = {
        "line": "government", "on": day("2020-10-12"), "visitor": "韦明", "way": "home", "met": "guardian", "result": "wavering",
        "text": "父亲在外务工，祖母答应劝孩子",
    }  # fmt: skip
    return actions.report_visit(by=CADRE, case=case, token=token or uuid.uuid4(), **said | fields)


def at_home(case: Case) -> Case:
    """Approve 送教上门 on 12 October 2020, which the decision keeps as its time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timezone, "now", lambda: dt.datetime(2020, 10, 12, 4, tzinfo=dt.UTC))
        steps.propose(by=TEACHER, case=case, outcome="home_taught", reason="重度残疾", evidence=evidence())
        return steps.confirm(by=OFFICER, case=case)


def lesson(case: Case, on: str, lessons: int = 3, token=None):
    return actions.report_lesson(
        by=TEACHER, case=case, token=token or uuid.uuid4(), on=day(on), lessons=lessons, subject="识字", teacher="罗雪"
    )  # fmt: skip


def test_causes_are_the_eight_of_the_plans():
    assert Cause.labels == [
        "学习困难、厌学", "外出打工", "早婚早育", "信教", "因病", "因残", "家庭困难", "其他",
    ]  # fmt: skip


def test_plan_begins_persuasion_and_a_new_one_keeps_the_old(case):
    steps.verify(by=OFFICER, case=case)
    said = {"measures": "结对帮扶", "target_on": day("2020-11-01")}
    first = actions.make_plan(
        by=TEACHER, case=case, causes=Cause.WORK | Cause.HARDSHIP, placement="join_class", **said
    )
    case.refresh_from_db()
    second = actions.make_plan(by=TEACHER, case=case, causes=Cause.FAITH, **said)
    assert (case.state, first.cause_labels, second.cause_labels) == (
        "persuading",
        ["外出打工", "家庭困难"],
        ["信教"],
    )
    assert list(Plan.objects.filter(superseded_at=None)) == [second]
    assert "信教" not in str(list(AuditEvent.objects.values_list("changes", "reason")))
    with pytest.raises(IntegrityError, match="plan_names_causes"), transaction.atomic():
        Plan.objects.create(
            case=case, causes=0, measures="x", target_on=day("2020-11-01"), superseded_at=first.made_at
        )


def test_means_of_a_plan_are_the_three_of_linxia(client, case, basic):
    """安全、质量、情感控辍 (facts 2 row 6), ticked on the plan and told with its measures."""
    assert Means.labels == ["安全控辍", "质量控辍", "情感控辍"]
    steps.verify(by=OFFICER, case=case)
    client.force_login(basic)
    typed = {"causes": [1], "means": [1, 4], "measures": "班主任结对谈心", "target_on": "2020-11-01"}
    assert client.post(reverse("dropout:plan", args=[case.pk]), typed).status_code == 302
    for page in ("case", "dossier"):
        text = client.get(reverse(f"dropout:{page}", args=[case.pk])).content.decode()
        assert "安全控辍、情感控辍：班主任结对谈心" in text
    with pytest.raises(IntegrityError, match="plan_uses_means"), transaction.atomic():
        Plan.objects.update(means=8)


def test_visit_sent_twice_is_one_and_its_photo_too(case):
    token = uuid.uuid4()
    photo = SimpleUploadedFile("入户.jpg", b"\xff\xd8\xff photo")
    first, is_new = visit(case, token, upload=photo)
    again, is_new_again = visit(case, token, upload=SimpleUploadedFile("入户.jpg", b"\xff\xd8\xff photo"))
    assert (again, is_new, is_new_again) == (first, True, False)
    assert (Visit.objects.count(), StoredFile.objects.count(), b"".join(first.photo.chunks())) == (
        1,
        1,
        b"\xff\xd8\xff photo",
    )


@pytest.mark.usefixtures("real_commits")
def test_visit_that_arrives_twice_at_once_is_one(case):
    token = uuid.uuid4()

    def deed(_):
        try:
            return visit(case, token, upload=SimpleUploadedFile("入户.jpg", b"\xff\xd8\xff photo"))[0].pk
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(deed, range(2)))
    assert (len(set(found)), Visit.objects.count(), StoredFile.objects.count()) == (1, 1, 1)


def test_token_of_another_case_is_refused(case, xiazhai, autumn):
    token = uuid.uuid4()
    visit(case, token)
    with pytest.raises(StepRefused, match="已用在另一件个案上"):
        visit(away(xiazhai, autumn, "王强"), token)


def test_visit_does_its_lines_duty_and_the_next_begins(case, clock):
    steps.verify(by=OFFICER, case=case)
    steps.persuade(by=TEACHER, case=case)
    clock.set("2020-10-15")
    visit(case, on=day("2020-10-14"))
    rows = Duty.objects.filter(state="persuading").order_by("line", "pk")
    assert [(row.line, f"{row.first_due_on}", f"{row.done_on or ''}") for row in rows] == [
        ("education", "2020-10-19", ""), ("government", "2020-10-19", "2020-10-15"), ("government", "2020-10-22", ""),
    ]  # fmt: skip


@pytest.mark.parametrize("on", ["2020-10-04", "2020-10-13"])
def test_visit_before_the_child_left_or_in_the_future_is_refused(case, on):
    with pytest.raises(StepRefused, match="离校日期（2020-10-05）和今天之间"):
        visit(case, on=day(on), upload=SimpleUploadedFile("入户.jpg", b"\xff\xd8\xff"))
    assert (Visit.objects.count(), StoredFile.objects.count()) == (0, 0)


def test_visit_to_a_closed_case_is_refused_and_none_is_changed(case):
    visit(case)
    with pytest.raises(IntegrityError), transaction.atomic():
        Visit.objects.update(text="改")
    steps.propose(by=TEACHER, case=case, outcome="abroad", reason="出国", evidence=evidence())
    steps.confirm(by=OFFICER, case=case)
    with pytest.raises(StepRefused, match="已经销号"):
        visit(case)


def test_lessons_at_home_are_two_times_of_three_a_week_and_216_a_year(case, clock):
    """Shandong's norm (facts.md 5): 2 times of 3 lessons a week, 216 a year and more."""
    with pytest.raises(StepRefused, match="没有批准送教上门"):
        lesson(case, "2020-10-12")
    at_home(case)
    lesson(case, "2020-10-12")
    norm = actions.lesson_norm(case)
    assert (norm.times_a_week, norm.lessons_a_time, norm.lessons_a_year) == (2, 3, 216)
    assert (norm.times_this_week, norm.lessons_this_week, norm.missing_this_week, norm.is_behind) == (
        1,
        3,
        3,
        False,
    )
    clock.set("2020-10-16")
    lesson(case, "2020-10-16")
    assert actions.lesson_norm(case).missing_this_week == 0
    clock.set("2021-08-31")
    # 323 of the 365 days of the school year have gone by since 2020-10-12: 216 * 323 / 365 = 191.1
    late = actions.lesson_norm(case)
    assert (late.lessons_this_year, late.expected_by_now, late.is_behind) == (6, 191, True)
    clock.set("2021-09-01")
    assert actions.lesson_norm(case).lessons_this_year == 0


def test_school_year_is_september_to_august():
    years = [tuple(map(str, school_year_of(day(text)))) for text in ("2021-08-31", "2021-09-01")]
    assert years == [("2020-09-01", "2021-08-31"), ("2021-09-01", "2022-08-31")]


def test_lesson_sent_twice_is_one_and_does_the_schools_duty(case, clock):
    at_home(case)
    token = uuid.uuid4()
    assert [lesson(case, "2020-10-12", token=token)[1] for _ in range(2)] == [True, False]
    assert (Lesson.objects.hours(), Duty.objects.filter(line="education", state="home_taught").count()) == (
        3,
        2,
    )


def test_pupil_taught_at_home_keeps_its_enrolment(case):
    """送教上门 pupils keep 学籍 and count as in school (残疾人教育条例)."""
    at_home(case)
    assert case.student.enrolments.get().status == "studying"


def test_child_found_away_again_after_closing_gets_a_case_of_its_own(case, autumn):
    steps.propose(by=TEACHER, case=case, outcome="not_dropout", reason="已到校", evidence=evidence())
    steps.confirm(by=OFFICER, case=case)
    assert opened(case.student, autumn).pk != case.pk
