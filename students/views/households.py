"""建档立卡户: found by number or head, and who belongs to one."""

from urllib.parse import urlencode

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from povertyedu.accounts.access import needs
from povertyedu.accounts.permissions import Permission as P
from students.forms.households import HouseholdFilterForm
from students.models import Household
from students.queries import households as queries
from students.queries.pages import key_page


@needs(P.VIEW_HOUSEHOLDS)
@require_http_methods(["GET", "HEAD", "POST"])
def households(request):
    """List the households of the filter; what is typed (POST) becomes a household or an address without a number."""
    if request.method == "POST":
        return _sent_on(request)
    form = HouseholdFilterForm(request.GET, townships=queries.townships_of(request.user))
    valid = form.is_valid()
    wanted = form.cleaned_data | {"head": form.cleaned_data.get("q")}
    rows = queries.households_in(wanted, user=request.user)
    rows = rows if valid else rows.none()  # a filter that is not valid matches nothing, never everything
    page = key_page(rows, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    sizes = queries.sizes_of([row.pk for row in page.rows])
    context = {
        "crumbs": [("首页", reverse("home:todo")), ("建档立卡户", None)],
        "form": form,
        "applied": "；".join(form.in_force()) if valid else "",
        "page": page,
        "rows": [(row, sizes.get(row.pk, 0)) for row in page.rows],
        "previous_url": page.previous and _address(request, before=page.previous),
        "next_url": page.following and _address(request, after=page.following),
    }
    return render(request, "students/households/list.html", context)


@needs(P.VIEW_HOUSEHOLDS)
@require_GET
def household(request, pk):
    """One household with everybody the lists put into it."""
    seen = Household.objects.visible_to(request.user, P.VIEW_HOUSEHOLDS).select_related("area__parent")
    found = get_object_or_404(seen, pk=pk)
    members = queries.members_of(found, user=request.user)
    context = {
        "crumbs": [
            ("首页", reverse("home:todo")),
            ("建档立卡户", reverse("students:households")),
            (str(found), None),
        ],
        "household": found,
        "members": members,
        "children": sum(member.in_registry for member in members),
    }
    return render(request, "students/households/detail.html", context)


def _sent_on(request):
    typed = "".join(request.POST.get("q", "")[:60].split())
    names = ("township", "village", "exit_status")
    kept = {name: request.POST[name] for name in names if request.POST.get(name)}
    if not kept.get("village", "").startswith(kept.get("township", "-")):
        kept.pop("village", None)  # that of the township chosen before
    if typed.isascii() and any(character.isdigit() for character in typed):
        found = Household.objects.visible_to(request.user, P.VIEW_HOUSEHOLDS).filter(number=typed).first()
        if found:
            return redirect("students:household", found.pk)
        messages.warning(request, "管辖范围内没有这个户编号；请照名单核对完整的户编号。")
        return redirect(f"{reverse('students:households')}?{urlencode(kept)}")
    return redirect(f"{reverse('students:households')}?{urlencode(kept | ({'q': typed} if typed else {}))}")


def _address(request, **changes) -> str:
    kept = {k: v for k, v in request.GET.items() if k not in ("after", "before") and v}
    return f"?{urlencode(kept | changes)}"
