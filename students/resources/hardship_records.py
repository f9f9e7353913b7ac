"""Dated hardship statuses of the people on a list: what each row changes, and the set-based writing of it.

A list imported for a term proves the status for that term; what past terms were keeps standing. Lists
and rosters may come in any order: statuses are kept by ID number, whether or not a child is known.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.db import transaction

from povertyedu import bulk
from povertyedu.imports.rows import Change
from povertyedu.orgs.models import Term
from povertyedu.workbooks.cells import birth_date_of
from students.actions.hardship import derive_categories, mark_people
from students.enums import ExitStatus, HardshipCategory, ListSource
from students.models import HardshipStatus


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one row says about one person; ``since`` None: from the term's first day.

    ``is_primary`` is false for what a list proves by the way (a certificate number in the ID column).
    """

    id_hash: str
    id_number: str
    name: str
    category: int
    since: dt.date | None
    source: str
    certificate: str = ""
    counts: bool = True
    household: str | None = None
    person_no: str = ""
    relation: str = ""
    exit_status: str = ""
    is_primary: bool = True

    @property
    def key(self) -> tuple[str, int]:
        return self.id_hash, self.category


@dataclass(slots=True)
class KnownStatus:
    pk: int
    id_hash: str
    category: int
    since: dt.date
    until: dt.date | None
    counts: bool
    name: str
    certificate: str
    source: str
    household: str | None
    person_no: str
    relation: str
    exit_status: str
    listed_from: dt.date | None

    def holds_in(self, term: Term) -> bool:
        return self.since <= term.ends_on and (self.until is None or self.until >= term.starts_on)


_FIELDS = (
    "pk", "id_hash", "category", "since", "until", "counts", "name", "certificate", "source", "household__number", "person_no",
    "relation", "exit_status", "last_term__starts_on",
)  # fmt: skip


@dataclass(slots=True)
class Plan:
    """What to write for one wanted status: a new row, fields of a known one, or nothing."""

    wanted: Wanted
    since: dt.date | None = None  # of a new row
    until: dt.date | None = None
    amended: dict | None = None  # field -> value, of ``known``
    known: KnownStatus | None = None
    changes: list[Change] | None = None  # None: the status is new

    @property
    def writes(self) -> bool:
        return self.since is not None or bool(self.amended)


def certified(wanted: Wanted, term: Term) -> Wanted | None:
    """Return the disability that a certificate number proves by the way; None where there is no certificate."""
    if len(wanted.certificate) <= 18 or wanted.category == HardshipCategory.DISABLED:
        return None
    return replace(
        wanted, category=HardshipCategory.DISABLED.value, since=term.starts_on, source=ListSource.POVERTY_OFFICE.value, counts=True,
        household=None, person_no="", relation="", exit_status="", is_primary=False,
    )  # fmt: skip


