"""Sharing money out among schools (资金分配): drawn up, approved by a second person, handed down by a third."""

from collections.abc import Collection, Mapping, Sequence
from itertools import product

from django.db import transaction
from django.utils import timezone

from povertyedu.audit.models import record
from povertyedu.orgs.enums import Season
from povertyedu.orgs.models import Term
from povertyedu.ui.numerals import yuan
from povertyedu.workflow.flow import Actor, StepRefused, advance
from subsidies import engine
from subsidies.engine.reckon import reckon
from subsidies.enums import AllocationStage, AllocationState, Kind, fund_sources
from subsidies.factors import Factor, NothingToShareBy, Sharing, share_out
from subsidies.models import (
    Allocation,
    AllocationDecision,
    AllocationSeat,
    AllocationShare,
    FundReceipt,
    Policy,
    Programme,
)
from subsidies.queries.allocation import measures_by_school, poor_children
from subsidies.queries.earmarks import Need, committed_of, lacks, plan_lacks, plan_of, pots
from subsidies.states import ALLOCATION_FLOW, ALLOCATION_STAGE_OF

from .commitments import checking, sentences
from .policies import NoPolicy, pack_of, policy_for

MOST_WEIGHT = 100


def take_seat(allocation: Allocation, by: Actor, stage: str) -> None:
    """Let ``by`` act on ``allocation`` in ``stage``, unless they already act in another."""
    seat, _ = AllocationSeat.objects.get_or_create(subject=allocation, user_id=by.id, defaults={"stage": stage})  # fmt: skip
    if seat.stage != stage:
        taken = AllocationStage(seat.stage).label
        raise StepRefused(
            f"您在本次分配已办理“{taken}”环节。同一次分配中一人只能办理一个环节，请由其他人办理。"
        )


@transaction.atomic
def draw_up(
    *, by: Actor, term: Term, source: str, programmes: Collection[Programme], amount_fen: int, weights: Mapping[str, int],
    receipt: FundReceipt | None = None, note: str = "",
) -> Allocation:  # fmt: skip
    """Draw up an allocation of ``amount_fen`` and work it out; StepRefused where it cannot be."""
    _same_kind(programmes)
    _fits(receipt, source, programmes)
    policy = _policy(term)
    allocation = Allocation.objects.create(
        number=_next_number(term), source=source, term=term, receipt=receipt, policy=policy, amount_fen=amount_fen,
        first_fen=amount_fen, note=note.strip()[:200], weights=_weights(weights), drawn_up_by=by.name,
    )  # fmt: skip
    allocation.programmes.set(programmes)
    take_seat(allocation, by, AllocationStage.DRAFTER)
    step = ALLOCATION_FLOW["draw_up"]
    AllocationDecision.append(allocation, step=step, old="", by=by, reason="", at=timezone.now())
    _work_out(allocation, by=by)
    return allocation


@transaction.atomic
def work_out_again(
    *, by: Actor, allocation: Allocation, amount_fen: int, weights: Mapping[str, int], note: str = ""
) -> Allocation:
    """Work a draft out again from the facts as they are now, with this amount and these weights."""
    allocation = _locked(allocation)
    take_seat(allocation, by, AllocationStage.DRAFTER)
    if allocation.state != AllocationState.DRAFT:
        raise StepRefused(f"{allocation} 已{allocation.get_state_display()}，不能再改；要改请先退回。")
    allocation.amount_fen, allocation.weights, allocation.note = (
        amount_fen,
        _weights(weights),
        note.strip()[:200],
    )
    allocation.policy = _policy(allocation.term)
    _work_out(allocation, by=by)
    return allocation


@transaction.atomic
def take_step(*, by: Actor, allocation: Allocation, verb: str, reason: str = "") -> Allocation:
    """Submit, return, approve, hand down, revoke or cancel; the money is asked for when approved and when handed down."""
    allocation = _locked(allocation)
    take_seat(allocation, by, ALLOCATION_STAGE_OF[verb])
    advance(allocation, ALLOCATION_FLOW, verb, by=by, reason=reason)
    if verb in ("approve", "allocate"):
        _ask_for_the_money(allocation, by=by)
    return allocation


def _locked(allocation: Allocation) -> Allocation:
    rows = Allocation.objects.select_for_update(no_key=True, of=("self",)).select_related("term", "receipt", "policy")  # fmt: skip
    return rows.get(pk=allocation.pk)


def _policy(term: Term) -> Policy:
    try:
        return policy_for(term)
    except NoPolicy as none:
        raise StepRefused(str(none)) from none


