"""Money held while two records may be one child or an enrolment is false, and what was paid before a merge."""

import pytest
from django.urls import reverse

from povertyedu.workflow.flow import StepRefused
from students.actions import blocks, duplicates
from students.models import FactChange, PayoutBlock
from subsidies.actions import batches, lines, payouts
from subsidies.models import Balance, Line, due_fen
from tests import factories
from tests.factories import subsidies

from .doubles import BIRTH, merge, propose, take_back

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(clerk, aid_officer, approver, finance):
    return subsidies.People(clerk=clerk, aid=aid_officer, approver=approver, finance=finance)


def holds() -> dict[str, str]:
    return {line.student.pk: line.hold for line in Line.objects.select_related("student")}


def test_double_enrolment_is_held_at_opening_until_decided(pair, people, autumn, aid_officer, administrator):
    for student in (pair.first, pair.second):
        subsidies.entitle(student)
    propose(pair, aid_officer)
    assert PayoutBlock.objects.in_force().count() == 2
    batch = subsidies.batch_at("open", people, term=autumn)
    assert holds() == {pair.first_id: "dual_enrolment", pair.second_id: "dual_enrolment"}
    line = batch.lines.get(student=pair.first)
    with pytest.raises(StepRefused, match="双重学籍"):
        lines.release_line(by=aid_officer.as_actor(), line=line, reason="看错了")
    duplicates.refuse(by=administrator.as_actor(), pair=pair, reason="两人")
    assert not PayoutBlock.objects.in_force().exists()
    assert lines.release_line(by=aid_officer.as_actor(), line=line, reason="已查明").state == "listed"


def test_false_enrolment_is_held_again_before_money_leaves(one, xiazhai, people, autumn, aid_officer):
    sound = factories.student("严宇", at=xiazhai, during=autumn)
    for student in (one, sound):
        subsidies.entitle(student)
    batch = subsidies.batch_at("cleared", people, term=autumn)
    block = blocks.mark_false(by=aid_officer.as_actor(), enrolment=one.enrolments.get(), reason="查无此人")
    payouts.export_bank_file(by=people.finance, batch=batch, reason="秋季发放")
    assert {line.student_name: (line.state, line.hold) for line in batch.lines.all()} == {
        "罗娜": ("held", "false_enrolment"), "严宇": ("sent", ""),
    }  # fmt: skip
    with pytest.raises(StepRefused, match="不用重复认定"):
        blocks.mark_false(by=aid_officer.as_actor(), enrolment=one.enrolments.get(), reason="再来")
    blocks.lift(by=aid_officer.as_actor(), block=block, reason="已找到本人")
    with pytest.raises(StepRefused, match="已经解除"):
        blocks.lift(by=aid_officer.as_actor(), block=block, reason="再来")


def test_false_enrolment_is_held_before_approval(one, xiazhai, people, autumn, aid_officer):
    for student in (one, factories.student("严宇", at=xiazhai, during=autumn)):
        subsidies.entitle(student)
    batch = subsidies.batch_at("submitted", people, term=autumn)
    blocks.mark_false(by=aid_officer.as_actor(), enrolment=one.enrolments.get(), reason="查无此人")
    batches.approve_office(by=people.aid, batch=batch)
    assert holds()[one.pk] == "false_enrolment"


def test_block_for_an_undecided_pair_is_lifted_with_the_pair_only(pair, aid_officer):
    propose(pair, aid_officer)
    with pytest.raises(StepRefused, match="随“重复学生”的判定解除"):
        blocks.lift(by=aid_officer.as_actor(), block=PayoutBlock.objects.first(), reason="看错了")


@pytest.mark.sql
def test_money_paid_under_a_merged_record_counts_for_the_kept_one(
    xiazhai, autumn, people, aid_officer, administrator
):
    one, other = (factories.student("罗娜", at=xiazhai, during=autumn, birth_date=BIRTH) for _ in range(2))
    subsidies.entitle(other, 50_000)
    subsidies.batch_at("paid", people, term=autumn)
    subsidies.entitle(one, 60_000)
    pair = merge(factories.pair(one, other), aid_officer, administrator)
    other.entitlements.all().delete()  # as the next recalculation does
    FactChange.objects.all().delete()
    balance = Balance.objects.get(student=one)
    assert (balance.entitled_fen, balance.paid_fen, balance.outstanding_fen) == (60_000, 50_000, 10_000)
    assert not Balance.objects.filter(student=other).exists()
    batch = batches.open_batch(by=people.aid, term=autumn, programmes=[subsidies.programme()], title="补发")
    line = batch.lines.annotate(due=due_fen()).get()
    assert (line.student, line.amount_fen, line.due) == (one, 10_000, 10_000)
    assert Line.objects.get(student=other).state == "paid"
    take_back(pair, aid_officer, administrator, "查明是两人")
    assert Balance.objects.get(student=other).paid_fen == 50_000


def test_undo_is_refused_once_money_left_since(pair, people, autumn, aid_officer, administrator):
    merge(pair, aid_officer, administrator)
    subsidies.entitle(pair.first)
    subsidies.batch_at("sent", people, term=autumn)
    with pytest.raises(StepRefused, match="已有资助款送银行"):
        duplicates.ask_undo(by=aid_officer.as_actor(), pair=pair, reason="查明是两人")
    pair.refresh_from_db()
    assert pair.state == "merged"


def test_taking_back_is_refused_when_money_left_after_it_was_asked_for(
    pair, people, autumn, aid_officer, administrator
):
    merge(pair, aid_officer, administrator)
    duplicates.ask_undo(by=aid_officer.as_actor(), pair=pair, reason="查明是两人")
    subsidies.entitle(pair.first)
    subsidies.batch_at("sent", people, term=autumn)
    with pytest.raises(StepRefused, match="已有资助款送银行"):
        duplicates.undo(by=administrator.as_actor(), pair=pair)
    pair.refresh_from_db()
    assert pair.state == "undoing"


def test_line_of_a_merged_record_is_held(pair, people, autumn, aid_officer, administrator):
    subsidies.entitle(pair.second)
    batch = subsidies.batch_at("open", people, term=autumn)
    merge(pair, aid_officer, administrator)
    batches.hold_blocked(batch, batch.lines.all(), by=people.aid)
    assert holds() == {pair.second_id: "merged_record"}


def test_false_enrolment_by_its_page(client, one, aid_officer):
    client.force_login(aid_officer)
    enrolment = one.enrolments.get()
    assert client.post(reverse("students:mark_false", args=[enrolment.pk]), {"reason": ""}).status_code == 422
    client.post(reverse("students:mark_false", args=[enrolment.pk]), {"reason": "查无此人"})
    block = PayoutBlock.objects.get()
    page = client.get(reverse("students:detail", args=[one.pk])).content.decode()
    assert "虚假学籍，本学期资助停发：查无此人" in page
    client.post(reverse("students:lift_block", args=[block.pk]), {"reason": "已找到本人"})
    block.refresh_from_db()
    assert (block.lifted_by, block.lifted_why) == ("周敏", "已找到本人")
