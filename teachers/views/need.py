"""教师需求: standard times pupils against staff, by township, school, subject and stage; the standards themselves."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.calendar import today
from povertyedu.orgs.enums import Stage
from povertyedu.orgs.models import Area, School
from povertyedu.ui.listing import Listing, handed_over
from povertyedu.workflow.attempt import attempt
from teachers.actions import establishment as actions
from teachers.enums.registry import Subject
from teachers.forms.establishment import HoursForm, NeedFilter, StandardForm
from teachers.forms.registry import STAGES
from teachers.models import StaffStandard, SubjectHours
from teachers.queries import need as queries
from teachers.queries.need_export import workbook_of

from .establishment import crumbs, school_of

KEPT = ("tab", "township", "stage", "on")
CRUMB = ("教师需求", "/teachers/need/")
STANDARDS = ("编制标准", "/teachers/standards/")
TABS = {
    "township": "按乡镇",
    "school": "按学校",
    "subject": "按学科",
    "short": "缺编学校",
    "lacking": "缺学科的学校",
    "surplus": "超员学校",
}
OF_SCHOOLS = {
    "school": lambda need: True, "short": lambda need: need.shortage or need.full_shortage, "lacking": lambda need: bool(need.without_teacher),
    "surplus": lambda need: need.surplus,
}  # fmt: skip


def _found(request):
    """Return the filter and the needs of the public schools it leaves, in their order."""
    form = NeedFilter(request.GET, user=request.user, permission=P.VIEW_TEACHERS)
    schools = School.objects.visible_to(request.user, P.VIEW_TEACHERS).public()
    if township := form.wanted.get("township"):
        schools = schools.filter(township.scope.area_q("area_id"))
    if stage := form.wanted.get("stage"):
        schools = schools.filter(stage_set__stage=stage)
    needs = queries.school_needs(
        list(schools.select_related("area__parent").order_by("area_id", "code")), form.day
    )
    if stage:
        for each in needs:
            each.stages = [one for one in each.stages if one.stage == stage]
    return form, [each for each in needs if each.stages]


@needs(P.VIEW_TEACHERS)
@require_GET
def need(request):
    """Show who is lacking where: by township, by school, by subject."""
    form, found = _found(request)
    listing = Listing(request, KEPT)
    tab = listing.tab(TABS, "township")
    townships = Area.objects.filter(level="township")  # everyone: names of places
    names = dict(townships.values_list("code", "name"))
    sums = queries.summed(found)
    context = {
        "crumbs": crumbs(("教师需求", None)), "form": form, "applied": form.in_force(), "keep": {"tab": tab}, "tab": tab, "day": form.day,
        "tabs": [
            {"text": text, "active": name == tab, "url": f"?{listing.query(tab=name)}", "count": _count(name, found)}
            for name, text in TABS.items()
        ],
        "sums": sums, "next_steps": _next_steps(request.user, sums), "stages": queries.by_stage(found), "has_standards": StaffStandard.objects.exists(),
        "rows": [each for each in found if OF_SCHOOLS[tab](each)] if tab in OF_SCHOOLS else [],
        "townships": queries.by_township(found, names) if tab == "township" else [],
        "subjects": queries.by_subject(found) if tab == "subject" else [],
        "may_manage": request.user.can(P.MANAGE_ESTABLISHMENT), "may_plan": request.user.can(P.PLAN_RECRUITMENT),
        "export_url": f"{reverse('teachers:need_export')}?{listing.query()}", "any": bool(found),
    }  # fmt: skip
    return render(request, "teachers/need.html", context)


def _next_steps(user, need) -> list[dict]:
    """Return what fills ``need``, sums or a school's, for who may do it; the first is the page's main one."""
    recruit = {"text": "拟订招聘计划", "url": reverse("teachers:plan_new")}
    suggest = {"text": "交流建议方案", "url": reverse("teachers:suggested_new")}
    send = {"text": "起草派出", "url": reverse("teachers:deployment_new")}
    steps = [
        (need.shortage and user.can(P.PLAN_RECRUITMENT), recruit),
        ((need.shortage or need.surplus) and user.can(P.PLAN_DEPLOYMENT), suggest),
        (need.surplus and user.can(P.ASK_DEPLOYMENT) and not user.can(P.PLAN_DEPLOYMENT), send),
    ]
    return [step for is_open, step in steps if is_open]


def _count(tab: str, found: list) -> int | str:
    """Return how many schools a tab of schools has; the others count nothing."""
    return sum(1 for each in found if OF_SCHOOLS[tab](each)) if tab in ("short", "lacking", "surplus") else ""


@needs(P.VIEW_TEACHERS)
@require_GET
def need_export(request):
    """Hand over the need of every school and subject the filter leaves as a workbook of three sheets."""
    form, found = _found(request)
    words = "；".join([f"{form.day}", form.in_force() or "全部"])
    return handed_over(workbook_of(found, words=words, by=request.user.name), "教师需求")


@needs(P.VIEW_TEACHERS)
@require_GET
def school_need(request, pk):
    """Show one school's need by stage and subject, how it was reckoned, and what can be done."""
    school = school_of(request, pk)
    form = NeedFilter(request.GET, user=request.user, permission=P.VIEW_TEACHERS)
    found = queries.school_needs([school], form.day)[0]
    context = {
        "crumbs": crumbs(CRUMB, (school.name, None)), "school": school, "need": found, "day": form.day, "held": getattr(school, "establishment", None),
        "next_steps": _next_steps(request.user, found),
    }  # fmt: skip
    return render(request, "teachers/school_need.html", context)


