"""Papers of a case: issued, delivered, signed, fulfilled; 四不办理 proposed, approved by another person, lifted."""

import datetime as dt

from django.db import transaction
from django.db.models import Max

from dropout.models import AWAY, Agreement, Case, Denial, ReturnOrder
from povertyedu.accounts.permissions import Permission as P
from povertyedu.audit.models import record
from povertyedu.options.registry import option
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Area
from povertyedu.workflow.flow import SYSTEM, Actor, StepRefused

from .uploads import kept


@transaction.atomic
def issue_order(*, by: Actor, case: Case, guardian: str, due_on: dt.date) -> ReturnOrder:
    """Issue a 限期复学通知书 under the next number of the township; a second one only when the first has run out."""
    _must_be_away(case)
    if due_on <= today():
        raise StepRefused("返校期限应在今天以后。")
    township = _township(case)  # locked: two orders of a township never get one number
    if case.orders.filter(fulfilled_on=None, due_on__gte=today()).exists():
        raise StepRefused("这名学生已有一份期限未到的通知书；请先登记送达，到期未返校的再签发。")
    year = today().year
    last = ReturnOrder.objects.filter(township=township, year=year).aggregate(last=Max("serial"))["last"]
    order = ReturnOrder.objects.create(
        case=case, township=township, year=year, serial=(last or 0) + 1, guardian=guardian.strip(), issued_on=today(),
        due_on=due_on, issued_by_id=by.id, issued_by=by.name,
    )  # fmt: skip
    record(by, action="case.order", subject=case, changes={"通知书": ["", order.number]})
    return order


@transaction.atomic
def deliver_order(
    *, by: Actor, order: ReturnOrder, to: str, on: dt.date, delivery: str, upload=None, owner=None
) -> ReturnOrder:
    """Record to whom, when and how an order was delivered; once."""
    order = (
        ReturnOrder.objects.select_for_update(of=("self",))
        .select_related("township", "case")
        .get(pk=order.pk)
    )
    if order.delivered_on:
        raise StepRefused(f"这份通知书已于 {order.delivered_on} 送达{order.delivered_to}。")
    if not order.issued_on <= on <= today():
        raise StepRefused(f"送达日期应在签发日期（{order.issued_on}）和今天之间。")
    with kept(upload, purpose="case", owner=owner, permission=P.WORK_CASES) as scan:
        order.delivered_to, order.delivered_on, order.delivery, order.scan = to.strip(), on, delivery, scan
        order.save(update_fields=["delivered_to", "delivered_on", "delivery", "scan"])
        record(by, action="case.deliver", subject=order.case, changes={"送达": ["", f"{order.number} {on}"]})
    return order


@transaction.atomic
def draw_up_agreement(*, by: Actor, case: Case, guardian: str) -> Agreement:
    """Draw up the agreement of the township's government with a guardian; one for each guardian."""
    _must_be_away(case)
    township = _township(case)
    if case.agreements.filter(guardian=guardian.strip()).exists():
        raise StepRefused("这位监护人已有一份协议书，请直接打印、登记签订。")
    agreement = Agreement.objects.create(
        case=case, township=township, guardian=guardian.strip(), issued_on=today(), issued_by_id=by.id, issued_by=by.name
    )  # fmt: skip
    record(by, action="case.agreement", subject=case)
    return agreement


@transaction.atomic
def sign_agreement(*, by: Actor, agreement: Agreement, on: dt.date, upload, owner=None) -> Agreement:
    """Record that the agreement was signed, with the scan; once."""
    agreement = Agreement.objects.select_for_update(of=("self",)).select_related("case").get(pk=agreement.pk)
    if agreement.signed_on:
        raise StepRefused(f"这份协议书已于 {agreement.signed_on} 签订。")
    if not agreement.issued_on <= on <= today():
        raise StepRefused(f"签订日期应在拟定日期（{agreement.issued_on}）和今天之间。")
    with kept(upload, purpose="case", owner=owner, permission=P.WORK_CASES) as scan:
        agreement.signed_on, agreement.scan = on, scan
        agreement.save(update_fields=["signed_on", "scan"])
        record(by, action="case.sign", subject=agreement.case, changes={"签订日期": ["", f"{on}"]})
    return agreement


@transaction.atomic
def propose_denial(*, by: Actor, case: Case, kind: str, reason: str) -> Denial:
    """Propose one of 四不办理, where the county uses them."""
    _must_be_used()
    _must_be_away(case)
    Case.objects.select_for_update().get(pk=case.pk)
    if case.denials.standing().filter(kind=kind).exists():
        raise StepRefused("这一项已经提出或批准过，还没有解除。")
    denial = Denial.objects.create(
        case=case, kind=kind, reason=reason.strip(), proposed_by_id=by.id, proposed_by=by.name
    )
    record(
        by, action="case.propose_denial", subject=case, changes={"四不办理": ["", denial.get_kind_display()]}
    )
    return denial


@transaction.atomic
def approve_denial(*, by: Actor, denial: Denial) -> Denial:
    """Approve a proposed denial, by somebody other than who proposed it."""
    _must_be_used()
    denial = Denial.objects.select_for_update(of=("self",)).select_related("case").get(pk=denial.pk)
    if denial.lifted_on or denial.approved_on:
        raise StepRefused("这一项已经批准或解除，请刷新后再看。")
    if denial.proposed_by_id == by.id:
        raise StepRefused("提出人不能批准自己的提请，请换一个人办理。")
    denial.approved_on, denial.approved_by_id, denial.approved_by = today(), by.id, by.name
    denial.save(update_fields=["approved_on", "approved_by_id", "approved_by"])
    record(
        by,
        action="case.approve_denial",
        subject=denial.case,
        changes={"四不办理": ["", denial.get_kind_display()]},
    )
    return denial


@transaction.atomic
def lift_denial(*, by: Actor, denial: Denial) -> Denial:
    """Lift one by hand, also where the county no longer uses them; one that is lifted stays so."""
    if Denial.objects.standing().filter(pk=denial.pk).update(lifted_on=today()):
        record(
            by,
            action="case.lift_denial",
            subject=denial.case,
            changes={"四不办理": [denial.get_kind_display(), ""]},
        )
    denial.refresh_from_db()
    return denial


def settle_papers(case: Case, *, returned_on: dt.date | None = None, by: Actor = SYSTEM) -> None:
    """Lift every 四不办理 of a child that is back or whose case ends otherwise; orders are fulfilled by a return, or were not needed.

    Runs in the transaction of the step.
    """
    for denial in case.denials.standing():
        lift_denial(by=by, denial=denial)
    if returned_on:
        case.orders.filter(fulfilled_on=None).update(fulfilled_on=returned_on)


def _must_be_used() -> None:
    if not option("four_denials"):
        raise StepRefused("本县没有启用“四不办理”；是否启用由县里在“参数设置”里决定。")


def _must_be_away(case: Case) -> None:
    if case.state not in AWAY:
        raise StepRefused(f"个案现在是“{case.get_state_display()}”，不能签发；只对没有返校的学生签发。")


def _township(case: Case) -> Area:
    township = (
        Area.objects.select_for_update().filter(pk=case.home_area[:9]).first() if case.home_area else None
    )
    if township is None:
        raise StepRefused("这名学生没有登记户籍乡镇，请先在学生档案里补上户籍地。")
    return township
