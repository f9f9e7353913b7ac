"""A child's 变更记录, and the record as it was on a day."""

import datetime as dt

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import resolve, reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from povertyedu.accounts.access import needs
from povertyedu.accounts.permissions import Permission as P
from students.chronicle import Chronicle, Then, kept_since
from students.facts import all_facts, shown
from students.forms.history import AsOfForm
from students.history import KINDS, page_of
from students.models import Enrolment, Student
from students.numbers import NUMBERS
from students.queries import area_names, in_charge


@needs(P.VIEW_STUDENTS)
@require_GET
def student_history(request, pk):
    """All that was done to the record, newest first; for whoever holds the child now."""
    student = get_object_or_404(Student.objects.visible_to(request.user, P.VIEW_STUDENTS), pk=pk)
    if student.merged_into_id:
        return redirect("students:history", student.merged_into_id)
    if not in_charge(student, user=request.user, permission=P.VIEW_STUDENTS):
        raise PermissionDenied
    kind = request.GET.get("kind", "")
    kind = kind if kind in KINDS else ""
    before = _moment(request.GET.get("before", ""))
    page = page_of(student, kind=kind, before=before)
    tabs = [("", "全部"), *((name, label) for name, (label, _) in KINDS.items())]
    older = urlencode({"kind": kind, "before": page.older} if kind else {"before": page.older})
    context = {
        "crumbs": _crumbs(student, "变更记录"),
        "student": student,
        "rows": [{"it": entry, "url": entry.url if _opens(request.user, entry.url) else ""} for entry in page.entries],
        "tabs": [{"text": label, "url": f"?kind={name}", "active": name == kind} for name, label in tabs],
        "total": page.total,
        "newest_url": f"?kind={kind}" if before else "",
        "older_url": f"?{older}" if page.older else "",
        "as_of_form": AsOfForm(),
        "since": kept_since(),
    }  # fmt: skip
    return render(request, "students/history.html", context)


def as_it_was(student: Student, data) -> tuple[Then | None, AsOfForm]:
    """Return the record as it was at the end of the day ``data`` names; None with the reason on the form."""
    form = AsOfForm(data)
    if not form.is_valid():
        return None, form
    day = form.cleaned_data["as_of"]
    opened, since = timezone.localtime(student.created_at).date(), kept_since()
    first_day = timezone.localtime(since).date() if since else dt.date.min
    then = None
    if opened <= day and first_day <= day:
        midnight = dt.datetime.combine(day + dt.timedelta(days=1), dt.time())
        then = Chronicle(student).back_to(timezone.make_aware(midnight))
    if day < first_day and opened < first_day:
        told = f"系统从 {first_day} 起保存变更前的内容，{day} 的档案无法还原，只能看变更记录。"
        form.add_error("as_of", told)
    elif then is None:
        form.add_error("as_of", f"该生的档案 {opened} 才建立，{day} 还没有档案。")
    return then, form


def past_context(user, then: Then, *, code: str, shows_birth: bool) -> dict | None:
    """Return what the child's page shows of a record as it was; None where ``user`` sees no term of it."""
    student = then.student
    seen = set(
        Enrolment.objects.visible_to(user, P.VIEW_STUDENTS)
        .filter(pk__in=[row.pk for row in then.enrolments])
        .values_list("pk", flat=True)
    )
    rows = [row for row in then.enrolments if row.pk in seen]
    rows.sort(key=lambda row: row.term.starts_on, reverse=True)
    enrolment = next((row for row in rows if row.term_id == code), None if code else next(iter(rows), None))
    if enrolment is None:
        return None
    numbers = {
        name: {"label": number.label, "masked": number.masked_of(student), "url": ""}
        for name, number in NUMBERS.items()
        if number.read(student)
    }
    return {
        "crumbs": _crumbs(student, "以前的档案"),
        "student": student,
        "enrolment": enrolment,
        "enrolments": rows,
        "holds": True,
        "home_name": area_names([enrolment.home_area]).get(enrolment.home_area, ""),
        "numbers": numbers,
        "shows_birth": shows_birth,
        "other_facts": shown(enrolment.facts, all_facts()),
        "hardships": then.hardships,
    }


def _crumbs(student: Student, here: str) -> list:
    return [
        ("首页", reverse("home:todo")),
        ("学生管理", reverse("students:list")),
        (student.name, reverse("students:detail", args=[student.pk])),
        (here, None),
    ]


def _moment(text: str) -> dt.datetime | None:
    """Return the moment that a page's address names; somebody's own address shows the first page."""
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found and timezone.is_aware(found) else None


def _opens(user, url: str) -> bool:
    """Whether ``user`` may open ``url`` at all."""
    if not url:
        return False
    permissions = getattr(resolve(url).func, "permissions", ())
    return not permissions or any(user.can(permission) for permission in permissions)
