from django.contrib import messages
from django.db.models import Count
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.office.actions.areas import merge_area
from povertyedu.office.actions.records import store
from povertyedu.office.forms.orgs import AreaFilter, AreaForm, AreaMergeForm
from povertyedu.office.paging import page_of
from povertyedu.orgs.enums import AreaLevel
from povertyedu.orgs.models import Area
from povertyedu.ui.attempt import attempt


@needs(P.MANAGE_ORGS)
def areas(request):
    form = AreaFilter(request.GET, user=request.user)
    rows = form.narrow(Area.objects.visible_to(request.user, P.MANAGE_ORGS))
    rows = rows.select_related("parent", "merged_into__parent").annotate(
        below=Count("children", distinct=True), school_count=Count("schools", distinct=True)
    )
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


@needs(P.MANAGE_ORGS)
def area_merge(request, code):
    """Let an area go over into another: what moves and what stays is said first, on the same page as the choice."""
    standing = Area.objects.visible_to(request.user, P.MANAGE_ORGS).standing().exclude(level=AreaLevel.COUNTY)
    area = get_object_or_404(standing.select_related("parent"), pk=code)
    form = AreaMergeForm(request.POST or None, area=area, user=request.user)
    if request.method == "POST" and form.is_valid():
        by = actor(request, P.MANAGE_ORGS)
        moved = attempt(form, merge_area, area=area, **form.cleaned_data, by=by)
        if moved is not None:
            told = f"“{area}”已并入“{form.cleaned_data['into']}”，{moved} 名学生的户籍地随之改变。请到“应享测算”重算有变动的学生。"
            messages.success(request, told)
            return redirect("office:areas")
    back = reverse("office:areas")
    title = f"撤并{area}"
    context = {
        "form": form, "title": title, "back_url": back, "button": "确认撤并", "crumbs": [("行政区划", back), (title, None)],
        "note": "原代码和以前学期的记录都保留；现在的户、学生、学校和以后的学期归并入的地方。以后名单里写原名、原代码的，自动归到那里并说明。办理后不能撤销，请核对批复。",
    }  # fmt: skip
    return render(request, "office/form.html", context)


def _edit(request, form, title):
    if request.method == "POST" and form.is_valid():
        area = attempt(form, store, row=form.instance, by=actor(request, P.MANAGE_ORGS))
        if area:
            messages.success(request, f"已保存“{area}”。")
            return redirect("office:areas")
    back = reverse("office:areas")
    context = {"form": form, "title": title, "back_url": back, "crumbs": [("行政区划", back), (title, None)]}
    return render(request, "office/form.html", context)
