"""限期复学通知书, 协议书, 四不办理 (facts.md 2 rows 4 and 5, 5): issued, delivered, signed, fulfilled, lifted."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction

from dropout.actions import case_steps as steps
from dropout.actions import papers as actions
from dropout.enums import DenialKind
from dropout.models import Agreement, Case, Denial, ReturnOrder
from povertyedu.options.registry import set_option
from povertyedu.workflow.flow import StepRefused

from .cases import CADRE, OFFICER, TEACHER, TOWNSHIP, away, day, evidence, persuading

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


@pytest.fixture
def case(clock, xiazhai, autumn) -> Case:
    clock.set("2020-10-12")
    return persuading(away(xiazhai, autumn, since="2020-10-05"))


def order(case: Case, due: str = "2020-10-19") -> ReturnOrder:
    return actions.issue_order(by=TOWNSHIP, case=case, guardian="罗丽浩", due_on=day(due))


def scan() -> SimpleUploadedFile:
    return SimpleUploadedFile("签字.jpg", b"\xff\xd8\xff scan")


def test_orders_are_numbered_by_township_and_year(case, xiazhai, autumn, clock):
    other = away(xiazhai, autumn, "王强")
    numbers = [order(case).number, order(other).number]
    clock.set("2021-01-04")
    numbers.append(order(case, "2021-01-10").number)
    assert numbers == ["城关镇限复字〔2020〕1号", "城关镇限复字〔2020〕2号", "城关镇限复字〔2021〕1号"]


def test_order_is_delivered_runs_out_and_is_fulfilled_by_the_return(case, clock):
    paper = order(case)
    assert paper.standing == ("todo", "待送达")
    with pytest.raises(StepRefused, match="已有一份期限未到的通知书"):
        order(case)
    paper = actions.deliver_order(
        by=TOWNSHIP, order=paper, to="罗丽浩", on=day("2020-10-12"), delivery="in_person", upload=scan()
    )  # fmt: skip
    assert (paper.standing, paper.scan.name) == (("doing", "已送达"), "签字.jpg")
    with pytest.raises(StepRefused, match="已于 2020-10-12 送达罗丽浩"):
        actions.deliver_order(by=TOWNSHIP, order=paper, to="罗丽浩", on=day("2020-10-12"), delivery="left")
    clock.set("2020-10-20")
    assert (paper.standing, list(ReturnOrder.objects.overdue())) == (("bad", "逾期未返校"), [paper])
    steps.return_to_school(by=CADRE, case=case, on=day("2020-10-20"))
    paper.refresh_from_db()
    assert (paper.standing, paper.fulfilled_on) == (("ok", "已履行"), day("2020-10-20"))


def test_order_is_for_a_child_that_is_away(case):
    with pytest.raises(StepRefused, match="应在今天以后"):
        order(case, "2020-10-12")
    steps.return_to_school(by=CADRE, case=case, on=day("2020-10-12"))
    with pytest.raises(StepRefused, match="只对没有返校的学生签发"):
        order(case)


def test_agreement_is_one_per_guardian_and_signed_with_its_scan(case):
    paper = actions.draw_up_agreement(by=TOWNSHIP, case=case, guardian="罗丽浩")
    with pytest.raises(StepRefused, match="已有一份协议书"):
        actions.draw_up_agreement(by=TOWNSHIP, case=case, guardian="罗丽浩")
    signed = actions.sign_agreement(by=TOWNSHIP, agreement=paper, on=day("2020-10-12"), upload=scan())
    assert (signed.standing, signed.scan.name) == (("ok", "已签订"), "签字.jpg")
    with pytest.raises(StepRefused, match="已于 2020-10-12 签订"):
        actions.sign_agreement(by=TOWNSHIP, agreement=paper, on=day("2020-10-12"), upload=scan())
    with pytest.raises(IntegrityError, match="signed_agreement_has_its_scan"), transaction.atomic():
        Agreement.objects.update(scan=None)


def test_four_denials_are_exactly_four():
    assert DenialKind.labels == ["贫困补助", "社会救助", "住宅审批手续", "农村信用贷款"]


def test_four_denials_are_off_until_the_county_turns_them_on(case):
    with pytest.raises(StepRefused, match="本县没有启用“四不办理”"):
        actions.propose_denial(by=TEACHER, case=case, kind="poverty_aid", reason="拒不送学")
    assert not Denial.objects.exists()


def test_denial_is_approved_by_another_and_lifted_by_the_return(case):
    set_option("four_denials", "是", by_name="宋静")
    denials = [
        actions.propose_denial(by=TOWNSHIP, case=case, kind=kind, reason="拒不送学")
        for kind in DenialKind.values
    ]
    with pytest.raises(StepRefused, match="已经提出或批准过"):
        actions.propose_denial(by=OFFICER, case=case, kind="poverty_aid", reason="再提")
    with pytest.raises(StepRefused, match="提出人不能批准"):
        actions.approve_denial(by=TOWNSHIP, denial=denials[0])
    actions.approve_denial(by=OFFICER, denial=denials[0])
    assert [each.standing for each in Denial.objects.order_by("pk")][:2] == [
        ("bad", "已批准"),
        ("todo", "待批准"),
    ]
    steps.return_to_school(by=CADRE, case=case, on=day("2020-10-12"))
    assert list(Denial.objects.values_list("lifted_on", flat=True)) == [day("2020-10-12")] * 4


def test_denial_is_lifted_by_any_confirmed_end_and_not_by_a_refused_step(case):
    set_option("four_denials", "是", by_name="宋静")
    denial = actions.propose_denial(by=TOWNSHIP, case=case, kind="poverty_aid", reason="拒不送学")
    with pytest.raises(StepRefused):
        steps.confirm(by=OFFICER, case=case)
    denial.refresh_from_db()
    assert denial.lifted_on is None
    steps.propose(by=TEACHER, case=case, outcome="not_dropout", reason="已在外县就读", evidence=evidence())
    steps.confirm(by=OFFICER, case=case)
    denial.refresh_from_db()
    assert denial.lifted_on == day("2020-10-12")


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"kind": "no_phone"}, "denial_is_one_of_four"),
        ({"approved_on": day("2020-10-12"), "approved_by_id": TOWNSHIP.id}, "denial_is_approved_by_another"),
        ({"approved_on": day("2020-10-12")}, "denial_is_approved_by_another"),
    ],
)
def test_database_holds_denials_to_four_and_to_two_people(case, changes, constraint):
    set_option("four_denials", "是", by_name="宋静")
    actions.propose_denial(by=TOWNSHIP, case=case, kind="poverty_aid", reason="拒不送学")
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Denial.objects.update(**changes)


def test_order_issued_after_the_day_of_the_return_was_not_fulfilled(case):
    paper, other = order(case), away(case.school, case.term, "王强", since="2020-10-05")
    steps.return_to_school(by=CADRE, case=case, on=day("2020-10-08"))
    paper.refresh_from_db()
    assert (paper.standing, list(ReturnOrder.objects.overdue())) == (("ok", "签发前已返校"), [])
    on_the_day = order(other)
    steps.return_to_school(by=CADRE, case=other, on=day("2020-10-12"))
    on_the_day.refresh_from_db()
    assert on_the_day.standing == ("ok", "已履行")
