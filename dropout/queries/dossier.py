"""All that is kept of one case, for its page and for the dossier that is printed of it."""

from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Any

from django.utils import timezone

from dropout.enums import CaseState, Line
from dropout.models import (
    Agreement,
    Case,
    CaseDecision,
    CaseProposal,
    Denial,
    Duty,
    Escalation,
    Lesson,
    Plan,
    ReturnOrder,
    Visit,
)
from dropout.queries.chains import Chains, chains_of
from povertyedu.files.models import StoredFile
from students.models import Guardian
from students.queries import area_names

PICTURES = (".jpg", ".jpeg", ".png")
# The way of a case that goes well: what stands at the head of its page.
WAY = (
    (CaseState.SUSPECTED, "发现"), (CaseState.VERIFIED, "核实"), (CaseState.PERSUADING, "劝返"), (CaseState.RETURNED, "返校"),
    (CaseState.MONITORED, "监测"), (CaseState.CLOSED, "销号"),
)  # fmt: skip


@dataclass(frozen=True)
class Dossier:
    """A case with all that hangs on it. What is sensitive is empty for who does not work the case."""

    case: Case
    home: str
    chains: Chains
    duties: dict[str, Duty]
    escalations: list[Escalation]
    decisions: list[CaseDecision]
    guardian: Guardian | None = None
    plan: Plan | None = None
    old_plans: list[Plan] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    lessons: list[Lesson] = field(default_factory=list)
    orders: list[ReturnOrder] = field(default_factory=list)
    agreements: list[Agreement] = field(default_factory=list)
    denials: list[Denial] = field(default_factory=list)
    proposals: list[CaseProposal] = field(default_factory=list)

    @property
    def waiting(self) -> CaseProposal | None:
        """The proposal that a second person has to answer."""
        return next((each for each in self.proposals if not each.answer), None)

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Return each line with its links, from the top down, and its open duty."""
        return [
            {"name": name, "steps": steps, "duty": self.duties.get(line)}
            for line, (name, steps) in zip(Line, self.chains.lines, strict=True)
        ]

    @property
    def pictures(self) -> list[tuple[str, StoredFile]]:
        """Return caption and file of the photos and scans that can be printed, in the order of their days."""
        kept = [
            *((row.on, f"{row.on} {row.visitor}走访", row.photo) for row in self.visits),
            *((row.on, f"{row.on} {row.teacher}送教", row.photo) for row in self.lessons),
            *((row.issued_on, f"{row.number} 送达回证", row.scan) for row in self.orders),
            *((row.issued_on, f"与{row.guardian}的协议书", row.scan) for row in self.agreements),
        ]
        for each in self.proposals:
            on, what = (
                timezone.localdate(each.proposed_at),
                each.get_outcome_display() or each.get_kind_display(),
            )
            kept += [(on, f"{what}的佐证材料", each.evidence), (on, f"{what}的评估意见", each.assessment)]
        kept.sort(key=itemgetter(0))
        return [
            (caption, file)
            for _, caption, file in kept
            if file and Path(file.name).suffix.lower() in PICTURES
        ]

    @property
    def way(self) -> list[dict[str, str]]:
        """Return the usual way of a case, as far as this one has gone; a step that it never took is not done."""
        order = [state for state, _ in WAY]
        here = self.case.state
        at = order.index(CaseState(here)) if here in order else None
        been = {each.new_state for each in self.decisions}
        steps = []
        for place, (own, text) in enumerate(WAY):
            if at is None:  # aside from the way: what was gone of it stays
                state = "done" if own in been and own != CaseState.CLOSED else "todo"
            elif place == at:
                state = "done" if own == CaseState.CLOSED else "doing"
            else:
                state = "done" if place < at and own in been else "todo"
            was_left_out = at is not None and place < at and state == "todo"
            steps.append({"text": text, "state": state} | ({"note": "没有经过"} if was_left_out else {}))
        if at is None:
            steps.append({"text": self.case.get_state_display(), "state": "doing"})
        return steps


def dossier_of(case: Case, *, working: bool) -> Dossier:
    """Return the file of ``case``; ``working``: with what only those who work the case may see."""
    plain = {
        "case": case,
        "home": area_names([case.home_area]).get(case.home_area, ""),
        "chains": chains_of(case),
        "duties": {duty.line: duty for duty in case.duties.open().select_related("person", "link")},
        "escalations": list(
            Escalation.objects.filter(duty__case=case).select_related("duty", "link", "person").order_by("pk")
        ),
        "decisions": list(case.decisions.select_related("said")),
    }
    if not working:
        return Dossier(**plain)
    plans = list(case.plans.select_related("leader"))
    return Dossier(
        **plain,
        guardian=Guardian.objects.filter(student=case.student_id).first(),
        plan=next((plan for plan in plans if plan.superseded_at is None), None),
        old_plans=[plan for plan in plans if plan.superseded_at],
        visits=list(case.visits.select_related("photo")),
        lessons=list(case.lessons.select_related("photo")),
        orders=list(case.orders.select_related("township", "scan")),
        agreements=list(case.agreements.select_related("township", "scan")),
        denials=list(case.denials.all()),
        proposals=list(case.proposals.select_related("evidence", "assessment")),
    )
