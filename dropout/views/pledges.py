"""责任状: made out for a year, taken away on paper, brought back signed; who has not signed."""

import io
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dropout.actions import pledge_papers
from dropout.actions import pledges as actions
from dropout.forms import LevelForm, PledgeFilter, SignedForm
from dropout.models import Pledge, PledgeLevel
from dropout.queries import pledges as queries
from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.documents import DOCX
from povertyedu.jobs.tasks import start
from povertyedu.orgs.calendar import today
from povertyedu.ui.listing import PRINTED_AT_MOST
from povertyedu.ui.paging import key_page
from povertyedu.workflow.attempt import attempt

from .chain import HOME
from .sending import send_kept, send_made

AT_ONCE = 50  # papers written while the browser waits; more are a job
NAMES = ("year", "level", "township", "school", "tab")


def crumbs(*more) -> list[tuple]:
    return [HOME, ("控辍保学", None), ("责任状", reverse("dropout:pledges") if more else None), *more]


def year_of(request) -> int:
    """Return ``?year=``, else the present one."""
    asked = request.GET.get("year", "")
    known = asked.isascii() and asked.isdigit() and 2000 <= int(asked[:5]) <= 2199
    return int(asked) if known else today().year


@needs(P.VIEW_CHAINS)
@require_GET
def pledges(request):
    """Show who has signed: the shares by level and place, and the names."""
    user, year = request.user, year_of(request)
    form = PledgeFilter(request.GET, user=user, permission=P.VIEW_CHAINS)
    every, level = _chosen(request, form, year)
    rows = every.filter(level=level) if level else every
    counts = queries.counts_of(rows)
    asked = request.GET.get("tab")
    tab = asked if asked in queries.TABS else "unsigned" if counts["unsigned"] else "signed"
    page, found = _page(request, queries.in_tab(rows, tab))
    shares = queries.by_level(every, user)
    total, signed = sum(share.total for share in shares), sum(share.signed for share in shares)
    context = {
        "crumbs": crumbs(), "year": year, "form": form, "applied": form.in_force(), "level": level,
        "keep": {"year": year, "level": level.pk if level else "", "tab": tab},
        "years": [{"text": f"{each}年", "url": f"?year={each}", "active": each == year} for each in (today().year - 1, today().year)],
        "figures": _figures(total, signed), "shares": [(share, _query(request, **_of(share))) for share in shares],
        "townships": [(share, _query(request, **_of(share))) for share in queries.by_township(rows)],
        "schools": [(share, _query(request, **_of(share))) for share in queries.by_school(rows)][:30],
        "tab": tab, "tab_word": queries.TABS[tab], "rows": found, "page": page, "printing": "print" in request.GET,
        "tabs": [
            {"text": text, "count": counts[name], "bad": name == "unsigned" and counts[name] > 0, "active": name == tab,
             "url": f"?{_query(request, tab=name)}"}
            for name, text in queries.TABS.items()
        ],
        "has_levels": bool(shares), "has_any": total > 0, "may_keep": user.can(P.KEEP_PLEDGES), "may_set": user.can(P.MANAGE_CHAINS),
        "previous_url": page and page.previous and f"?{_query(request, before=page.previous)}",
        "next_url": page and page.following and f"?{_query(request, after=page.following)}",
        "print_url": f"?{_query(request, tab=tab)}&print=1", "zip_url": f"{reverse('dropout:pledges_zip')}?{_query(request)}",
    }  # fmt: skip
    return render(request, "dropout/pledges/list.html", context)


def _of(share) -> dict:
    name, _, key = share.url.partition("=")
    return {name: key} if name else {}


def _chosen(request, form, year: int):
    """Return the pledges of the year within scope and filter, and the level of the address."""
    rows = Pledge.objects.visible_to(request.user, P.VIEW_CHAINS).filter(year=year)
    if township := form.wanted.get("township"):
        rows = rows.with_township().filter(township__in=township.scope.areas)
    if school := form.wanted.get("school"):
        rows = rows.with_township().filter(school_key=school.pk)
    levels = PledgeLevel.objects.visible_to(request.user, P.VIEW_CHAINS)
    return rows, next((each for each in levels if str(each.pk) == request.GET.get("level")), None)


