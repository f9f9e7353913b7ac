"""Schools and their classes."""

from django.contrib import messages
from django.db.models import Count
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.office.actions.records import store
from povertyedu.office.actions.schools import save_school
from povertyedu.office.forms.orgs import ClassForm, SchoolFilter, SchoolForm
from povertyedu.office.paging import page_of
from povertyedu.orgs.models import School, SchoolClass
from povertyedu.workflow.attempt import attempt


def _crumbs(*more):
    return [("学校班级", reverse("office:schools")), *more]


@needs(P.MANAGE_ORGS)
def schools(request):
    form = SchoolFilter(request.GET, user=request.user)
    rows = form.narrow(School.objects.visible_to(request.user, P.MANAGE_ORGS))
    rows = rows.select_related("area__parent", "centre", "merged_into").prefetch_related("stage_set")
    rows = rows.annotate(class_count=Count("classes"))
    page = page_of(rows, request.GET, order=("code",), unit="所学校")
    crumbs = [("系统管理", None), ("学校班级", None)]
    return render(request, "office/schools.html", {"form": form, "page": page, "crumbs": crumbs})


@needs(P.MANAGE_ORGS)
def school_new(request):
    return _edit(request, SchoolForm(request.POST or None, user=request.user), "新增学校")


@needs(P.MANAGE_ORGS)
def school_edit(request, pk):
    school = get_object_or_404(School.objects.visible_to(request.user, P.MANAGE_ORGS), pk=pk)
    return _edit(
        request, SchoolForm(request.POST or None, instance=school, user=request.user), f"修改{school}"
    )


def _edit(request, form, title):
    if request.method == "POST" and form.is_valid():
        school = attempt(
            form, save_school, school=form.instance, stages=form.cleaned_data["stages"],
            from_term=form.cleaned_data.get("from_term"), by=actor(request, P.MANAGE_ORGS),
        )  # fmt: skip
        if school:
            messages.success(request, f"已保存“{school}”。")
            return redirect("office:classes", school.pk)
    context = {
        "form": form,
        "title": title,
        "back_url": reverse("office:schools"),
        "crumbs": _crumbs((title, None)),
    }
    return render(request, "office/form.html", context)


@needs(P.MANAGE_ORGS)
def classes(request, pk):
    """The classes of a school, with a form for one more."""
    visible = School.objects.visible_to(request.user, P.MANAGE_ORGS).select_related("area__parent", "centre")
    school = get_object_or_404(visible.prefetch_related("stage_set"), pk=pk)
    form = ClassForm(request.POST or None, school=school)
    if request.method == "POST" and form.is_valid():
        added = attempt(form, store, row=form.instance, by=actor(request, P.MANAGE_ORGS))
        if added:
            messages.success(request, f"已新增“{added}”。")
            return redirect("office:classes", pk)
    rows = school.classes.select_related("homeroom_teacher").annotate(
        pupils=Count("enrolments__student", distinct=True)
    )
    page = page_of(rows, request.GET, order=("stage", "grade", "name", "id"), unit="个班")
    context = {"school": school, "form": form, "page": page, "crumbs": _crumbs((str(school), None))}
    return render(request, "office/classes.html", context)


@needs(P.MANAGE_ORGS)
def class_edit(request, pk):
    visible = SchoolClass.objects.visible_to(request.user, P.MANAGE_ORGS).select_related("school")
    school_class = get_object_or_404(visible, pk=pk)
    form = ClassForm(request.POST or None, instance=school_class, school=school_class.school)
    back = reverse("office:classes", args=[school_class.school_id])
    if request.method == "POST" and form.is_valid():
        saved = attempt(form, store, row=form.instance, by=actor(request, P.MANAGE_ORGS))
        if saved:
            messages.success(request, f"已保存“{saved}”。")
            return redirect(back)
    title = f"修改{school_class}"
    crumbs = _crumbs((str(school_class.school), back), (title, None))
    context = {"form": form, "title": title, "back_url": back, "crumbs": crumbs}
    return render(request, "office/form.html", context)