class Timelines:
    """Known statuses by person and category, oldest first; one query, whatever the rows."""

    def __init__(self, id_hashes: Iterable[str], term: Term):
        self.term = term
        self._by_key: dict[tuple[str, int], list[KnownStatus]] = defaultdict(list)
        with transaction.atomic(), bulk.keys(HardshipStatus, "id_hash", set(id_hashes)) as keys:
            rows = HardshipStatus.objects.filter(id_hash__in=keys).order_by("since").values_list(*_FIELDS)
            for values in rows.iterator():
                self._by_key[(values[1], values[2])].append(KnownStatus(*values))

    def plan(self, wanted: Wanted) -> Plan:
        """Return what ``wanted`` asks to be written."""
        timeline = self._by_key.get(wanted.key, [])
        start = wanted.since or self.term.starts_on
        known = next((s for s in reversed(timeline) if s.holds_in(self.term)), None)
        # A status that begins after the term is known by its start; one that ended before is not the same.
        known = known or next((s for s in timeline if s.since == start > self.term.ends_on), None)
        if known is None:
            return self._new(wanted, start, timeline)
        turned = wanted.is_primary and (known.counts != wanted.counts or _exited(known, wanted))
        if turned and known.until is None and known.since < self.term.starts_on:
            return self._turn(wanted, known)
        return self._amend(wanted, known, alone=len(timeline) == 1)

    def _new(self, wanted: Wanted, start: dt.date, timeline: Sequence[KnownStatus]) -> Plan:
        if any(s.since < self.term.starts_on for s in timeline):
            start = max(start, self.term.starts_on)  # it had ended: this list proves no more than this term
        later = min((s.since for s in timeline if s.since > start), default=None)
        return Plan(wanted, since=start, until=later - dt.timedelta(days=1) if later else None)

    def _turn(self, wanted: Wanted, known: KnownStatus) -> Plan:
        """End the known status with the last term and begin another: past terms keep theirs."""
        told = Change("脱贫状态", _policy(known.counts), _policy(wanted.counts))
        if _exited(known, wanted):
            told = Change("脱贫状态", _exit(known.exit_status), _exit(wanted.exit_status))
        ended = {"until": self.term.starts_on - dt.timedelta(days=1)}
        return Plan(wanted, since=self.term.starts_on, amended=ended, known=known, changes=[told])

    def _amend(self, wanted: Wanted, known: KnownStatus, *, alone: bool) -> Plan:
        amended, changes = {}, []

        def note(field: str, heading: str, old, new, shown_old=None, shown_new=None):
            amended[field] = new
            changes.append(
                Change(heading, str(shown_old or old or "（空）"), str(shown_new or new or "（空）"))
            )

        if alone and wanted.since and wanted.since < known.since:
            note("since", "起始时间", known.since, wanted.since)
        if wanted.certificate and wanted.certificate != known.certificate and len(wanted.certificate) > 18:
            note(
                "certificate",
                "残疾证号",
                known.certificate,
                wanted.certificate,
                "（已加密）",
                "（按文件更新）",
            )
        if wanted.is_primary:
            if wanted.counts != known.counts:
                note(
                    "counts",
                    "脱贫状态",
                    known.counts,
                    wanted.counts,
                    _policy(known.counts),
                    _policy(wanted.counts),
                )
            for field, heading in _TEXTS.items():
                new = getattr(wanted, field)
                if new and new != getattr(known, field):
                    note(field, heading, getattr(known, field), new)
            if known.listed_from is None or known.listed_from < self.term.starts_on:
                note(
                    "last_term_id", "最近名单学期", known.listed_from, self.term.pk, shown_new=str(self.term)
                )
        return Plan(wanted, amended=amended, known=known, changes=changes)


_TEXTS = {
    "name": "姓名", "source": "依据", "household": "户编号", "person_no": "人编号", "relation": "与户主关系", "exit_status": "脱贫状态",
}  # fmt: skip


def _policy(counts: bool) -> str:
    return "享受政策" if counts else "不享受政策"


def _exit(status: str) -> str:
    return dict(ExitStatus.choices).get(status, status)


def _exited(known: KnownStatus, wanted: Wanted) -> bool:
    """Whether the list says another exit status than the one on file: rules ask it as it was in each term."""
    return bool(known.exit_status and wanted.exit_status and known.exit_status != wanted.exit_status)


def write(plans: Sequence[Plan], term: Term, households: dict[str, int]) -> None:
    """Write ``plans`` set-based and derive the categories of everybody on them, in every term."""
    amended = [
        (
            plan.known.pk, a.get("since"), a.get("until"), a.get("counts"), a.get("name"), a.get("certificate"), a.get("source"),
            households.get(a.get("household")), a.get("person_no"), a.get("relation"), a.get("exit_status"), a.get("last_term_id"),
        )
        for plan in plans
        if (a := plan.amended)
    ]  # fmt: skip
    if amended:
        columns = (
            "since", "until", "counts", "name", "certificate", "source", "household_id", "person_no", "relation", "exit_status",
            "last_term_id",
        )  # fmt: skip
        bulk.amend(HardshipStatus, columns, amended)
    new = [
        (
            w.id_hash, w.id_number, w.certificate if len(w.certificate) > 18 else "", w.name, w.category, plan.since, plan.until,
            w.counts, w.source, households.get(w.household), w.person_no, w.relation, w.exit_status, term.pk if w.is_primary else None,
            birth_date_of(w.id_number),
        )
        for plan in plans
        if plan.since and (w := plan.wanted)
    ]  # fmt: skip
    if new:
        columns = (
            "id_hash", "id_number", "certificate", "name", "category", "since", "until", "counts", "source", "household_id",
            "person_no", "relation", "exit_status", "last_term_id", "birth_date",
        )  # fmt: skip
        bulk.insert(HardshipStatus, columns, new)
    derive_categories(id_hashes={plan.wanted.id_hash for plan in plans})
    mark_people({plan.wanted.id_hash for plan in plans if _tells_exit(plan)})


def _tells_exit(plan: Plan) -> bool:
    """Whether a child's exit status changes though its categories may not."""
    new = plan.since is not None and (plan.known is not None or not plan.wanted.counts)
    return bool((plan.amended or {}).get("exit_status") or (new and plan.wanted.exit_status))
