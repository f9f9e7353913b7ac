from django.contrib import messages
from django.db.models import Count
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.office.actions.areas import merge_area, undo_merger
from povertyedu.office.actions.records import store
from povertyedu.office.forms.accounts import ReasonForm
from povertyedu.office.forms.orgs import AreaFilter, AreaForm, AreaMergeForm
from povertyedu.office.paging import page_of
from povertyedu.office.queries import touched_by_merger_of, touched_by_undo_of
from povertyedu.orgs.enums import AreaLevel
from povertyedu.orgs.models import Area, AreaMerger
from povertyedu.workflow.attempt import attempt


@needs(P.MANAGE_ORGS)
def areas(request):
    form = AreaFilter(request.GET, user=request.user)
    rows = form.narrow(Area.objects.visible_to(request.user, P.MANAGE_ORGS))
    rows = rows.select_related("parent", "merged_into__parent").annotate(
        below=Count("children", distinct=True),
        school_count=Count("schools", distinct=True),
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
    """Let an area go over into another: how much moves and what stays is said first, on the page of the choice."""
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
    context = {
        "form": form, "button": "确认撤并", "touched": touched_by_merger_of(area),
        "text": "原代码和以前学期的记录都保留；现在的户、学生、学校和以后的学期归并入的地方。以后名单里写原名、原代码的，自动归到那里并说明。",
    }  # fmt: skip
    return _merger_page(request, f"撤并{area}", context)


@needs(P.MANAGE_ORGS)
def area_unmerge(request, code):
    """Take a merger back, with a reason; what comes back and what stays is said first. One without its list says so."""
    merged = Area.objects.visible_to(request.user, P.MANAGE_ORGS).exclude(closed_on=None)
    area = get_object_or_404(merged.select_related("merged_into"), pk=code)
    title, into = f"撤销{area}的撤并", area.merged_into
    merger = AreaMerger.objects.select_related("area", "into").filter(area=area, undone_at=None).first()
    if merger is None:
        text = f"“{area}”并入“{into}”时，系统还没有记下移动了哪些户和学生，不能整批撤销。要恢复的，请在“行政区划”登记新的代码，再把“{into}”里属于那里的户、学生和学校逐个改过去；每处改动都留有记录。"
        return _merger_page(request, title, {"text": text})
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        by, reason = actor(request, P.MANAGE_ORGS), form.cleaned_data["reason"]
        moved = attempt(form, undo_merger, merger=merger, reason=reason, by=by)
        if moved is not None:
            told = f"已撤销撤并，“{area}”恢复，{moved} 名学生的户籍地改回。请到“应享测算”重算有变动的学生。"
            messages.success(request, told)
            return redirect("office:areas")
    text = f"“{area}”恢复原样，{merger.at:%Y-%m-%d}撤并时移到“{into}”的改回来。撤并以后又改过的、期间已关闭学期的学籍，以及新登记到“{into}”的户和学生不动，请逐个核对。"
    context = {
        "form": form,
        "button": "确认撤销撤并",
        "touched": touched_by_undo_of(merger),
        "text": text,
        "is_undo": True,
    }
    return _merger_page(request, title, context)


def _merger_page(request, title, context):
    back = reverse("office:areas")
    more = {"title": title, "back_url": back, "crumbs": [("行政区划", back), (title, None)]}
    return render(request, "office/area_merger.html", context | more)


def _edit(request, form, title):
    if request.method == "POST" and form.is_valid():
        area = attempt(form, store, row=form.instance, by=actor(request, P.MANAGE_ORGS))
        if area:
            messages.success(request, f"已保存“{area}”。")
            return redirect("office:areas")
    back = reverse("office:areas")
    context = {"form": form, "title": title, "back_url": back, "crumbs": [("行政区划", back), (title, None)]}
    return render(request, "office/form.html", context)
