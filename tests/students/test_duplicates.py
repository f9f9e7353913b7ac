"""Two records of one child: found, asked about once, merged by two people, taken back; money held meanwhile."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.sealing import keyed_hash
from povertyedu.workflow.flow import StepRefused
from students.actions import blocks, duplicates
from students.models import (
    BankAccount,
    DuplicatePair,
    FactChange,
    Guardian,
    HardshipStatus,
    MergedRecord,
    PairDecision,
    PayoutBlock,
    Student,
)
from students.names import initial, normal_name, similar
from students.queries import history_of
from subsidies.actions import batches, lines, payouts
from subsidies.models import Balance, Line, due_fen
from tests import factories
from tests.factories import subsidies

pytestmark = pytest.mark.django_db
QUEUE = reverse("students:duplicates")
BIRTH = dt.date(2010, 5, 12)


@pytest.fixture
def one(xiazhai, autumn):
    return factories.student("罗娜", at=xiazhai, during=autumn, birth_date=BIRTH)


def another(at, during, name="罗娜", **fields):
    return factories.student(name, at=at, during=during, **({"birth_date": BIRTH} | fields))


def without_id(student: Student, *, student_no: str = "J5299012010051200001"[:19]) -> Student:
    """A record as it stands before the ID number is known: a temporary 学籍号 only."""
    Student.objects.filter(pk=student.pk).update(
        id_number="",
        id_hash=None,
        id_tail_hash="",
        student_no=student_no,
        student_no_hash=keyed_hash(student_no),
    )
    student.refresh_from_db()
    return student


# --- names ---


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("罗 娜", "罗娜", True),
        ("阿依·古丽", "阿依古丽", True),
        ("ＬＩ Ｍing", "li ming", True),
        ("罗娜", "罗那", False),
    ],
)
def test_normal_names_are_compared_without_dots_and_spaces(one, other, same):
    assert (normal_name(one) == normal_name(other)) is same


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("罗娜", "罗那", True),  # sounds alike
        ("羅娜", "罗娜", True),  # a traditional form: nobody here knows how it sounds
        ("王小雨", "王雨小", True),
        ("罗娜", "罗燕", False),
        ("罗娜", "罗娜娜", False),
        ("罗娜", "罗娜", False),  # the same is not similar
        ("罗娜", "吴敏", False),
        ("娜", "那", False),
    ],
)
def test_similar_names(one, other, alike):
    assert similar(one, other) is alike


def test_initials_follow_the_order_of_the_national_standard():
    assert [initial(c) for c in "阿罗娜张中鑫a"] == ["a", "l", "n", "z", "z", "", ""]


# --- finding ---


def found() -> list[tuple]:
    return [(p.first.name, p.second.name, p.grounds) for p in DuplicatePair.objects.order_by("pk")]


@pytest.mark.sql
def test_find_queues_pairs_once_by_name_and_birth(one, qingshi, autumn):
    other = another(qingshi, autumn)
    another(qingshi, autumn, birth_date=dt.date(2011, 1, 1))
    another(qingshi, autumn, name="罗敏")
    assert duplicates.find() == {"found": 1, "new": 1, "held": 0}
    assert found() == [("罗娜", "罗娜", ["name_birth"])]
    DuplicatePair.objects.update(state="different")
    assert duplicates.find() == {"found": 1, "new": 0, "held": 0}
    assert DuplicatePair.objects.get().state == "different"
    assert (DuplicatePair.objects.get().first, DuplicatePair.objects.get().second) == (one, other)


@pytest.mark.sql
def test_find_by_a_similar_name_only_while_one_has_no_id_number(one, qingshi, autumn):
    other = another(qingshi, autumn, name="罗那")
    assert duplicates.find()["found"] == 0  # two good ID numbers: two children
    without_id(other)
    duplicates.find()
    assert found() == [("罗娜", "罗那", ["similar_name"])]


@pytest.mark.sql
def test_find_by_guardian_by_tail_and_by_the_number_inside_a_student_no(one, qingshi, autumn):
    by_guardian = another(qingshi, autumn, birth_date=dt.date(2010, 5, 13))
    Guardian.objects.update(id_hash=keyed_hash("a"))
    Guardian.objects.exclude(student__in=[one, by_guardian]).update(id_hash="")
    no_birth = another(qingshi, autumn, birth_date=None, id_number=factories.id_number(5, birth="20100513"))
    Student.objects.filter(pk=no_birth.pk).update(id_tail_hash=one.id_tail_hash)
    Guardian.objects.filter(student=no_birth).update(id_hash="")
    by_number = another(qingshi, autumn, name="罗小娜", birth_date=None)
    Student.objects.filter(pk=one.pk).update(student_no="", student_no_hash=None)
    without_id(by_number, student_no=f"G{one.id_number}")
    duplicates.find()
    assert {(pair.second_id, tuple(pair.grounds)) for pair in DuplicatePair.objects.filter(first=one)} == {
        (by_guardian.pk, ("name_guardian",)), (no_birth.pk, ("id_tail",)), (by_number.pk, ("student_no",)),
    }  # fmt: skip


@pytest.mark.sql
def test_find_takes_the_same_queries_for_few_and_for_many(one, qingshi, autumn, db):
    another(qingshi, autumn)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            duplicates.find()
        return len(captured)

    few = queries()
    for _ in range(4):
        another(qingshi, autumn)
    assert queries() == few
    assert DuplicatePair.objects.count() == 15


def test_find_runs_as_a_job(client, administrator, one):
    client.force_login(administrator)
    response = client.post(reverse("students:find_duplicates"))
    assert response.headers["Location"].startswith("/jobs/")


# --- deciding ---


@pytest.fixture
def pair(one, qingshi, autumn):
    return factories.pair(one, another(qingshi, autumn))


def propose(pair, aid, keeper=None):
    duplicates.propose(by=aid.as_actor(), pair=pair, keeper=keeper or pair.first)
    pair.refresh_from_db()


def merge(pair, aid, administrator, keeper=None):
    propose(pair, aid, keeper)
    duplicates.confirm(by=administrator.as_actor(), pair=pair)
    pair.refresh_from_db()
    return pair


def take_back(pair, asks, confirms, reason):
    duplicates.ask_undo(by=asks.as_actor(), pair=pair, reason=reason)
    duplicates.undo(by=confirms.as_actor(), pair=pair)


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


# --- double and false enrolments hold money ---


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


def test_line_of_a_merged_record_is_held(pair, people, autumn, aid_officer, administrator):
    subsidies.entitle(pair.second)
    batch = subsidies.batch_at("open", people, term=autumn)
    merge(pair, aid_officer, administrator)
    batches.hold_blocked(batch, batch.lines.all(), by=people.aid)
    assert holds() == {pair.second_id: "merged_record"}


# --- pages ---


def test_queue_and_pair_page_lead_through_a_merge(client, pair, aid_officer, administrator):
    client.force_login(aid_officer)
    assert [row[0] for row in client.get(QUEUE).context["rows"]] == [pair]
    page = reverse("students:pair", args=[pair.pk])
    content = client.get(page).content.decode()
    assert pair.first.id_number not in content
    assert "按双重学籍停发" in content
    assert client.post(page, {"verb": "propose"}).status_code == 422
    assert client.post(page, {"verb": "nothing"}).status_code == 404
    assert client.post(page, {"verb": "propose", "keeper": pair.second_id}).headers["Location"] == QUEUE
    assert [step.verb for step, _ in client.get(page).context["steps"]] == ["refuse"]
    client.force_login(administrator)
    client.post(page, {"verb": "confirm"})
    pair.refresh_from_db()
    assert (pair.state, pair.first.merged_into) == ("merged", pair.second)
    assert client.post(page, {"verb": "ask_undo"}).status_code == 422
    client.post(page, {"verb": "ask_undo", "reason": "是两人"})
    assert "这是您提请的，须由另一人复核" in client.get(page).content.decode()
    client.post(page, {"verb": "undo"})
    assert DuplicatePair.objects.get().state == "undoing"
    client.force_login(aid_officer)
    assert [row[0] for row in client.get(QUEUE, {"tab": "proposed"}).context["rows"]] == [pair]
    client.post(page, {"verb": "undo"})
    client.post(page, {"verb": "tell_apart"})
    pair.refresh_from_db()
    assert pair.state == "different"
    assert [row[0] for row in client.get(QUEUE, {"tab": "different"}).context["rows"]] == [pair]
    client.post(page, {"verb": "ask_again", "reason": "再查"})
    pair.refresh_from_db()
    assert pair.state == "open"


def test_queue_takes_the_same_queries_for_one_and_for_many(client, pair, qingshi, autumn, aid_officer):
    client.force_login(aid_officer)
    client.get(QUEUE)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(QUEUE).status_code == 200
        return len(captured)

    few = queries()
    for _ in range(3):
        factories.pair(pair.first, another(qingshi, autumn))
    assert queries() == few


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
