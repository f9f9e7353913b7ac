"""学校月报、县季度会商: opened, submitted with the figures frozen, reviewed by the centre or township, accepted by the county."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from dropout.enums import DutyCode, ReportKind, ReportState
from dropout.models import Report, ReportLine
from dropout.queries.report_figures import Period, days_of, figures_of, lines_of
from dropout.states import REPORT_FLOW
from povertyedu.accounts.models import User
from povertyedu.inbox.models import tell
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Area, School
from povertyedu.workflow.flow import Actor, advance

from .calendar import finish

PER_STATEMENT = 500


def open_report(*, place: School | Area, period: Period) -> Report:
    """Return the place's report of the period; opened where there is none."""
    where = {"school": place} if isinstance(place, School) else {"area": place}
    report, _ = Report.objects.get_or_create(
        kind=period.kind, last=period.last, **where, defaults={"first": period.first}
    )
    return report


@transaction.atomic
def submit(*, by: Actor, report: Report, conclusion: str = "") -> Report:
    """Freeze figures and names as they stand and hand the report in; finishes the task of its month."""
    figures, lines, (first, last) = figures_of(report), lines_of(report), days_of(report)
    advance(
        report,
        REPORT_FLOW,
        "submit",
        by=by,
        figures=figures,
        first=first,
        counted_to=min(last, today()),
        conclusion=conclusion,
        submitted_at=timezone.now(),
    )
    report.lines.all().delete()
    ReportLine.objects.bulk_create(lines, batch_size=PER_STATEMENT)
    monthly = report.kind == ReportKind.MONTHLY
    code = DutyCode.MONTHLY_REPORT if monthly else DutyCode.QUARTERLY_REVIEW
    finish(by=by, code=code, place=report.place, due_by=report.last)
    return report


def review(*, by: Actor, report: Report) -> None:
    """Pass a school's report on to the county; not by who submitted it."""
    _by_another(report, by)
    advance(report, REPORT_FLOW, "review", by=by)


def accept(*, by: Actor, report: Report) -> None:
    """Accept a report for the county: a school with a centre school is reviewed there first."""
    _by_another(report, by)
    if report.state == ReportState.SUBMITTED and report.school_id and report.school.centre_id:
        raise ValidationError("请先由中心学校或乡镇审核，再由县审定。")
    advance(report, REPORT_FLOW, "accept", by=by)


@transaction.atomic
def send_back(*, by: Actor, report: Report, reason: str) -> None:
    """Return a report with the reason; whoever submitted it is told."""
    advance(report, REPORT_FLOW, "return", by=by, reason=reason)
    last = report.decisions.filter(verb="submit").last()
    user = User.objects.filter(pk=last.by_id).first() if last and last.by_id else None
    tell(user, f"{report}被退回：{reason}", url="", tone="warn")


def _by_another(report: Report, by: Actor) -> None:
    """Each stage by another person: who has submitted or reviewed does not take the next step."""
    since = report.submitted_at or timezone.make_aware(dt.datetime(2000, 1, 1))
    if report.decisions.filter(by_id=by.id, at__gte=since - dt.timedelta(seconds=1)).exists():
        raise ValidationError("报送、审核、审定须由不同的人办理。")
