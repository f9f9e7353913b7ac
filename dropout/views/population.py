"""年龄段人口: the denominators of the gross rates, typed per township from the statistics office's table."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from dropout.actions.population import set_figures
from dropout.forms.population import PopulationForm
from dropout.models import PopulationFigure
from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.indicators.definitions import period_of
from povertyedu.orgs.calendar import today
from povertyedu.orgs.enums import AreaLevel
from povertyedu.orgs.models import Area

from .chain import HOME


@needs(P.MANAGE_INDICATORS)
@require_http_methods(["GET", "HEAD", "POST"])
def population(request):
    """Type the people of each age band and township for the school year of today."""
    period = period_of(today())
    townships = list(
        Area.objects.visible_to(request.user, P.MANAGE_INDICATORS).standing().filter(level=AreaLevel.TOWNSHIP)
    )
    known = {
        (figure.band, figure.township_id): figure.people
        for figure in PopulationFigure.objects.visible_to(request.user, P.MANAGE_INDICATORS).filter(
            year=period.year
        )
    }
    form = PopulationForm(request.POST or None, townships=townships, known=known)
    if form.is_bound and form.is_valid():
        count = set_figures(by=actor(request, P.MANAGE_INDICATORS), year=period.year, figures=form.figures())
        messages.success(request, f"已保存，改动 {count} 项；下一次统计起按新的人口数。")
        return redirect("indicators:targets")
    back = reverse("indicators:targets")
    context = {
        "crumbs": [HOME, ("控辍保学", None), ("指标通报", reverse("indicators:list")), ("目标", back), ("年龄段人口", None)],
        "title": "年龄段人口", "note": f"{period.label}，统计部门数", "form": form, "back_url": back,
    }  # fmt: skip
    return render(request, "dropout/form.html", context, status=422 if form.errors else 200)
