"""变更记录: everything that was done to one child's record, in one list in the order of time.

Two sources: the log of what was done by hand, to the record or to something about it (a move, a correction, a
proof), and the operations over many records (imports, promotion), whose effect on this child is told by the
old values kept of it (:mod:`.chronicle`).
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Q, QuerySet
from django.urls import reverse

from povertyedu.audit.models import AuditEvent, Operation

from .changes import differences
from .chronicle import Change, Chronicle
from .enums import VersionKind
from .models import (
    Correction,
    Departure,
    DuplicatePair,
    Enrolment,
    HardshipProof,
    Move,
    PendingChange,
    ProposedEnd,
    Student,
)
from .record_words import Words
from .states import CHANGE_FLOW, CORRECTION_FLOW, END_FLOW, MOVE_FLOW, PAIR_FLOW, PROOF_FLOW

PER_PAGE = 50

# Kind -> its word, and how the actions of it begin.
KINDS = {
    "record": ("档案更正", ("students.register", "students.correct", "students.carry", "students.checked_change")),
    "import": ("批量导入", ("import.",)),
    "change": ("待复核变更", ("change.",)),
    "correction": ("更正申请", ("correction.",)),
    "move": ("学籍异动", ("move.", "promotion.", "departure.")),
    "hardship": ("困难认定", ("proof.", "end.", "students.end_hardship")),
    "duplicate": ("重复与停发", ("pair.", "students.merge", "students.unmerge", "enrolment.")),
    "note": ("备注", ("students.note",)),
}  # fmt: skip
_STEPS = {
    f"{flow.name}.{step.verb}": step.label
    for flow in (MOVE_FLOW, PROOF_FLOW, PAIR_FLOW, CORRECTION_FLOW, CHANGE_FLOW, END_FLOW)
    for step in flow.transitions
}
ACTIONS = _STEPS | {
    "students.register": "建立档案",
    "students.correct": "更正档案",
    "students.carry": "后续学期一并更正",
    "students.end_hardship": "终止困难认定",
    "students.note": "添加备注",
    "change.propose": "提出变更，待复核",
    "students.checked_change": "变更已复核",
    "students.merge": "合并档案",
    "students.unmerge": "撤销合并",
    "enrolment.block": "认定停发",
    "enrolment.unblock": "解除停发",
    "proof.propose": "登记困难佐证",
    "proof.confirm": "复核困难佐证",
    "move.follow_up": "跟进未结清的资助",
    "departure.answer": "登记去向",
    "departure.receive": "接收入学",
    "promotion.apply": "升级",
    "promotion.undo": "撤销升级",
    "import.apply": "导入",
    "import.undo": "撤销导入",
    "area.merge": "撤并区划",
    "area.unmerge": "撤销撤并",
}
# Fields that the log names by their column.
_FIELDS = {
    "state": "状态", "facts": "更正项目", "wanted": "应为", "kind": "异动类型", "schools": "学校", "destination": "去向", "responsible": "责任人",
    "whereabouts": "现在何处",
}  # fmt: skip


@dataclass(frozen=True)
class Group:
    """What one operation changed in one row of the record."""

    title: str
    changes: list[dict]
    is_new: bool = False


@dataclass
class Entry:
    """One thing that was done, by whom, when and from where."""

    at: dt.datetime
    by: str
    role: str
    ip: str
    kind: str  # of KINDS
    text: str
    note: str = ""
    url: str = ""
    groups: list[Group] = field(default_factory=list)

    @property
    def kind_label(self) -> str:
        return KINDS[self.kind][0]


@dataclass(frozen=True)
class HistoryPage:
    """Some entries; ``older`` is the moment to ask ``before`` with, "" at the end."""

    entries: list[Entry]
    total: int
    older: str


def page_of(student: Student, *, kind: str = "", before: dt.datetime | None = None) -> HistoryPage:
    """Return a page of the child's history, newest first; the same number of queries however long it is."""
    chronicle = Chronicle(student)
    operations = {v.operation_id for v in chronicle.versions if chronicle.is_own(v)} - {None}
    told = list(_of_kind(Operation.objects.filter(pk__in=operations), kind))
    events = _besides(_of_kind(events_about(student), kind), told)
    ends = _proposed_ends(student) if kind in ("", "hardship") else []
    total = len(told) + len(ends) + events.count()
    if before:
        events = events.filter(at__lt=before)
    found: list[AuditEvent | Operation | Entry] = [*events.order_by("-at")[: PER_PAGE + 1], *told, *ends]
    found = sorted((each for each in found if not before or each.at < before), key=_at, reverse=True)
    shown = found[:PER_PAGE]
    changes = _changes_by_operation(chronicle, {each.pk for each in shown if isinstance(each, Operation)})
    words = Words([change for some in changes.values() for change in some.values()])
    entries = [_entry(each, changes, words) for each in shown]
    return HistoryPage(entries, total, shown[-1].at.isoformat() if len(found) > PER_PAGE else "")


def _at(each) -> dt.datetime:
    return each.at


def _entry(each, changes: dict[int, dict], words: Words) -> Entry:
    if isinstance(each, Operation):
        return _of_operation(each, changes[each.pk].values(), words)
    return _of_event(each) if isinstance(each, AuditEvent) else each


def _besides(events: QuerySet, operations: list[Operation]) -> QuerySet:
    """Leave out what an operation tells anyway, and with what it changed: the step itself, e.g. of a move."""
    for operation in operations:
        if operation.action.startswith(("move.", "pair.")):
            events = events.exclude(
                action=operation.action, subject_type=operation.subject_type, subject_id=operation.subject_id
            )
    return events


