from django.contrib import messages
from django.db.models import Count
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.office.actions.records import store
from povertyedu.office.forms.orgs import AreaFilter, AreaForm
from povertyedu.office.paging import page_of
from povertyedu.orgs.models import Area

from .attempt import attempt


@needs(P.MANAGE_ORGS)
def areas(request):
    form = AreaFilter(request.GET, user=request.user)
    rows = form.narrow(Area.objects.visible_to(request.user, P.MANAGE_ORGS)).select_related("parent")
    rows = rows.annotate(below=Count("children", distinct=True), school_count=Count("schools", distinct=True))
    page = page_of(rows, request.GET, order=("code",), unit="个区划")
    crumbs = [("系统管理", None), ("行政区划", None)]
    return render(request, "office/areas.html", {"form": form, "page": page, "crumbs": crumbs})


@needs(P.MANAGE_ORGS)
def area_new(request):
    return _edit(request, AreaForm(request.POST or None, user=request.user), "新增区划")


@needs(P.MANAGE_ORGS)
def area_edit(request, code):
    area = get_object_or_404(Area.objects.visible_to(request.user, P.MANAGE_ORGS), pk=code)
    return _edit(request, AreaForm(request.POST or None, instance=area, user=request.user), f"修改{area}")


def _edit(request, form, title):
    if request.method == "POST" and form.is_valid():
        area = attempt(form, store, row=form.instance, by=actor(request, P.MANAGE_ORGS))
        if area:
            messages.success(request, f"已保存“{area}”。")
            return redirect("office:areas")
    back = reverse("office:areas")
    context = {"form": form, "title": title, "back_url": back, "crumbs": [("行政区划", back), (title, None)]}
    return render(request, "office/form.html", context)