def _next_number(term: Term) -> str:
    """Return the next number of the term; its row is locked so that none is given twice."""
    term = Term.objects.select_for_update(no_key=True).get(pk=term.pk)
    last = Allocation.objects.filter(term=term).order_by("-pk").values_list("number", flat=True).first()
    number = int(last.rpartition("-")[2]) + 1 if last else 1
    return f"{term.year}{'秋' if term.season == Season.AUTUMN else '春'}分-{number:03d}"


def _same_kind(programmes: Collection[Programme]) -> None:
    kinds = {programme.kind for programme in programmes}
    if not programmes or Kind.LOAN in kinds:
        raise StepRefused("请至少选一个现金、减免或供餐的项目；贷款不分配。")
    if kinds != {Kind.CASH} and len(programmes) > 1:
        raise StepRefused("减免、供餐的钱拨给学校，请一个项目一个项目地分配；现金项目可以一起分配。")


def _fits(receipt: FundReceipt | None, source: str, programmes: Collection[Programme]) -> None:
    if receipt is None:
        return
    if receipt.reverses_id or receipt.is_reversed:
        raise StepRefused(f"文号 {receipt.number} 的这一笔已经冲销，不能分配。")
    named = {programme.pk for programme in receipt.programmes.all()}
    if receipt.source != source or not {programme.pk for programme in programmes} <= named:
        raise StepRefused(f"文号 {receipt.number} 的钱不能用于所选的来源或项目；专款专用，请核对。")


def _weights(weights: Mapping[str, int]) -> dict[str, int]:
    kept = {str(factor): weights[factor] for factor in Factor if weights.get(factor)}
    if any(not 0 <= weight <= MOST_WEIGHT for weight in kept.values()):
        raise StepRefused(f"权重应为 0 到 {MOST_WEIGHT} 之间的整数。")
    return kept


# --- the working out --------------------------------------------------------------------------------


def highest_standards(policy: Policy, term: Term, programmes: Collection[str]) -> dict[tuple[str, str], dict]:
    """Return {(programme, stage): its highest standard of the term}: fen, and rule and clause it comes from.

    Of each of ``programmes`` for itself: who is owed two of them, which stack, is owed both standards. As the policy states it for a child with all meal days; an amount that only a child's own figures
    decide (an actual fee, a figure by school) has no standard and is left out.
    """
    when = engine.Term.parse(term.pk)
    at = engine.At(pack_of(policy), when, policy.figures)
    measures = engine.Measures(term.meal_days)
    found: dict[tuple[str, str], dict] = {}
    for rule in at.policy.rules:
        if rule.programme not in programmes or not rule.in_force(when) or rule.amount_at(when) is None:
            continue
        fen = reckon(rule, {"entering": True}, measures, at, {}).amount_fen
        for stage in engine.STAGES:
            key = rule.programme, stage
            if fen > found.get(key, {"fen": 0})["fen"] and _open_to(rule, stage, when):
                found[key] = {
                    "programme": rule.programme, "stage": stage, "fen": fen, "rule": rule.label, "clause": f"{rule.cited_at(when).document}{rule.cited_at(when).clause}"
                }  # fmt: skip
    return found


def _open_to(rule: engine.Rule, stage: str, when: engine.Term) -> bool:
    """Whether a child of ``stage`` may hold the rule, whatever else is asked of it."""

    def meets(conditions) -> bool:
        asked = [condition for condition in conditions if condition.fact.name == "stage"]
        return all(condition.met({"stage": stage}) for condition in asked)

    ways = rule.alternatives_at(when)
    return meets(rule.asked_at(when)) and (not ways or any(meets(way) for way in ways))


def _work_out(allocation: Allocation, *, by: Actor) -> None:
    """Write what every school gets, and why; the old shares of the draft go."""
    programmes = sorted(programme.pk for programme in allocation.programmes.all())
    term, policy = allocation.term, allocation.policy
    standards = highest_standards(policy, term, programmes)
    pack = pack_of(policy)
    stages = {stage for p in pack.programmes if p.code in programmes for stage in p.stages}
    schools, measures = measures_by_school(term, stages)
    poor = poor_children(term, programmes)
    counted = {
        pk: [
            {"programme": key[0], "stage": key[1], "children": poor[pk][key], "fen": standards[key]["fen"]}
            for key in product(programmes, engine.STAGES)
            if key in poor.get(pk, {}) and key in standards
        ]
        for pk in schools
    }
    needs = {pk: sum(row["children"] * row["fen"] for row in rows) for pk, rows in counted.items()}
    if not schools:
        raise StepRefused("本学期没有学校有这些项目的学生，无法分配；请核对学期和项目。")
    try:
        sharing = share_out(
            allocation.amount_fen, needs, measures, {Factor(f): w for f, w in allocation.weights.items()}
        )
    except NothingToShareBy:
        left = yuan(allocation.amount_fen - sum(needs.values()))
        raise StepRefused(
            f"首先分配以后还剩 {left} 元，所选因素在各校都是零，无法分配；请调整因素和权重，或减少分配金额。"
        ) from None
    _keep(allocation, sharing, needs, counted, measures, list(standards.values()), by=by)


