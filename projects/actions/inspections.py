"""Half-yearly inspections: three items, every problem a finding of who uses the project (谁使用谁负责)."""

import datetime as dt
from collections.abc import Mapping

from django.db import transaction

from povertyedu.audit.models import record
from povertyedu.findings.actions import find
from povertyedu.findings.enums import FindingSource
from povertyedu.orgs.calendar import today
from povertyedu.workflow.flow import Actor, StepRefused
from projects.enums import InspectionItem, InspectionLevel, ProjectState, Verdict
from projects.models import Inspection, InspectionResult, Project


def half_of(day: dt.date) -> tuple[int, int]:
    """Return the year and the half (1, 2) that ``day`` lies in."""
    return day.year, 1 if day.month <= 6 else 2


@transaction.atomic
def inspect(
    *,
    by: Actor,
    project: Project,
    level: str,
    on: dt.date,
    verdicts: Mapping[str, tuple[str, str]],
    due_on: dt.date,
) -> Inspection:
    """Record what was found of the three items (item -> verdict, words), once a half-year and level; open the findings."""
    if on > today():
        raise StepRefused("检查日期不能晚于今天。")
    if project.state == ProjectState.CANCELLED:
        raise StepRefused("项目已取消，不用检查。")
    if set(verdicts) != set(InspectionItem.values):
        raise StepRefused("资金使用、项目进展、工程质量三项都要填。")
    year, half = half_of(on)
    made = Inspection(project=project, year=year, half=half, level=level, on=on, by_id=by.id, by_name=by.name)
    made.validate_constraints()
    made.save()
    for item in InspectionItem:
        verdict, text = verdicts[item]
        if verdict == Verdict.PROBLEM and not text.strip():
            raise StepRefused(f"“{item.label}”有问题的，请写明情况。")
        result = InspectionResult.objects.create(
            inspection=made, item=item, verdict=verdict, text=text.strip()[:300]
        )
        if verdict == Verdict.PROBLEM:
            _find(by, made, result, due_on)
    record(by, action="project.inspect", subject=project, changes={str(made): [None, level]})
    return made


def _find(by: Actor, inspection: Inspection, result: InspectionResult, due_on: dt.date) -> None:
    """Open a finding at the school that uses the project; at its township where it is for several or none."""
    project = inspection.project
    sites = list(project.sites.select_related("school"))
    place = {"school": sites[0].school} if len(sites) == 1 else {"area": project.area}
    own = inspection.level == InspectionLevel.TOWNSHIP
    find(
        by=by, title=f"{project.name}：{result.get_item_display()}{result.text}"[:200], text=result.text, due_on=due_on,
        source=FindingSource.SELF_CHECK if own else FindingSource.SPOT_CHECK, origin=str(inspection), subject=result.subject,
        url=project.get_absolute_url(), **place,
    )  # fmt: skip
