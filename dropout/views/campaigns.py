"""集中宣传 in February and August: planned and held by school and township, with photos; who has not."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from dropout.actions import school_duties as actions
from dropout.enums import CAMPAIGN_MONTHS
from dropout.forms import CampaignHeldForm, CampaignPlanForm, PhotoForm
from dropout.models import Campaign, CampaignPhoto
from dropout.queries.duty_places import COMPULSORY
from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.calendar import today
from povertyedu.orgs.enums import AreaLevel
from povertyedu.orgs.models import Area, School
from povertyedu.workflow.attempt import attempt

from .pledges import year_of
from .sending import send_kept
from .tables import cell, crumbs, heads, paged, query_of, row, table_page

TITLE, NAME = "集中宣传", "dropout:campaigns"
TABS = {"missing": "没有开展", "held": "已开展"}


def _places(user, permission: str):
    """Return the schools and the townships where ``user`` has ``permission``."""
    schools = School.objects.visible_to(user, permission).filter(is_open=True)
    schools = schools.filter(pk__in=schools.filter(stage_set__stage__in=COMPULSORY).values("pk"))
    towns = Area.objects.visible_to(user, permission).standing().filter(level=AreaLevel.TOWNSHIP)
    return schools, towns


def _month(request) -> int:
    asked = request.GET.get("month")
    return int(asked) if asked in map(str, CAMPAIGN_MONTHS) else 2 if today().month < 8 else 8


@needs(P.VIEW_CASES)
@require_GET
def campaigns(request):
    """Show who has told families, whom it reached, and who is missing."""
    user, year, month = request.user, year_of(request), _month(request)
    rows = Campaign.objects.visible_to(user, P.VIEW_CASES).filter(year=year, month=month)
    held = rows.exclude(held_on=None)
    schools, towns = _places(user, P.VIEW_CASES)
    no_school = schools.exclude(pk__in=held.filter(school__isnull=False).values("school"))
    no_town = towns.exclude(pk__in=held.filter(area__isnull=False).values("area"))
    tab = request.GET.get("tab") if request.GET.get("tab") in TABS else "missing"
    counts = {"missing": no_school.count() + no_town.count(), "held": held.count()}
    common = {
        "title": TITLE, "crumbs": crumbs(TITLE, NAME), "note": f"{year}年{month}月", "figures": _figures(counts),
        "segments": [
            {"text": f"{y}年{m}月", "url": f"?year={y}&month={m}", "active": (y, m) == (year, month)} for y in (today().year - 1, today().year) for m in CAMPAIGN_MONTHS
        ],
        "tabs": [{"text": text, "count": counts[name], "bad": name == "missing" and counts[name] > 0, "active": name == tab, "url": f"?{query_of(request, 'year', 'month', tab=name)}"} for name, text in TABS.items()],
    }  # fmt: skip
    if tab == "held":
        page = paged(request, held.select_related("school", "area").order_by("pk"), "year", "month", "tab")
        return table_page(
            request, heads=heads("单位", "开展日期", "到村#", "到户#", "到班#", "到人#"), rows=[_held(each) for each in page["found"]],
            empty={"title": "还没有开展的", "text": "开展以后登记到了哪里、多少人，附照片。"}, **common, **page,
        )  # fmt: skip
    own_schools, own_towns = (
        _places(user, P.KEEP_CALENDAR)
        if user.can(P.KEEP_CALENDAR)
        else (School.objects.none(), Area.objects.none())
    )
    own = {*own_schools.values_list("pk", flat=True), *own_towns.values_list("pk", flat=True)}
    planned = {each.school_id or each.area_id: each for each in rows.filter(held_on=None)}
    places = [*no_town.order_by("pk")[:500], *no_school.order_by("pk")[:1500]]
    return table_page(
        request, heads=heads("单位", "计划", "办理~"), rows=[_missing(each, planned.get(each.pk), each.pk in own, year, month) for each in places],
        empty={"title": "都已开展", "text": "范围内的学校、乡镇都登记了这一次宣传。"}, **common,
    )  # fmt: skip


def _figures(counts: dict[str, int]) -> list[dict]:
    missing = counts["missing"]
    return [
        {"label": "应开展", "value": missing + counts["held"], "unit": "个单位"}, {"label": "已开展", "value": counts["held"], "unit": "个"},
        {"label": "没有开展", "value": missing, "unit": "个", "s": "bad" if missing else "ok"},
    ]  # fmt: skip


def _held(one: Campaign) -> dict:
    return row(
        cell(one.place, url=reverse("dropout:campaign", args=[one.pk])),
        str(one.held_on),
        one.villages,
        one.households,
        one.classes,
        one.people,
    )


def _missing(place, planned: Campaign | None, own: bool, year: int, month: int) -> dict:
    kind = "school" if isinstance(place, School) else "area"
    plan = f"{reverse('dropout:campaign_plan')}?{kind}={place.pk}&year={year}&month={month}"
    link = cell(screen=True)
    if planned:
        link = cell(
            "登记开展",
            url=reverse("dropout:campaign", args=[planned.pk]),
            label=f"登记{place}的宣传",
            screen=True,
        )
    elif own:
        link = cell("做计划", url=plan, label=f"给{place}做计划", screen=True)
    return row(
        str(place),
        cell(f"{planned.planned_on} {planned.plan}" if planned else "", wordy=True),
        link,
        problem=not planned,
    )


@needs(P.KEEP_CALENDAR)
@require_http_methods(["GET", "HEAD", "POST"])
def campaign_plan(request):
    """Plan a campaign of ``?school=`` or ``?area=``."""
    schools, towns = _places(request.user, P.KEEP_CALENDAR)
    asked, area = request.GET.get("school", ""), request.GET.get("area", "")
    known = asked.isascii() and asked.isdigit() and len(asked) < 19
    place = schools.filter(pk=asked).first() if known else towns.filter(pk=area).first()
    if place is None:
        messages.info(request, "请先在名单里选择学校或乡镇，再做计划。")
        return redirect(NAME)
    year = year_of(request)
    form = CampaignPlanForm(request.POST or None, initial={"month": _month(request), "planned_on": today()})
    if form.is_bound and form.is_valid():
        made = attempt(
            form,
            actions.plan_campaign,
            by=actor(request, P.KEEP_CALENDAR),
            place=place,
            year=year,
            **form.cleaned_data,
        )
        if made:
            messages.success(request, "计划已保存；开展以后在这里登记，附照片。")
            return redirect("dropout:campaign", made.pk)
    context = {
        "crumbs": crumbs(TITLE, NAME, (str(place), None)),
        "title": f"{year}年宣传计划：{place}",
        "form": form,
        "back_url": reverse(NAME),
    }
    return render(request, "dropout/form.html", context, status=422 if form.errors else 200)


@needs(P.VIEW_CASES)
@require_http_methods(["GET", "HEAD", "POST"])
def campaign(request, pk):
    """One campaign: plan, whom it reached, photos; whoever keeps it tells and adds."""
    seen = Campaign.objects.visible_to(request.user, P.VIEW_CASES).select_related("school", "area")
    found = get_object_or_404(seen, pk=pk)
    own = (
        request.user.can(P.KEEP_CALENDAR)
        and Campaign.objects.visible_to(request.user, P.KEEP_CALENDAR).filter(pk=pk).exists()
    )
    if request.method == "POST" and not own:
        raise Http404
    adding, by = "token" in request.POST, actor(request, P.KEEP_CALENDAR)
    names = ("held_on", "villages", "households", "classes", "people", "note")
    held = CampaignHeldForm(
        request.POST if request.method == "POST" and not adding else None,
        initial={name: getattr(found, name) for name in names} | {"held_on": found.held_on or today()},
    )
    photo = PhotoForm(request.POST if adding else None, request.FILES if adding else None, auto_id="photo_%s")
    if _has_told(request, found, by, held) or _has_added(request, found, by, photo):
        return redirect("dropout:campaign", pk)
    files = [
        {"url": reverse("dropout:campaign_photo", args=[each.pk]), "name": each.file.name, "size": each.file.size, "at": each.at}
        for each in found.photos.select_related("file")
    ]  # fmt: skip
    context = {
        "crumbs": crumbs(TITLE, NAME, (str(found.place), None)), "it": found, "held": held if own else None, "photo": photo if own else None,
        "files": files, "back_url": reverse(NAME),
    }  # fmt: skip
    return render(
        request, "dropout/records/campaign.html", context, status=422 if held.errors or photo.errors else 200
    )


def _has_told(request, found: Campaign, by, form) -> bool:
    """Whether the form said how the campaign was held."""
    if not (form.is_bound and form.is_valid()):
        return False
    done = attempt(form, actions.hold_campaign, by=by, campaign=found, **form.cleaned_data)
    if done:
        messages.success(request, "已登记开展情况。")
    return bool(done)


def _has_added(request, found: Campaign, by, form) -> bool:
    """Whether the form brought a photo."""
    if not (form.is_bound and form.is_valid()):
        return False
    data = form.cleaned_data
    sent = {"upload": data["scan"], "token": data["token"], "owner": request.user}
    done = attempt(form, actions.add_photo, by=by, campaign=found, **sent)
    if done:
        messages.success(request, "照片已保存。")
    return bool(done)


@needs(P.VIEW_CASES)
@require_GET
def campaign_photo(request, pk):
    """Send a photo."""
    seen = Campaign.objects.visible_to(request.user, P.VIEW_CASES)
    photo = get_object_or_404(
        CampaignPhoto.objects.select_related("file", "campaign"), pk=pk, campaign__in=seen
    )
    return send_kept(request, photo.file, permission=P.VIEW_CASES, subject=photo.campaign, what="宣传照片")
