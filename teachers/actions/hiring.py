"""拟聘用名单: shown in public school by school, objections heard, approved by another person when the days are over.

Named in ``settings.PUBLICITY_SUBJECTS``: knows the people of its notices.
"""

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from povertyedu.accounts.permissions import Permission as P
from povertyedu.audit.models import record
from povertyedu.options.registry import option
from povertyedu.orgs.calendar import today
from povertyedu.publicity.actions import Wording, put_up, withdraw
from povertyedu.publicity.models import Notice, NoticeState, Objection, ObjectionState
from povertyedu.workflow.flow import Actor, StepRefused, advance
from teachers.enums.recruitment import CandidateState
from teachers.models import Candidate, HireList, HireListDecision, RecruitmentPlan
from teachers.states.recruitment import CANDIDATE_FLOW, HIRE_LIST_FLOW

from .candidates import move, under_way

WORDING = Wording(
    list_template="teachers/hiring_notice.html", view=P.VIEW_TEACHERS, handle=P.PLAN_RECRUITMENT, record=(P.PLAN_RECRUITMENT,),
    publish=P.PLAN_RECRUITMENT, office="人事股", held="已登记对 {name} 的异议，处理以前不能批准聘用。", record_button="登记异议",
    upheld="异议成立，不予录用", dismissed="异议不成立，保留在名单上", person="应聘人员",
)  # fmt: skip


@transaction.atomic
def open_list(*, by: Actor, plan: RecruitmentPlan) -> HireList:
    """Show everybody whose examination was good in public: one notice per school, name, school and post only."""
    under_way(plan)
    rows = list(
        Candidate.objects.select_for_update(of=("self",), no_key=True)
        .filter(plan=plan, state=CandidateState.CLEARED)
        .select_related("line__school")
        .order_by("line__priority", "rank", "pk")
    )
    if not rows:
        raise StepRefused("没有体检考察合格的人，不能公示。")
    number = (plan.hire_lists.aggregate(last=Max("number"))["last"] or 0) + 1
    made = HireList(plan=plan, number=number, drawn_on=today(), closes_on=today(), drawn_by_id=by.id)
    made.save(force_insert=True)
    lists: dict[int, list[dict]] = {}
    for row in rows:
        shown = {
            "name": row.name, "school": row.line.school.name, "grade": "", "school_class": "",
            "programme": row.line.post_label,
        }  # fmt: skip
        lists.setdefault(row.line.school_id, []).append(shown)
    notices = put_up(
        by=by, about=made.about, title=f"{plan.name}拟聘用人员公示（第{number}批）", lists=lists.items(), phone=option("personnel_phone")
    )  # fmt: skip
    made.closes_on = notices[0].closes_on
    made.save(update_fields=["closes_on"])
    HireListDecision.append(made, step=HIRE_LIST_FLOW["open"], old="", by=by, reason="", at=timezone.now())
    move(rows, "list", by=by, hire_list=made)
    return made


@transaction.atomic
def approve(*, by: Actor, hire_list: HireList, reason: str = "") -> HireList:
    """Hire who stands on the list: after its last day, no objection open, by another person than who drew it up."""
    locked = HireList.objects.select_for_update(no_key=True).get(pk=hire_list.pk)
    if by.id is None or locked.drawn_by_id == by.id:
        raise StepRefused("批准人不能是拟订名单的人，请由另一人批准。")
    if today() <= locked.closes_on:
        raise StepRefused(f"公示到 {locked.closes_on} 为止，期满以后才能批准聘用。")
    if open_objections(locked):
        raise StepRefused("还有没处理的公示异议，处理以后才能批准聘用。")
    advance(
        locked, HIRE_LIST_FLOW, "approve", by=by, reason=reason, approved_on=today(), approved_by_id=by.id
    )
    move(list(locked.candidates.filter(state=CandidateState.LISTED)), "hire", by=by)
    return locked


@transaction.atomic
def withdraw_list(*, by: Actor, hire_list: HireList, reason: str) -> HireList:
    """Take a list back: its notices come down, its people wait to be listed again."""
    advance(hire_list, HIRE_LIST_FLOW, "withdraw", by=by, reason=reason)
    for notice in Notice.objects.filter(about=hire_list.about, state=NoticeState.OPEN):
        withdraw(by=by, notice=notice, reason=reason)
    for candidate in hire_list.candidates.filter(state=CandidateState.LISTED):
        advance(candidate, CANDIDATE_FLOW, "unlist", by=by, reason=reason, hire_list=None)
    return hire_list


def open_objections(hire_list: HireList) -> int:
    return Objection.objects.filter(notice__about=hire_list.about, state=ObjectionState.OPEN).count()


# --- what publicity asks of the matter ---


def people_on(notice: Notice) -> list[tuple[str, str]]:
    """Return (subject, words) of who stands on a notice."""
    rows = _listed(notice).select_related("line__school")
    return [(f"teachers.candidate:{row.pk}", f"{row.name}（{row.line}）") for row in rows]


def objection_raised(objection: Objection, *, by: Actor) -> None:
    """Nothing moves: the list cannot be approved while an objection is open."""


def objection_answered(objection: Objection, *, by: Actor) -> None:
    """Let who was rightly objected to go no further."""
    if objection.state != ObjectionState.UPHELD:
        return
    candidate = _listed(objection.notice).get(pk=int(objection.subject.partition(":")[2]))
    advance(candidate, CANDIDATE_FLOW, "reject", by=by, reason=f"公示异议成立：{objection.answer}"[:500])
    record(by, action="hire_list.struck_off", subject=candidate.hire_list, reason=objection.answer)


def _listed(notice: Notice):
    key = int(notice.about.partition(":")[2])
    return Candidate.objects.filter(
        hire_list=key, line__school=notice.school_id, state=CandidateState.LISTED
    ).order_by("rank", "pk")
