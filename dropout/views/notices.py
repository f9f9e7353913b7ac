"""入学通知书: for the children who enter primary-1 and junior-1, delivered and returned, school by school."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from dropout.actions import care as actions
from dropout.actions.notice_papers import paper_of
from dropout.forms import PlaceFilter, TrackForm
from dropout.models import EntryNotice
from dropout.queries.entrants import terms_of
from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.audit.models import record_access
from povertyedu.documents import DOCX
from povertyedu.orgs.calendar import today
from students.models import Enrolment
from students.queries import area_names

from .pledges import year_of
from .sending import send_made
from .tables import cell, crumbs, heads, paged, query_of, row, table_page

TITLE, NAME = "入学通知书", "dropout:notices"
KEPT = ("year", "township", "school", "tab")
PAPERS = 500  # notices in one document


def _tabs(rows, arrived: bool) -> dict:
    found = {
        "undelivered": ("没有送达", rows.filter(delivered_on=None)),
        "delivered": ("送达没有回执", rows.filter(delivered_on__isnull=False, returned_on=None)),
        "returned": ("已回执", rows.exclude(returned_on=None)),
    }
    return found | ({"not_come": ("没有报到", rows.filter(arrived=False))} if arrived else {})


def _chosen(request, permission: str):
    year = year_of(request)
    form = PlaceFilter(request.GET, user=request.user, permission=permission)
    rows = EntryNotice.objects.visible_to(request.user, permission).filter(year=year)
    if township := form.wanted.get("township"):
        rows = rows.filter(township.scope.area_q("school_area") | township.scope.area_q("home_area"))
    if school := form.wanted.get("school"):
        rows = rows.filter(school=school)
    _, autumn = terms_of(year)
    begun = autumn is not None and autumn.starts_on <= today()
    return year, form, rows.with_arrival(autumn) if begun else rows, begun


@needs(P.VIEW_CASES)
@require_GET
def notices(request):
    """List the notices of a year: not delivered first; by school how many are delivered, returned and have come."""
    year, form, rows, begun = _chosen(request, P.VIEW_CASES)
    tabs = _tabs(rows, begun)
    tab = request.GET.get("tab") if request.GET.get("tab") in tabs else "undelivered"
    page = paged(request, tabs[tab][1].select_related("student", "school").order_by("pk"), *KEPT)
    homes = area_names(each.home_area for each in page["found"])
    may, total = request.user.can(P.KEEP_CALENDAR), rows.count()
    query = query_of(request, *KEPT)
    lines = [
        row(each.student.name, each.get_stage_display(), str(each.school or "待定"), each.guardian, homes.get(each.home_area, ""), f"{each.delivered_on} {each.delivered_by}" if each.delivered_on else "", str(each.returned_on or ""), key=each.pk)
        for each in page["found"]
    ]  # fmt: skip
    return table_page(
        request, title=TITLE, crumbs=crumbs(TITLE, NAME), note=f"{year}年秋季入学", filter_form=form, applied=form.in_force(), keep={"year": year, "tab": tab},
        segments=[{"text": f"{each}年", "url": f"?year={each}", "active": each == year} for each in (today().year - 1, today().year)],
        buttons=[("下载通知书", f"{reverse('dropout:notices_docx')}?{query}")] if total and may else [],
        posts=[("生成通知书", f"{reverse('dropout:notices_make')}?year={year}")] if may else [],
        figures=[{"label": "应送", "value": f"{total:,}", "unit": "份"}, *({"label": text, "value": f"{found.count():,}", "unit": "份", "s": "bad" if name in ("undelivered", "not_come") and found.exists() else ""} for name, (text, found) in tabs.items())],
        panels=[{"name": "schools", "title": "各校", "heads": heads("学校", "应送#", "送达#", "回执#"), "rows": _by_school(rows), "empty": "还没有生成。"}],
        tabs=[{"text": text, "url": f"?{query_of(request, *KEPT, tab=name)}", "active": name == tab, "count": found.count()} for name, (text, found) in tabs.items()],
        heads=heads("姓名", "入学", "学校", "监护人", "户籍地", "送达", "回执"), rows=lines,
        picking={"url": f"{reverse('dropout:notices_track')}?{query}", "form": TrackForm(), "buttons": [("delivered", "勾选的已送达"), ("returned", "勾选的有回执")]} if may and lines and not page.get("printing") else None,
        empty={"title": "没有这样的通知书", "text": "在上学期六年级、幼儿园大班和本学期一年级、七年级的学生里生成；请点“生成通知书”，或换上面的标签。"}, **page,
    )  # fmt: skip


def _by_school(rows) -> list[dict]:
    counted = rows.order_by().values("school", "school__name").annotate(
        total=Count("pk"), delivered=Count("pk", filter=Q(delivered_on__isnull=False)), returned=Count("pk", filter=Q(returned_on__isnull=False))
    )  # fmt: skip
    found = sorted(counted, key=lambda each: (each["delivered"] - each["total"], each["school__name"] or ""))
    return [
        row(cell(each["school__name"] or "学校待定", url=f"?school={each['school']}" if each["school"] else ""), each["total"], each["delivered"], each["returned"], problem=each["delivered"] < each["total"])
        for each in found
    ]  # fmt: skip


@needs(P.KEEP_CALENDAR)
@require_POST
def notices_make(request):
    """Make the notices of a year for the children that the user keeps the calendar for."""
    year = year_of(request)
    seen = Enrolment.objects.visible_to(request.user, P.KEEP_CALENDAR)
    made = actions.make_notices(by=actor(request, P.KEEP_CALENDAR), year=year, enrolments=seen)
    messages.success(
        request,
        f"新生成 {made} 份通知书。" if made else "没有新的：该入学的都已生成，或还没有上学期的学生名单。",
    )
    return redirect(f"{reverse(NAME)}?year={year}")


@needs(P.KEEP_CALENDAR)
@require_POST
def notices_track(request):
    """Mark the ticked notices as delivered, or their receipts as returned."""
    ticked = [
        each for each in request.POST.getlist("pick") if each.isascii() and each.isdigit() and len(each) < 19
    ]
    rows = EntryNotice.objects.visible_to(request.user, P.KEEP_CALENDAR).filter(pk__in=ticked)
    form = TrackForm(request.POST)
    if not form.is_valid() or not ticked:
        messages.error(request, "请勾选通知书，并填写日期（如 2026-08-20）。")
    else:
        try:
            done = actions.track_notices(
                by=actor(request, P.KEEP_CALENDAR),
                notices=rows,
                on=form.cleaned_data["on"],
                returned=request.POST.get("do") == "returned",
            )
        except ValidationError as refusal:
            messages.error(request, "".join(refusal.messages))
        else:
            messages.success(request, f"已登记 {done} 份。")
    return redirect(f"{reverse(NAME)}?{query_of(request, *KEPT)}")


@needs(P.KEEP_CALENDAR)
@require_GET
def notices_docx(request):
    """Hand over the notices of the filter as one document, a page each."""
    year, _, rows, begun = _chosen(request, P.KEEP_CALENDAR)
    tabs = _tabs(rows, begun)
    rows = tabs[request.GET["tab"]][1] if request.GET.get("tab") in tabs else rows
    found = list(rows.select_related("student", "school").order_by("school", "pk")[: PAPERS + 1])
    if not found or len(found) > PAPERS:
        messages.info(
            request, f"一次最多 {PAPERS} 份，现在有 {'更多' if found else '0'} 份；请先按学校筛选。"
        )
        return redirect(f"{reverse(NAME)}?{query_of(request, *KEPT)}")
    by = actor(request, P.KEEP_CALENDAR)
    record_access(
        by, kind="download", subject=found[0], fields=f"入学通知书 {len(found)} 份", reason="打印入学通知书"
    )
    return send_made(f"{year}年入学通知书.docx", paper_of(found, year), DOCX)
