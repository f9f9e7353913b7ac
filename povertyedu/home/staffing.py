"""Teachers on the leaders' dashboard: staff against the standard on the map of townships, ratios, vacancies."""

from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from povertyedu.accounts.access import needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Area, School
from teachers.queries import establishment, need

BANDS = (
    80,
    90,
    100,
)  # per cent of the staff it should have, at which a township leaves red, amber and the lighter blue
BAND_TEXTS = ("<80%", "80—90%", "90—100%", "≥100%")


@needs(P.VIEW_TEACHERS)
@require_GET
def staffing(request):
    """Show a township's staff in per cent of what it should have; part of the dashboard, or a page of its own."""
    schools = School.objects.visible_to(request.user, P.VIEW_TEACHERS).public()
    found = need.school_needs(list(schools.select_related("area").order_by("area_id", "code")), today())
    names = dict(
        Area.objects.filter(level="township").values_list("code", "name")
    )  # everyone: names of places
    townships = [
        each for each in need.by_township([one for one in found if one.stages], names) if each.needed
    ]
    sums, posts = need.summed(found), establishment.totals(schools)
    tiles = [
        (n % 3, n // 3, each.label, share(each), 1 + sum(share(each) >= bound for bound in BANDS), f"{reverse('teachers:need')}?tab=school&township={each.key}")
        for n, each in enumerate(townships)
    ]  # fmt: skip
    context = {
        "crumbs": [("首页", reverse("home:todo")), ("领导驾驶舱", reverse("home:dashboard")), ("教师配备", None)],
        "as_of": f"数据截至 {timezone.localtime():%Y-%m-%d %H:%M}",
        "tiles": tiles, "townships": townships, "sums": sums, "posts": posts, "stages": need.by_stage(found),
        "bands": [{"css": f"band-{number}", "text": text} for number, text in enumerate(BAND_TEXTS, start=1)],
    }  # fmt: skip
    template = "home/_staffing.html" if request.htmx else "home/staffing.html"
    return render(request, template, context)


def share(each: need.NeedSum) -> float:
    """Return staff in per cent of what is needed, to one decimal."""
    return round(each.staff * 100 / each.needed, 1)
