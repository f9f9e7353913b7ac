"""考核汇总: what each township and school was told of, what it put right and when, and which targets it reached."""

from dataclasses import dataclass

from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from povertyedu.accounts.access import needs
from povertyedu.accounts.filters import TownshipFilter
from povertyedu.accounts.permissions import Permission as P
from povertyedu.findings.models import Finding
from povertyedu.findings.queries import counts_by_place
from povertyedu.indicators.definitions import definitions, period_of
from povertyedu.indicators.models import IndicatorNotice, SnapshotRow
from povertyedu.indicators.queries import newest_of, notices_by_place, targets_by_place
from povertyedu.orgs.calendar import today
from povertyedu.orgs.enums import AreaLevel
from povertyedu.orgs.models import Area, School

COLUMNS = ("reached", "missed", "notices", "unanswered", "total", "open", "overdue", "closed", "closed_late")


@dataclass(frozen=True)
class Appraised:
    """One place and its counts."""

    name: str
    kind: str
    counts: dict[str, int]

    @property
    def cells(self) -> list[int]:
        return [self.counts.get(name, 0) for name in COLUMNS]

    @property
    def says_anything(self) -> bool:
        return any(self.cells)


@needs(P.VIEW_FINDINGS)
@require_GET
def appraisal(request):
    """Show the counts of the school year of today, place by place; queries do not grow with the places."""
    form = TownshipFilter(request.GET, user=request.user, permission=P.VIEW_FINDINGS)
    rows = [row for row in _appraised(request.user, form.wanted.get("township")) if row.says_anything]
    context = {
        "crumbs": [
            ("首页", "/"),
            ("控辍保学", None),
            ("指标通报", reverse("indicators:list")),
            ("考核汇总", None),
        ],
        "form": form,
        "applied": form.in_force(),
        "rows": rows,
        "sums": [sum(column) for column in zip(*(row.cells for row in rows), strict=True)],
        "period": period_of(today()),
    }
    return render(request, "home/appraisal.html", context)


def _appraised(user, township: Area | None) -> list[Appraised]:
    period = period_of(today())
    areas = Area.objects.visible_to(user, P.VIEW_FINDINGS).filter(level=AreaLevel.TOWNSHIP, closed_on=None)
    schools = (
        School.objects.visible_to(user, P.VIEW_FINDINGS).filter(is_open=True).order_by("area_id", "code")
    )
    if township:
        areas, schools = areas.filter(code=township.code), schools.filter(township.scope.area_q("area_id"))
    findings = Finding.objects.visible_to(user, P.VIEW_FINDINGS).filter(found_on__gte=period.starts_on)
    notices = IndicatorNotice.objects.visible_to(user, P.VIEW_INDICATORS).filter(
        issued_on__gte=period.starts_on
    )
    snapshots = [found for code in definitions() if (found := newest_of(code, period.year))]
    found, told = counts_by_place(findings), notices_by_place(notices)
    targets = targets_by_place(SnapshotRow.objects.visible_to(user, P.VIEW_INDICATORS), snapshots)

    def counts(key) -> dict[str, int]:
        reached, missed = targets.get(key, (0, 0))
        return found.get(key, {}) | told.get(key, {}) | {"reached": reached, "missed": missed}

    return [
        *(Appraised(area.name, "乡镇", counts(("area", area.code))) for area in areas.order_by("code")),
        *(Appraised(school.name, "学校", counts(("school", school.pk))) for school in schools),
    ]
