"""Two records of one child merged by two people, and taken back by two."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from povertyedu.workflow.flow import StepRefused
from students.actions import duplicates
from students.models import (
    BankAccount,
    DuplicatePair,
    FactChange,
    Guardian,
    HardshipStatus,
    MergedRecord,
    PairDecision,
    Student,
)
from students.queries import history_of
from tests import factories

from .doubles import another, merge, propose, take_back, without_id

pytestmark = pytest.mark.django_db


def test_merge_gives_the_kept_record_what_it_lacks_and_leaves_the_rest(
    one, qingshi, autumn, aid_officer, administrator
):
    spring = factories.term("2021-spring")
    other = without_id(another(qingshi, spring, phone="13912342716"))
    Guardian.objects.filter(student=one).delete()
    BankAccount.objects.filter(student=one).delete()
    Student.objects.filter(pk=one.pk).update(student_no="", student_no_hash=None)
    pair = merge(factories.pair(one, other), aid_officer, administrator)

    kept, gone = Student.objects.get(pk=one.pk), Student.objects.get(pk=other.pk)
    assert (gone.merged_into, gone.student_no, gone.student_no_hash) == (kept, "", None)
    assert (kept.student_no, kept.phone, kept.sex, kept.id_number) == (
        other.student_no, "13912342716", "female", one.id_number,
    )  # fmt: skip
    assert (kept.guardian.name, kept.bank_account.holder) == ("罗丽浩", "罗娜")
    assert list(kept.enrolments.order_by("pk").values_list("term", flat=True)) == [
        "2020-autumn",
        "2021-spring",
    ]
    assert set(FactChange.objects.values_list("term", "student")) == {
        (term, pk) for term in ("2020-autumn", "2021-spring") for pk in (one.pk, other.pk)
    }
    assert MergedRecord.objects.get().keeper == kept
    assert [e.action for e in history_of(kept)] == ["students.merge", "students.merge"]
    assert PairDecision.broken_link(pair) is None

    take_back(pair, aid_officer, administrator, "是堂姐妹")
    kept, gone = Student.objects.get(pk=one.pk), Student.objects.get(pk=other.pk)
    assert (gone.merged_into, kept.merged_into) == (None, None)
    assert (gone.student_no, kept.student_no, gone.phone, kept.phone) == (
        other.student_no,
        "",
        "13912342716",
        "",
    )
    assert (gone.guardian.name, hasattr(kept, "guardian"), hasattr(kept, "bank_account")) == (
        "罗丽浩",
        False,
        False,
    )
    assert gone.enrolments.get().term == spring
    assert not MergedRecord.objects.exists()
    pair.refresh_from_db()
    assert (pair.state, pair.carried, pair.keeper) == ("open", {}, None)


def test_merged_number_goes_on_proving_hardship(pair, aid_officer, administrator, autumn):
    status = HardshipStatus.objects.create(
        id_hash=pair.second.id_hash, id_number=pair.second.id_number, name="罗娜", category=64, since=dt.date(2016, 1, 1),
        source="department_list",
    )  # fmt: skip
    merge(pair, aid_officer, administrator)
    assert list(HardshipStatus.objects.all()) == [status]
    assert pair.first.enrolments.get().categories == 64
    take_back(pair, aid_officer, administrator, "查明是两人")
    assert pair.first.enrolments.get().categories == 0


def test_merged_record_leads_to_the_one_that_was_kept(client, pair, aid_officer, administrator):
    merge(pair, aid_officer, administrator)
    client.force_login(aid_officer)
    assert client.get(reverse("students:detail", args=[pair.second_id])).headers["Location"] == reverse(
        "students:detail", args=[pair.first_id]
    )
    assert Student.objects.with_id_hash(pair.second.id_hash).get() == pair.first


def test_chain_of_merges_leads_to_the_last(one, qingshi, autumn, aid_officer, administrator):
    second, third = another(qingshi, autumn), another(qingshi, autumn)
    merge(factories.pair(one, second), aid_officer, administrator)
    later = merge(factories.pair(one, third), aid_officer, administrator, keeper=third)
    assert set(Student.objects.filter(merged_into=third)) == {one, second}
    assert set(MergedRecord.objects.values_list("student", "keeper")) == {
        (one.pk, third.pk),
        (second.pk, third.pk),
    }
    take_back(later, aid_officer, administrator, "查明是两人")
    assert set(Student.objects.filter(merged_into=one)) == {second}
    assert set(MergedRecord.objects.values_list("student", "keeper")) == {(second.pk, one.pk)}


def test_merge_needs_a_second_person(pair, aid_officer):
    propose(pair, aid_officer)
    with pytest.raises(StepRefused, match="须由另一人复核"):
        duplicates.confirm(by=aid_officer.as_actor(), pair=pair)
    with pytest.raises(IntegrityError, match="pair_merged_by_a_second_person"), transaction.atomic():
        DuplicatePair.objects.update(state="merged", confirmed_by_id=aid_officer.pk, merged_at=pair.found_at)


def test_second_click_changes_nothing(pair, aid_officer, administrator):
    merge(pair, aid_officer, administrator)
    carried = pair.carried
    with pytest.raises(StepRefused):
        duplicates.confirm(by=administrator.as_actor(), pair=pair)
    pair.refresh_from_db()
    assert pair.carried == carried


def test_taking_back_needs_a_second_person(pair, aid_officer, administrator):
    merge(pair, aid_officer, administrator)
    with pytest.raises(StepRefused, match="必须填写理由"):
        duplicates.ask_undo(by=administrator.as_actor(), pair=pair, reason=" ")
    with pytest.raises(StepRefused, match="请刷新后再看"):
        duplicates.undo(by=aid_officer.as_actor(), pair=pair)
    duplicates.ask_undo(by=administrator.as_actor(), pair=pair, reason="查明是两人")
    assert list(DuplicatePair.objects.asked_of(administrator)) == []
    assert list(DuplicatePair.objects.asked_of(aid_officer)) == [pair]
    with pytest.raises(StepRefused, match="须由另一人复核"):
        duplicates.undo(by=administrator.as_actor(), pair=pair)
    duplicates.keep_merged(by=aid_officer.as_actor(), pair=pair, reason="确是一人")
    pair.refresh_from_db()
    assert (pair.state, pair.undo_asked_by_id, pair.second.merged_into) == ("merged", None, pair.first)


def test_earlier_merge_of_a_chain_is_not_taken_back_before_the_later(
    one, qingshi, autumn, aid_officer, administrator
):
    second, third = another(qingshi, autumn), another(qingshi, autumn)
    earlier = merge(factories.pair(one, second), aid_officer, administrator)
    later = merge(factories.pair(one, third), aid_officer, administrator, keeper=third)
    with pytest.raises(StepRefused, match="请先撤销后面那次合并"):
        duplicates.ask_undo(by=aid_officer.as_actor(), pair=earlier, reason="查明是两人")
    assert set(Student.objects.filter(merged_into=third)) == {one, second}
    take_back(later, aid_officer, administrator, "查明是两人")
    take_back(earlier, aid_officer, administrator, "查明是两人")
    assert not Student.objects.filter(merged_into__isnull=False).exists()


def test_merge_asked_to_be_taken_back_before_a_later_one_is_refused_then(
    one, qingshi, autumn, aid_officer, administrator
):
    second, third = another(qingshi, autumn), another(qingshi, autumn)
    earlier = merge(factories.pair(one, second), aid_officer, administrator)
    duplicates.ask_undo(by=aid_officer.as_actor(), pair=earlier, reason="查明是两人")
    merge(factories.pair(one, third), aid_officer, administrator, keeper=third)
    with pytest.raises(StepRefused, match="请先撤销后面那次合并"):
        duplicates.undo(by=administrator.as_actor(), pair=earlier)
    assert Student.objects.get(pk=second.pk).merged_into == third