def _page(request, rows):
    rows = rows.with_unit()
    if "print" in request.GET:
        return None, list(rows.order_by("level__position", "pk")[:PRINTED_AT_MOST])
    page = key_page(rows, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    return page, page.rows


def _query(request, **changes) -> str:
    kept = {name: value for name in NAMES if (value := request.GET.get(name))} | changes
    return urlencode({name: value for name, value in kept.items() if value})


def _figures(total: int, signed: int) -> list[dict]:
    rest = total - signed
    share = f"{signed * 100 / total:.1f}%" if total else "—"
    return [
        {"label": "应签", "value": f"{total:,}", "unit": "份"},
        {"label": "已签", "value": f"{signed:,}", "unit": "份"},
        {"label": "没有签", "value": f"{rest:,}", "unit": "份", "s": "bad" if rest else "ok"},
        {"label": "签订率", "value": share},
    ]


@needs(P.MANAGE_CHAINS)
@require_POST
def make_out(request):
    """Make out the year's pledges; again changes only what changed."""
    year = year_of(request)
    try:
        made = actions.make_out(by=actor(request, P.MANAGE_CHAINS), year=year)
    except ValidationError as refusal:
        messages.error(request, "".join(refusal.messages))
    else:
        told = f"新生成 {made['new']} 份，换人重签 {made['again']} 份，更新签订人 {made['named']} 份。"
        messages.success(request, told if any(made.values()) else "都已生成，没有变化。")
    return redirect(f"{reverse('dropout:pledges')}?year={year}")


@needs(P.VIEW_CHAINS)
@require_GET
def pledges_zip(request):
    """Hand over the papers of a layer as one zip; many are written by a job."""
    year = year_of(request)
    form = PledgeFilter(request.GET, user=request.user, permission=P.VIEW_CHAINS)
    rows, level = _chosen(request, form, year)
    rows = (rows.filter(level=level) if level else rows).current()
    name = f"{year}年责任状_{level.label if level else '全部层级'}.zip"
    count = rows.order_by().values("pk")[: AT_ONCE + 1].count()
    if not count:
        messages.info(request, "没有可下载的责任状；请先生成。")
        return redirect(f"{reverse('dropout:pledges')}?year={year}")
    if count <= AT_ONCE:
        out = io.BytesIO()
        pledge_papers.write_zip(out, rows)
        return send_made(name, out.getvalue(), "application/zip")
    job = start(
        "dropout.pledges", label=f"生成{name}", by=request.user, url=reverse("inbox:list"),
        arguments={"year": year, "level": level.pk if level else None, "name": name},
    )  # fmt: skip
    messages.success(request, "份数较多，已转入后台生成，可以离开本页；完成后到“消息”里下载。")
    return redirect("jobs:detail", job.pk)


def _seen(request, pk, permission: str) -> Pledge:
    return get_object_or_404(Pledge.objects.visible_to(request.user, permission).with_unit(), pk=pk)


@needs(P.VIEW_CHAINS)
@require_GET
def pledge_docx(request, pk):
    """Hand over one pledge as .docx, to be printed and signed."""
    pledge = _seen(request, pk, P.VIEW_CHAINS)
    return send_made(pledge_papers.file_name(pledge), pledge_papers.paper_of(pledge), DOCX)


@needs(P.VIEW_CHAINS)
@require_GET
def pledge_file(request, pk):
    """Send the signed paper."""
    pledge = _seen(request, pk, P.VIEW_CHAINS)
    return send_kept(request, pledge.file, permission=P.VIEW_CHAINS, subject=pledge, what="签订后的责任状")


@needs(P.KEEP_PLEDGES)
@require_http_methods(["GET", "HEAD", "POST"])
def pledge_sign(request, pk):
    """Bring the signed paper in."""
    pledge = _seen(request, pk, P.KEEP_PLEDGES)
    form = SignedForm(
        request.POST or None, request.FILES or None, initial={"signer_name": pledge.signer_name, "signed_on": today()}
    )  # fmt: skip
    back = f"{reverse('dropout:pledges')}?year={pledge.year}"
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        done = attempt(
            form, actions.keep_signed, by=actor(request, P.KEEP_PLEDGES), pledge=pledge, signer_name=data["signer_name"],
            signed_on=data["signed_on"], upload=data["scan"], owner=request.user,
        )  # fmt: skip
        if done:
            messages.success(request, f"{pledge.unit_name}的责任状已登记签订。")
            return redirect(back)
    context = {
        "crumbs": crumbs((pledge.unit_name, None)), "title": "登记签订的责任状", "note": str(pledge), "form": form,
        "button": "上传并登记", "back_url": back, "multipart": True,
    }  # fmt: skip
    return render(request, "dropout/upload_form.html", context, status=422 if form.errors else 200)


@needs(P.VIEW_CHAINS)
@require_GET
def levels(request):
    """List the county's levels of pledges."""
    rows = PledgeLevel.objects.visible_to(request.user, P.VIEW_CHAINS).select_related("link")
    context = {
        "crumbs": crumbs(("责任状层级", None)),
        "rows": rows,
        "may_set": request.user.can(P.MANAGE_CHAINS),
    }
    return render(request, "dropout/pledges/levels.html", context)


@needs(P.MANAGE_CHAINS)
@require_POST
def levels_take(request):
    """Take the usual five levels."""
    made = actions.take_usual_levels(by=actor(request, P.MANAGE_CHAINS))
    messages.success(request, f"已设 {len(made)} 个层级。" if made else "这些层级都已经有了。")
    return redirect("dropout:pledge_levels")


@needs(P.MANAGE_CHAINS)
@require_http_methods(["GET", "HEAD", "POST"])
def level_edit(request, pk=None):
    """Change a level, or add one."""
    seen = PledgeLevel.objects.visible_to(request.user, P.MANAGE_CHAINS)
    level = get_object_or_404(seen, pk=pk) if pk else None
    initial = {name: getattr(level, name) for name in ("label", "position", "duties", "link", "is_active")} if level else {
        "is_active": True, "position": seen.count() + 1,
    }  # fmt: skip
    form = LevelForm(request.POST or None, initial=initial, level=level)
    if form.is_bound and form.is_valid():
        by = actor(request, P.MANAGE_CHAINS)
        if attempt(form, actions.set_level, by=by, level=level or PledgeLevel(), **form.cleaned_data):
            messages.success(request, "层级已保存；重新生成以后，还没有签的责任状按新的层级。")
            return redirect("dropout:pledge_levels")
    title = f"修改层级：{level.label}" if level else "添加责任状层级"
    context = {
        "crumbs": crumbs(("责任状层级", reverse("dropout:pledge_levels")), (title, None)), "title": title, "form": form,
        "back_url": reverse("dropout:pledge_levels"),
    }  # fmt: skip
    return render(request, "dropout/form.html", context, status=422 if form.errors else 200)