@needs(P.VIEW_TEACHERS)
@require_GET
def standards(request):
    """List the standards of staff and the lessons of each stage."""
    rows = StaffStandard.objects.all()  # everyone: a standard is nobody's
    held = {each.pk for each in StaffStandard.objects.on(today()).values()}
    hours = SubjectHours.objects.by_stage()
    context = {
        "crumbs": crumbs(CRUMB, ("编制标准", None)), "rows": [(row, row.pk in held) for row in rows],
        "hours": [
            {"stage": stage, "label": label, "subjects": [(Subject(code).label, lessons) for code, lessons in hours.get(stage, {}).items()]}
            for stage, label in STAGES
        ],
        "may_manage": request.user.can(P.MANAGE_ESTABLISHMENT),
    }  # fmt: skip
    return render(request, "teachers/standards.html", context)


@needs(P.MANAGE_ESTABLISHMENT)
@require_http_methods(["GET", "HEAD", "POST"])
def standard_edit(request, pk=None):
    """Add a standard from a day on, or correct one."""
    found = get_object_or_404(StaffStandard, pk=pk) if pk else None
    form = StandardForm(request.POST or None, instance=found, initial=None if found else {"since": today()})
    by = actor(request, P.MANAGE_ESTABLISHMENT)
    if (
        form.is_bound
        and form.is_valid()
        and attempt(form, actions.keep_standard, by=by, standard=form.instance)
    ):
        messages.success(request, "已保存标准。")
        return redirect("teachers:standards")
    return _form(request, form, "修改标准" if found else "新增标准")


def _form(request, form, title: str):
    context = {
        "crumbs": crumbs(CRUMB, STANDARDS, (title, None)),
        "title": title,
        "form": form,
        "back_url": STANDARDS[1],
    }
    return render(request, "teachers/form.html", context, status=422 if form.errors else 200)


@needs(P.MANAGE_ESTABLISHMENT)
@require_POST
def standards_take(request):
    """Take over the state's ratios and reference lessons where the county has none."""
    number = actions.take_state_standards(by=actor(request, P.MANAGE_ESTABLISHMENT))
    told = (
        f"已加入 {number} 项；周课时为参考值，请按本省课程设置核改。"
        if number
        else "国家标准和参考课时都已在表上，没有改动。"
    )
    messages.success(request, told)
    return redirect("teachers:standards")


@needs(P.MANAGE_ESTABLISHMENT)
@require_http_methods(["GET", "HEAD", "POST"])
def hours(request, stage):
    """Say how many lessons a week each subject of a stage has."""
    if stage not in dict(STAGES):
        raise Http404
    form = HoursForm(request.POST or None, stage=stage)
    if form.is_bound and form.is_valid():
        actions.keep_hours(by=actor(request, P.MANAGE_ESTABLISHMENT), stage=stage, lessons=form.lessons)
        messages.success(request, "已保存周课时。")
        return redirect("teachers:standards")
    return _form(request, form, f"周课时：{Stage(stage).label}")