def _keep(
    allocation: Allocation, sharing: Sharing, needs: Mapping[int, int], counted: Mapping[int, Sequence[dict]],
    measures: Mapping[Factor, Mapping[int, int]], standards: list[dict], *, by: Actor,
) -> None:  # fmt: skip
    allocation.shares.all().delete()
    allocation.need_fen = sum(needs.values())
    allocation.first_fen, allocation.rest_fen = sharing.first_fen, sharing.rest_fen
    allocation.standards = standards
    allocation.pools = [
        {"factor": str(factor), "weight": pool.weight, "total": pool.total, "fen": pool.amount_fen}
        for factor, pool in sharing.pools.items()
    ]
    allocation.worked_out_at = timezone.now()
    allocation.save()
    AllocationShare.objects.bulk_create(
        AllocationShare(
            allocation=allocation, school_id=pk, need_fen=need, first_fen=sharing.first[pk], rest_fen=sharing.rest_of(pk),
            amount_fen=sharing.first[pk] + sharing.rest_of(pk), poor=counted[pk],
            by_factor={
                str(factor): {"count": measures[factor].get(pk, 0), "fen": pool.parts.get(pk, 0)}
                for factor, pool in sharing.pools.items()
            },
        )
        for pk, need in needs.items()
        if need or sharing.rest_of(pk)
    )  # fmt: skip
    record(
        by, action="allocation.work_out", subject=allocation,
        changes={"amount_fen": [None, allocation.amount_fen], "weights": [None, allocation.weights]},
    )  # fmt: skip


# --- the money --------------------------------------------------------------------------------------


def _ask_for_the_money(allocation: Allocation, *, by: Actor) -> None:
    """Refuse (or note, as the county chose) what the receipts do not hold; they are locked until the step is done."""
    receipts = FundReceipt.objects.select_for_update(no_key=True, of=("self",)).filter(
        source=allocation.source
    )
    list(receipts.order_by("pk").values_list("pk", flat=True))
    told = _lacking(allocation)
    if not told:
        return
    if allocation.receipt_id or checking().refuses:
        raise StepRefused(told)
    record(by, action="allocation.funds_short", subject=allocation, changes={"资金": [None, told]})


def beyond_receipts(allocation: Allocation) -> str:
    """Say what the receipts lack for ``allocation`` beside those already approved, "" where nothing or nobody asks."""
    need = Need(allocation.source, "")
    if not allocation.receipt_id and not checking().checked({need: 1}):
        return ""
    lacking = plan_lacks(plan_of(allocation), allocation.amount_fen, of=pots([allocation.source]))
    if not lacking:
        return ""
    source = dict(fund_sources()).get(allocation.source, allocation.source)
    where = f"文号 {allocation.receipt.number} 的到账" if allocation.receipt_id else f"{source}到账"
    return f"{where}扣除已经分配的，还缺 {yuan(lacking)} 元，不能分配 {yuan(allocation.amount_fen)} 元；请减少分配金额或先登记到账。"


def _lacking(allocation: Allocation) -> str:
    """Say what an approved allocation lacks, of the receipts and of what batches left there; "" where nothing."""
    need = Need(allocation.source, "")
    if not allocation.receipt_id and not checking().checked({need: 1}):
        return ""
    if told := beyond_receipts(allocation):
        return told
    standing = pots([allocation.source])
    programmes = list(allocation.programmes.all())
    if programmes[0].kind == Kind.CASH:
        return ""
    # what goes to schools for good must not be held by a batch already; this allocation counts itself among the live
    mine = Need(allocation.source, programmes[0].pk)
    held = committed_of()
    before = {other: fen for other, fen in held.items() if other.source == allocation.source}
    before[mine] = before[mine] - allocation.amount_fen
    found = lacks({mine: allocation.amount_fen}, before=before, of=standing)
    return f"资金不足，不能下达：{sentences(found)}。请减少分配金额或先登记到账。" if found else ""
