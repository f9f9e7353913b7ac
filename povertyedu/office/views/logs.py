"""The two logs, for the audit administrator: what was done, and whose personal data was opened."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.audit.models import AccessEvent, AuditEvent, record
from povertyedu.office import words
from povertyedu.office.forms.logs import AccessFilter, EventFilter
from povertyedu.office.paging import page_of
from povertyedu.workbooks.writing import write_table

from .accounts import XLSX

EXPORT_CAP = 100_000
_WHO = ["时间", "操作人", "角色", "地址"]


def _tabs(active: str):
    return [
        {"text": "操作日志", "url": reverse("office:audit"), "active": active == "events"},
        {"text": "个人信息查阅记录", "url": reverse("office:access_log"), "active": active == "access"},
    ]


@needs(P.VIEW_AUDIT)
def events(request):
    form = EventFilter(request.GET)
    rows = form.narrow(AuditEvent.objects.visible_to(request.user))
    page = page_of(rows, request.GET, order=("id",), newest_first=True)
    context = {
        "form": form,
        "page": page,
        "tabs": _tabs("events"),
        "crumbs": [("系统管理", None), ("操作日志", None)],
    }
    return render(request, "office/events.html", context)


@needs(P.VIEW_AUDIT)
def event(request, pk):
    found = get_object_or_404(AuditEvent.objects.visible_to(request.user), pk=pk)
    context = {
        "event": found,
        "changes": words.differences(found),
        "crumbs": [("操作日志", reverse("office:audit")), (f"第 {found.pk} 条", None)],
    }
    return render(request, "office/event.html", context)


@needs(P.VIEW_AUDIT)
def access_log(request):
    form = AccessFilter(request.GET)
    rows = form.narrow(AccessEvent.objects.visible_to(request.user))
    page = page_of(rows, request.GET, order=("id",), newest_first=True)
    crumbs = [("操作日志", reverse("office:audit")), ("个人信息查阅记录", None)]
    return render(
        request,
        "office/access_log.html",
        {"form": form, "page": page, "tabs": _tabs("access"), "crumbs": crumbs},
    )


@needs(P.VIEW_AUDIT)
@require_POST
def export_events(request):
    form = EventFilter(request.POST)
    rows = form.narrow(AuditEvent.objects.visible_to(request.user))[:EXPORT_CAP]
    lines = (
        [*_who(row), words.action_word(row.action), words.subject_word(row.subject_type), row.subject_label,
         _told(row), row.reason]
        for row in rows.iterator(chunk_size=2000)
    )  # fmt: skip
    return _export(request, "操作日志", [*_WHO, "动作", "对象类型", "对象", "变动", "理由"], lines)


@needs(P.VIEW_AUDIT)
@require_POST
def export_access(request):
    form = AccessFilter(request.POST)
    rows = form.narrow(AccessEvent.objects.visible_to(request.user))[:EXPORT_CAP]
    lines = (
        [*_who(row), row.get_kind_display(), words.subject_word(row.subject_type), row.subject_label,
         row.fields, row.reason]
        for row in rows.iterator(chunk_size=2000)
    )  # fmt: skip
    return _export(request, "个人信息查阅记录", [*_WHO, "方式", "对象类型", "对象", "内容", "理由"], lines)


def _who(row) -> list[str]:
    at = timezone.localtime(row.at)
    return [f"{at:%Y-%m-%d %H:%M:%S}", row.by_name, row.by_role, row.ip]


def _told(row) -> str:
    return "；".join(f"{c['label']}：{c['old'] or '空'} → {c['new'] or '空'}" for c in words.differences(row))


def _export(request, title: str, headings: list[str], lines) -> HttpResponse:
    """Write the rows of the filter, newest first and no more than EXPORT_CAP, and log that it was done."""
    record(
        actor(request, P.VIEW_AUDIT), action="logs.export", subject=request.user, changes={"log": ["", title]}
    )
    response = HttpResponse(content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="{timezone.localdate():%Y%m%d}-log.xlsx"'
    write_table(response, headings, lines, title=title)
    return response
