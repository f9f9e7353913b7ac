"""Two records that are almost surely one child: looked for by themselves, money held until somebody decides."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.audit.models import AuditEvent
from povertyedu.jobs.models import Job
from povertyedu.orgs.models import Term
from povertyedu.sealing import keyed_hash
from povertyedu.workflow.flow import StepRefused
from students.actions import blocks, duplicates
from students.models import DuplicatePair, Enrolment, PayoutBlock, Student
from subsidies.actions import lines
from subsidies.models import Line
from tests import factories
from tests.factories import subsidies

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
BIRTH = dt.date(2010, 5, 12)


def record(at, during, name="罗娜", *, tail="0711", **fields) -> Student:
    made = factories.student(name, at=at, during=during, **({"birth_date": BIRTH} | fields))
    Student.objects.filter(pk=made.pk).update(id_tail_hash=keyed_hash(tail))
    made.refresh_from_db()
    return made


@pytest.fixture
def twins(xiazhai, qingshi, autumn):
    """One girl at two schools: same name, birth date and last four digits, two numbers."""
    return record(xiazhai, autumn), record(qingshi, autumn)


def held() -> set[int]:
    rows = PayoutBlock.objects.in_force().filter(kind="suspected_dual")
    return set(rows.values_list("enrolment__student", flat=True))


def test_same_name_birth_and_tail_at_two_schools_is_held_until_decided(twins, aid_officer):
    assert duplicates.find() == {"found": 1, "new": 1, "held": 2}
    assert held() == {student.pk for student in twins}
    reasons = PayoutBlock.objects.order_by("enrolment__student").values_list("reason", "set_by")
    assert list(reasons) == [
        ("与青石镇中心小学的罗娜疑为同一人，待判定", "系统"), ("与城关镇下寨小学的罗娜疑为同一人，待判定", "系统"),
    ]  # fmt: skip
    assert AuditEvent.objects.filter(action="enrolment.block").count() == 2
    assert duplicates.find() == {"found": 1, "new": 0, "held": 0}
    with pytest.raises(StepRefused, match="随“重复学生”的判定解除"):
        blocks.lift(by=aid_officer.as_actor(), block=PayoutBlock.objects.first(), reason="看错了")
    duplicates.tell_apart(by=aid_officer.as_actor(), pair=DuplicatePair.objects.get())
    assert held() == set()
    assert duplicates.find()["held"] == 0


def test_number_inside_a_student_no_is_held(xiazhai, qingshi, autumn):
    one = factories.student("罗娜", at=xiazhai, during=autumn)
    other = factories.student("罗小娜", at=qingshi, during=autumn)
    Student.objects.filter(pk=one.pk).update(student_no="", student_no_hash=None)
    number = f"G{one.id_number}"
    Student.objects.filter(pk=other.pk).update(
        id_number="", id_hash=None, id_tail_hash="", student_no=number, student_no_hash=keyed_hash(number)
    )
    assert duplicates.find()["held"] == 2
    assert held() == {one.pk, other.pk}


@pytest.mark.parametrize(
    "why", ["another tail", "no birth date", "one has left", "another term", "term closed"]
)
def test_weak_ground_or_no_common_term_holds_nothing(twins, qingshi, autumn, why):
    one, other = twins
    if why == "another tail":
        Student.objects.filter(pk=other.pk).update(id_tail_hash="x")
    if why == "no birth date":
        Student.objects.filter(pk=other.pk).update(birth_date=None)
    if why == "one has left":
        other.enrolments.update(status="left")
    if why == "another term":
        other.enrolments.update(term=factories.term("2021-spring"))
    if why == "term closed":
        Term.objects.update(is_closed=True)
    assert duplicates.find() == {"found": 1, "new": 1, "held": 0}


def test_ground_that_grows_strong_later_holds_then(twins):
    Student.objects.filter(pk=twins[1].pk).update(id_tail_hash="x")
    assert duplicates.find()["held"] == 0
    assert DuplicatePair.objects.get().grounds == ["name_birth"]
    Student.objects.filter(pk=twins[1].pk).update(id_tail_hash=twins[0].id_tail_hash)
    assert duplicates.find() == {"found": 1, "new": 0, "held": 2}
    assert DuplicatePair.objects.get().grounds == ["id_tail"]


def test_block_stays_for_another_pair_that_is_undecided(twins, qingshi, autumn, aid_officer):
    third = record(qingshi, autumn)
    duplicates.find()
    assert held() == {*(student.pk for student in twins), third.pk}
    pair = DuplicatePair.objects.get(first=twins[0], second=twins[1])
    duplicates.tell_apart(by=aid_officer.as_actor(), pair=pair)
    assert held() == {*(student.pk for student in twins), third.pk}
    for pair in DuplicatePair.objects.undecided():
        duplicates.tell_apart(by=aid_officer.as_actor(), pair=pair)
    assert held() == set()
    duplicates.ask_again(by=aid_officer.as_actor(), pair=pair, reason="再查")
    assert held() == {pair.first_id, pair.second_id}


def test_proposed_sent_back_and_merged_pair_holds_what_it_should(twins, aid_officer, administrator):
    duplicates.find()
    pair = DuplicatePair.objects.get()
    duplicates.propose(by=aid_officer.as_actor(), pair=pair, keeper=twins[0])
    assert PayoutBlock.objects.in_force().count() == 4
    duplicates.refuse(by=administrator.as_actor(), pair=pair, reason="再查")
    assert sorted(PayoutBlock.objects.in_force().values_list("kind", flat=True)) == ["suspected_dual"] * 2
    duplicates.propose(by=aid_officer.as_actor(), pair=pair, keeper=twins[0])
    pair.refresh_from_db()
    duplicates.confirm(by=administrator.as_actor(), pair=pair)
    assert not PayoutBlock.objects.in_force().exists()


def test_money_of_a_suspected_pair_waits_in_a_batch_of_its_own_reason(
    twins, clerk, aid_officer, approver, finance, autumn
):
    people = subsidies.People(clerk=clerk, aid=aid_officer, approver=approver, finance=finance)
    for student in twins:
        subsidies.entitle(student)
    duplicates.find()
    batch = subsidies.batch_at("open", people, term=autumn)
    assert {line.hold for line in Line.objects.all()} == {"suspected_dual"}
    line = batch.lines.get(student=twins[0])
    assert line.get_hold_display() == "双重学籍疑似"
    with pytest.raises(StepRefused, match="双重学籍疑似"):
        lines.release_line(by=aid_officer.as_actor(), line=line, reason="看错了")
    duplicates.tell_apart(by=aid_officer.as_actor(), pair=DuplicatePair.objects.get())
    assert lines.release_line(by=aid_officer.as_actor(), line=line, reason="已查明").state == "listed"


def test_search_takes_the_same_queries_for_few_and_for_many(twins, xiazhai, qingshi, autumn):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            duplicates.find()
        return len(captured)

    few = queries()
    for number in range(5):
        for at in (xiazhai, qingshi):
            record(at, autumn, f"何{'一二三四五'[number]}", tail=f"00{number}")
    assert queries() == few
    assert PayoutBlock.objects.in_force().count() == 12


def test_search_starts_once_for_many_who_ask_and_once_a_day(db, administrator, client):
    job = duplicates.search()
    assert (job.kind, job.by) == ("students.find_duplicates", None)
    assert duplicates.search() is None
    assert duplicates.search_daily() is None
    client.force_login(administrator)
    answer = client.post(reverse("students:find_duplicates"), follow=True)
    assert "已有一次查找在排队" in answer.content.decode()
    Job.objects.update(
        state="done", ended_at=job.created_at, created_at=job.created_at - dt.timedelta(hours=19)
    )
    assert duplicates.search_daily() is None
    Job.objects.update(created_at=job.created_at - dt.timedelta(hours=21))
    assert duplicates.search_daily().state == "queued"


def test_child_page_leads_to_the_decision(client, twins, aid_officer):
    duplicates.find()
    client.force_login(aid_officer)
    page = client.get(reverse("students:detail", args=[twins[0].pk])).content.decode()
    assert "双重学籍疑似，本学期资助停发：与青石镇中心小学的罗娜疑为同一人，待判定" in page
    assert reverse("students:pair", args=[DuplicatePair.objects.get().pk]) in page
    queue = client.get(reverse("students:duplicates"))
    assert "已停发" in queue.content.decode()


def test_enrolment_of_a_later_term_is_held_at_the_next_search(twins, autumn):
    duplicates.find()
    spring = factories.term("2021-spring")
    for student in twins:
        row = student.enrolments.get()
        row.pk, row.term = None, spring
        row.save()
    assert duplicates.find()["held"] == 2
    assert set(PayoutBlock.objects.in_force().values_list("enrolment__term", flat=True)) == {
        autumn.pk,
        spring.pk,
    }
    assert Enrolment.objects.count() == 4