def _proposed_ends(student: Student) -> list[Entry]:
    """Return that a complete list left the child out: nobody did anything to the record, so no log has it."""
    ends = ProposedEnd.objects.filter(id_hash__in=student.id_hashes).select_related("term")
    return [
        Entry(
            end.proposed_at, end.proposed_by, "", "", "hardship", f"名单里没有该生，待终止：{end.get_category_display()}",
            f"{end.list_name}（{end.term}）",
        )
        for end in ends
    ]  # fmt: skip


def events_about(student: Student) -> QuerySet[AuditEvent]:
    """Return what the log has of the record, of those merged into it and of all that was asked and decided of it."""
    family = [student.pk, *student.merged.values_list("pk", flat=True)]
    rows = Enrolment.objects.filter(student__in=family)
    numbers = Student.objects.filter(pk__in=family, id_hash__isnull=False).values("id_hash")
    about = {
        Move: Move.objects.filter(student__in=family),
        Correction: Correction.objects.filter(enrolment__in=rows),
        PendingChange: PendingChange.objects.filter(student__in=family),
        HardshipProof: HardshipProof.objects.filter(enrolment__in=rows),
        Departure: Departure.objects.filter(student__in=family),
        DuplicatePair: DuplicatePair.objects.filter(Q(first__in=family) | Q(second__in=family)),
        ProposedEnd: ProposedEnd.objects.filter(id_hash__in=numbers),
    }
    told = Q(subject_type=Student._meta.label_lower, subject_id__in=[str(pk) for pk in family])
    for model, found in about.items():
        keys = [str(pk) for pk in found.order_by().values_list("pk", flat=True)]
        if keys:
            told |= Q(subject_type=model._meta.label_lower, subject_id__in=keys)
    # What a proof brought the child is told of the child, more fully than the step of the proof.
    step = Q(subject_type=HardshipProof._meta.label_lower, action="proof.confirm")
    return AuditEvent.objects.filter(told).exclude(step)


def _of_kind(rows: QuerySet, kind: str) -> QuerySet:
    if kind not in KINDS:
        return rows
    wanted = Q()
    for beginning in KINDS[kind][1]:
        wanted |= Q(action__startswith=beginning)
    return rows.filter(wanted)


def kind_of(action: str) -> str:
    return next((kind for kind, (_, begins) in KINDS.items() if action.startswith(begins)), "record")


def _changes_by_operation(chronicle: Chronicle, operations: set[int]) -> dict[int, dict]:
    """Return operation -> row -> what became of it through that operation as a whole."""
    found: dict[int, dict] = {pk: {} for pk in operations}
    for version, change in chronicle.steps():
        if version.operation_id not in operations or not chronicle.is_own(version):
            continue
        later = found[version.operation_id].get(change.key)
        found[version.operation_id][change.key] = Change(
            change.key, change.before, later.after if later else change.after
        )
        if change.key[0] == "student" and version.kind == VersionKind.ADDED:
            _add_what_came_with_it(chronicle, found[version.operation_id], student=version.row_id)
    return found


def _add_what_came_with_it(chronicle: Chronicle, changes: dict, *, student: int) -> None:
    """A child new to an import is one version; guardian, account and enrolment came with it."""
    for key, row in chronicle.rows.items():
        if key[0] not in ("student", "hardship") and row["student_id"] == student and key not in changes:
            changes[key] = Change(key, None, row)


def _of_operation(operation: Operation, changes: Iterable[Change], words: Words) -> Entry:
    groups = []
    for change in changes:
        source = change.key[0]
        told = differences(words.of(source, change.before), words.of(source, change.after))
        if change.after is None:
            told = {"记录": ["有", "已移除"]}
        if is_new := change.before is None:  # a new row says what it has, not what it has not
            told = {label: values for label, values in told.items() if values[1] not in ("", "否")}
        if told:
            groups.append(Group(words.title(change), _as_rows(told), is_new))
    text = ACTIONS.get(operation.action, "变更")
    return Entry(
        operation.at, operation.by_name, operation.by_role, operation.ip, kind_of(operation.action), text, operation.label, _url(operation), groups
    )  # fmt: skip


def _of_event(event: AuditEvent) -> Entry:
    told = {k: v for k, v in event.changes.items() if k != "state" and isinstance(v, list) and len(v) == 2}
    told = {_FIELDS.get(k, k): ["" if each is None else str(each) for each in v] for k, v in told.items()}
    groups = [Group("", _as_rows(told))] if told else []
    return Entry(
        event.at, event.by_name, event.by_role, event.ip, kind_of(event.action), ACTIONS.get(event.action, "变更"), event.reason, _url(event),
        groups,
    )  # fmt: skip


def _url(event: AuditEvent | Operation) -> str:
    """Return the page of what the event is about, "" for the record itself."""
    routes = {
        Move: "students:move", Correction: "students:correction", PendingChange: "students:change", HardshipProof: "students:proof",
        Departure: "students:departure", DuplicatePair: "students:pair",
    }  # fmt: skip
    route = {model._meta.label_lower: name for model, name in routes.items()}.get(event.subject_type)
    return reverse(route, args=[event.subject_id]) if route else ""


def _as_rows(changes: dict[str, list[str]]) -> list[dict]:
    return [{"label": label, "old": old, "new": new} for label, (old, new) in changes.items()]
