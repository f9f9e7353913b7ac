"""Half-yearly inspections: three items, every problem a finding of who uses the project (谁使用谁负责)."""

import datetime as dt
from collections.abc import Mapping, Sequence

from django.db import transaction

from povertyedu.audit.models import record
from povertyedu.findings.actions import find
from povertyedu.findings.enums import FindingSource
from povertyedu.orgs.calendar import today
from povertyedu.orgs.enums import AreaLevel
from povertyedu.orgs.models import Area
from povertyedu.workflow.flow import Actor, StepRefused
from projects.enums import InspectionItem, InspectionLevel, ProjectState, Verdict
from projects.models import Inspection, InspectionResult, Project
from projects.queries.inspections import Users, half_of, users_of


@transaction.atomic
def inspect(
    *,
    by: Actor,
    project: Project,
    area: Area,
    on: dt.date,
    verdicts: Mapping[str, tuple[str, str]],
    due_on: dt.date,
    places: Mapping[str, Sequence[str]] | None = None,
    partners: str = "",
) -> Inspection:
    """Record what the county or a township found of the three items (item -> verdict, words), once a half-year; open the findings.

    The county inspects by 教育局 and 财政局 together (Linxia 五(一)): ``partners`` says who came along.
    ``places``: item -> keys of :attr:`Users.choices` where the problem is; without, whoever uses the project answers.
    """
    if on > today():
        raise StepRefused("检查日期不能晚于今天。")
    if project.state == ProjectState.CANCELLED:
        raise StepRefused("项目已取消，不用检查。")
    if set(verdicts) != set(InspectionItem.values):
        raise StepRefused("资金使用、项目进展、工程质量三项都要填。")
    year, half = half_of(on)
    level = InspectionLevel.COUNTY if area.level == AreaLevel.COUNTY else InspectionLevel.TOWNSHIP
    made = Inspection(
        project=project, year=year, half=half, level=level, area=area, on=on, by_id=by.id, by_name=by.name, partners=partners,
    )  # fmt: skip
    made.validate_constraints()
    made.save()
    users = users_of(project, area)
    for item in InspectionItem:
        verdict, text = verdicts[item]
        if verdict == Verdict.PROBLEM and not text.strip():
            raise StepRefused(f"“{item.label}”有问题的，请写明情况。")
        result = InspectionResult.objects.create(
            inspection=made, item=item, verdict=verdict, text=text.strip()[:300]
        )
        if verdict == Verdict.PROBLEM:
            _find(by, result, users, (places or {}).get(item, ()), due_on)
    record(by, action="project.inspect", subject=project, changes={str(made): [None, level]})
    return made


def _find(by: Actor, result: InspectionResult, users: Users, chosen: Sequence[str], due_on: dt.date) -> None:
    """Open a finding at each place that was chosen, else at who uses the project."""
    made = result.inspection
    project, own = made.project, made.level == InspectionLevel.TOWNSHIP
    places = users.named(chosen) if chosen else users.usual
    if not places:
        raise StepRefused(
            f"“{result.get_item_display()}”有问题，但项目没有写明项目学校，不知道由谁整改；请选使用的乡镇。"
        )
    for place in places:
        is_area = isinstance(place, Area)
        finding = find(
            by=by, title=f"{project.name}：{result.get_item_display()}{result.text}"[:200], text=result.text, due_on=due_on,
            source=FindingSource.SELF_CHECK if own else FindingSource.SPOT_CHECK, origin=str(made),
            subject=result.subject_at(Users.key_of(place)), url=project.get_absolute_url(),
            **{"area" if is_area else "school": place},
        )  # fmt: skip
        result.findings.add(finding)
