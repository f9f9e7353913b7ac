"""What a report says: figures by stage, and the children, as cases stand now."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count, Prefetch, Q, QuerySet

from dropout.enums import ReportKind
from dropout.models import Absence, Case, Plan, Report, ReportLine
from povertyedu.orgs.enums import Stage
from povertyedu.orgs.models import Term
from students.models import Enrolment
from students.queries import area_names

from .population import away_on

DAY = dt.timedelta(days=1)
STAGES = {Stage.PRIMARY: "小学", Stage.JUNIOR: "初中"}
OTHER = "other"  # never enrolled anywhere: of no stage
COLUMNS = {
    "enrolled": "在籍学生", "suspected": "疑似辍学", "dropout": "辍学", "never": "失学", "found": "本期新发现",
    "returned": "本期劝返复学", "closed": "本期销号", "open": "期末未销号", "settled": "其中已返校、送教、缓学休学", "absent": "本期未准假缺勤（人次）",
    "unasked": "其中未跟进（人次）",
}  # fmt: skip


@dataclass(frozen=True)
class Period:
    """The days of a report, both included."""

    kind: str
    first: dt.date
    last: dt.date


def month_of(day: dt.date) -> Period:
    first = day.replace(day=1)
    return Period(
        ReportKind.MONTHLY, first, (first + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)
    )


def quarter_of(day: dt.date) -> Period:
    first = dt.date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    last = month_of(dt.date(day.year, first.month + 2, 1)).last
    return Period(ReportKind.QUARTERLY, first, last)


def days_of(report: Report) -> tuple[dt.date, dt.date]:
    """Return the first and the last day whose events ``report`` counts, so that each day is in one report of the place.

    A report froze before its month was over; what happened afterwards belongs to the next one.
    """
    begins = (month_of if report.kind == ReportKind.MONTHLY else quarter_of)(report.last).first
    others = Report.objects.handed_in().filter(kind=report.kind, school=report.school_id, area=report.area_id)
    before = others.filter(last=begins - DAY).first()
    after = others.filter(last__gt=report.last, first__lte=report.last).order_by("last").first()
    first = before.counted_to + DAY if before and before.counted_to else begins
    return min(first, begins), after.first - DAY if after else report.last


def cases_at(report: Report) -> QuerySet[Case]:
    """Return the cases of the place that were there in the period: of a school its own, of the county all."""
    rows = Case.objects.filter(opened_on__lte=report.last)
    if report.school_id:
        return rows.filter(school=report.school_id)
    return rows  # a system serves one county (docs/adr/0003)


def figures_of(report: Report) -> dict[str, dict[str, int]]:
    """Return {column: {stage: n}}; a number of queries that does not grow."""
    days = days_of(report)
    is_open = Q(closed_on=None) | Q(closed_on__gt=report.last)
    counted = cases_at(report).order_by().values("stage").annotate(
        found=Count("pk", filter=Q(opened_on__range=days)),
        returned=Count("pk", filter=Q(returned_on__range=days)),
        closed=Count("pk", filter=Q(closed_on__range=days)),
        open=Count("pk", filter=is_open),
    )  # fmt: skip
    figures = {column: dict.fromkeys((*STAGES, OTHER), 0) for column in COLUMNS}
    for row in counted:
        stage = row.pop("stage")
        for column, count in row.items():
            figures[column][stage if stage in STAGES else OTHER] += count
    for stage, column in _standing(report, is_open):
        figures[column][stage if stage in STAGES else OTHER] += 1
    for stage, count in _enrolled(report):
        figures["enrolled"][stage] = count
    for stage, absent, unasked in _absences(report, days):
        figures["absent"][stage], figures["unasked"][stage] = absent, unasked
    return {column: {str(stage): count for stage, count in row.items()} for column, row in figures.items()}


def _standing(report: Report, is_open: Q) -> Iterator[tuple[str, str]]:
    """Yield stage and column of each open case: who is out is told as the ledgers and the rates tell it."""
    away = away_on(report.last)
    rows = cases_at(report).filter(is_open)
    for student, kept, stage in rows.values_list("student_id", "student__merged_into_id", "stage"):
        child = kept or student
        columns = ("suspected", "dropout", "never")
        yield stage, next((name for name in columns if child in getattr(away, name)), "settled")


def _enrolled(report: Report) -> list[tuple[str, int]]:
    term = Term.objects.filter(starts_on__lte=report.last).order_by("-starts_on").first()
    if term is None:
        return []
    rows = Enrolment.objects.of(term).here().filter(stage__in=STAGES)
    rows = rows.filter(school=report.school_id) if report.school_id else rows.filter(school__isnull=False)
    return list(rows.order_by().values_list("stage").annotate(count=Count("pk")))


def _absences(report: Report, days: tuple[dt.date, dt.date]) -> list[tuple[str, int, int]]:
    """Return (stage, days that children were away without leave, those of them after which nobody asked)."""
    of_class = "class_day__school_class"
    rows = Absence.objects.filter(excused=False, date__range=days)
    rows = rows.filter(**{f"{of_class}__stage__in": list(STAGES)})
    if report.school_id:
        rows = rows.filter(**{f"{of_class}__school": report.school_id})
    counted = rows.order_by().values_list(f"{of_class}__stage")
    return list(counted.annotate(all=Count("pk"), unasked=Count("pk", filter=Q(follow_up=None))))


def lines_of(report: Report) -> list[ReportLine]:
    """Return the children of the period: still followed, or returned or closed within it."""
    first, _ = days_of(report)
    rows = cases_at(report).filter(
        Q(closed_on=None) | Q(closed_on__gte=first),
        Q(returned_on=None) | Q(returned_on__gte=first) | Q(closed_on=None),
    )
    rows = rows.select_related("student__guardian", "school", "school_class__homeroom_teacher").order_by("pk")
    cases = list(rows.prefetch_related("visits", Prefetch("plans", Plan.objects.filter(superseded_at=None))))
    homes = area_names(case.home_area for case in cases)
    return [_line(report, case, homes) for case in cases]


def _line(report: Report, case: Case, homes: dict[str, str]) -> ReportLine:
    student, school_class = case.student, case.school_class
    teacher = school_class.homeroom_teacher if school_class else None
    plan, visit = next(iter(case.plans.all()), None), next(iter(case.visits.all()), None)
    said = f"{visit.on} {visit.get_way_display()}：{visit.get_result_display()}；" if visit else ""
    causes = "、".join(plan.cause_labels) if plan else ""
    return ReportLine(
        report=report, student=student, name=student.name, school_name=case.school.name if case.school else "", class_name=str(school_class or ""),
        kind=case.get_kind_display(), whereabouts=case.get_outcome_display(), responsible=teacher.name if teacher else "",
        persuasion=f"{said}{case.get_state_display()}", measure=plan.measures if plan else "",
        guardian=student.guardian.name if hasattr(student, "guardian") else "",
        address=f"{homes.get(case.home_area, '')} {student.home_address}".strip(), phone=student.phone, cause=causes or case.note,
    )  # fmt: skip
