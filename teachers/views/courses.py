"""培训课程: who is enrolled, rural schools first, what was completed and accepted, second rounds."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.models import School
from povertyedu.ui.listing import Listing
from povertyedu.workbooks.writing import LedgerColumn
from povertyedu.workflow.attempt import attempt
from teachers.actions import training as actions
from teachers.forms import training as forms
from teachers.forms.recruitment import WhyForm
from teachers.models import Teacher, Trainee, TrainingCourse
from teachers.queries import training as queries
from teachers.queries.registry import narrowed
from teachers.states.training import TRAINEE_FLOW

from .handing import table_handed_over
from .recruitment import page_of
from .training import crumbs

WORK = (P.REPORT_TRAINING, P.PLAN_TRAINING)
PICKED_AT_MOST = 100
COLUMNS = (
    LedgerColumn("姓名", width=12), LedgerColumn("工号", width=12), LedgerColumn("学校", width=26), LedgerColumn("乡村学校", width=10),
    LedgerColumn("状态", width=10), LedgerColumn("学时", "int", width=8), LedgerColumn("证书编号", width=20), LedgerColumn("完成日期", width=12),
)  # fmt: skip


def _held(user) -> str:
    """Return the permission by which ``user`` works with courses: the county's when it is held."""
    return P.PLAN_TRAINING if user.can(P.PLAN_TRAINING) else P.REPORT_TRAINING


def _course(request, pk, permission=P.VIEW_TEACHERS) -> TrainingCourse:
    rows = TrainingCourse.objects.visible_to(request.user, permission)
    return get_object_or_404(rows.select_related("school", "relays", "trainer__person"), pk=pk)


@needs(P.VIEW_TEACHERS)
@require_GET
def courses(request):
    """List the courses, those to come first."""
    every = TrainingCourse.objects.visible_to(request.user, P.VIEW_TEACHERS)
    listing = Listing(request, ("tab",))
    tab = listing.tab(queries.COURSE_TABS, "coming")
    rows = every.filter(queries.course_tab(tab)).select_related("school", "relays", "trainer__person")
    conditions = {name: (text, queries.course_tab(name)) for name, text in queries.COURSE_TABS.items()}
    context = {
        "crumbs": crumbs(("培训课程", None)),
        "tabs": listing.tabs(every, conditions, tab),
        "may_add": any(request.user.can(permission) for permission in WORK),
        **listing.numbered(rows),
    }
    return render(request, "teachers/training/courses.html", context)


@needs(*WORK)
@require_http_methods(["GET", "HEAD", "POST"])
def course_edit(request, pk=None):
    """Add a course, or correct one; a school only its own."""
    held = _held(request.user)
    found = _course(request, pk, held) if pk else None
    if found and held == P.REPORT_TRAINING and found.school_id is None:
        raise PermissionDenied
    schools = School.objects.visible_to(request.user, held)
    form = forms.CourseForm(
        request.POST or None, instance=found, schools=schools, of_county=held == P.PLAN_TRAINING
    )
    if (
        form.is_bound
        and form.is_valid()
        and (made := attempt(form, actions.keep_course, by=actor(request, held), course=form.instance))
    ):
        messages.success(request, f"已保存：{made}。")
        return redirect(made)
    title = "更正课程" if found else "登记课程"
    back = found.get_absolute_url() if found else reverse("teachers:courses")
    return page_of(
        request,
        form,
        crumbs=crumbs(("培训课程", reverse("teachers:courses")), (title, None)),
        title=title,
        back_url=back,
    )


@needs(P.VIEW_TEACHERS)
@require_GET
def course(request, pk):
    """Show a course: its trainees of the reader's schools, its rural share, its second rounds, the next steps."""
    found = _course(request, pk)
    every = Trainee.objects.visible_to(request.user, P.VIEW_TEACHERS).filter(course=found)
    rows = list(every.select_related("teacher__person", "school", "evidence"))
    may_report, may_plan = request.user.can(P.REPORT_TRAINING), request.user.can(P.PLAN_TRAINING)
    taking = [row for row in rows if row.state != "missed"]
    context = {
        "crumbs": crumbs(("培训课程", reverse("teachers:courses")), (found.name, None)),
        "it": found, "rows": rows, "may_report": may_report, "may_plan": may_plan,
        "may_enrol": (may_report or may_plan) and found.free > 0,
        "to_confirm": may_plan and sum(1 for row in rows if row.state == "reported" and row.reported_by_id != request.user.pk),
        "done": sum(1 for row in rows if row.state == "completed"),
        "rural": sum(1 for row in taking if row.is_rural), "taking": len(taking),
        "second_rounds": TrainingCourse.objects.visible_to(request.user, P.VIEW_TEACHERS).filter(relays=found).select_related("school", "trainer__person"),
    }  # fmt: skip
    return render(request, "teachers/training/course.html", context)


@needs(P.VIEW_TEACHERS)
@require_GET
def course_export(request, pk):
    """Hand over who took part, of the reader's schools, as a workbook."""
    found = _course(request, pk)
    rows = Trainee.objects.visible_to(request.user, P.VIEW_TEACHERS).filter(course=found)
    lines = (
        [row.teacher.name, row.teacher.code, row.school.name, "是" if row.is_rural else "", row.get_state_display(), row.hours or None, row.certificate,
         str(row.completed_on or "")]
        for row in rows.select_related("teacher__person", "school")
    )  # fmt: skip
    return table_handed_over(
        request, COLUMNS, lines, title=f"{found.name}参训名册", name="参训名册", words=f"{found.starts_on} 至 {found.ends_on}　{found.hours} 学时",
        file=f"{found.name}参训名册",
    )  # fmt: skip


@needs(*WORK)
@require_http_methods(["GET", "HEAD", "POST"])
def enrol(request, pk):
    """Choose who takes part: rural schools first, then who was trained longest ago, each with the reason."""
    held = _held(request.user)
    found = _course(request, pk, held)
    choice = forms.PickFilter(request.GET, user=request.user, permission=held)
    teachers = Teacher.objects.visible_to(request.user, held)
    picks = queries.picks_for(found, narrowed(teachers, choice.wanted))
    form = forms.ConfirmForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        wanted = set(request.POST.getlist("teacher"))
        chosen = [pick.teacher for pick in picks if str(pick.teacher.pk) in wanted]
        if not chosen:
            form.add_error(None, "还没有选教师；请先在名单里勾选。")
        elif attempt(form, actions.enrol, by=actor(request, held), course=found, teachers=chosen):
            messages.success(request, f"已报名 {len(chosen)} 人。")
            return redirect(found)
    context = {
        "crumbs": crumbs((found.name, found.get_absolute_url()), ("报名", None)),
        "it": found, "form": form, "choice": choice, "applied": choice.in_force(), "picks": picks[:PICKED_AT_MOST], "more": max(0, len(picks) - PICKED_AT_MOST),
        "chosen": set(request.POST.getlist("teacher")),
    }  # fmt: skip
    return render(request, "teachers/training/enrol.html", context, status=422 if form.errors else 200)


@needs(P.PLAN_TRAINING)
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_all(request, pk):
    """Accept the hours of everybody whom another person reported."""
    found = _course(request, pk, P.PLAN_TRAINING)
    form = forms.ConfirmForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        done = attempt(form, actions.confirm_all, by=actor(request, P.PLAN_TRAINING), course=found)
        if done is not None:
            messages.success(request, f"已认定 {done} 人的学时。")
            return redirect(found)
    return page_of(
        request, form, crumbs=crumbs((found.name, found.get_absolute_url()), ("认定学时", None)), title="认定学时", note=found.name,
        text="上报完成的全部认定；材料不对的，先逐个退回。自己上报的要由另一人认定。", button="全部认定", back_url=found.get_absolute_url(),
    )  # fmt: skip


STEPS = {
    "report": (forms.CompletionForm, WORK), "confirm": (forms.ConfirmForm, (P.PLAN_TRAINING,)), "send_back": (WhyForm, (P.PLAN_TRAINING,)),
    "miss": (WhyForm, WORK), "second_round": (forms.SecondRoundForm, WORK),
}  # fmt: skip


def _act(*, verb, by, found, typed, account):
    data = dict(typed.cleaned_data)
    if verb == "report":
        completion = actions.Completion(data["hours"], data["certificate"] or "", data["completed_on"])
        return actions.report(
            by=by, trainee=found, completion=completion, upload=data["scan"], account=account
        )
    action = {
        "confirm": actions.confirm,
        "send_back": actions.send_back,
        "miss": actions.miss,
        "second_round": actions.hold_second_round,
    }[verb]
    return action(by=by, trainee=found, **data)


@needs(*WORK)
@require_http_methods(["GET", "HEAD", "POST"])
def trainee_step(request, pk, verb):
    """Take one step of a trainee on a page of its own, or open the second round that they hold."""
    if verb not in STEPS:
        raise Http404
    form_class, permissions = STEPS[verb]
    held = next((permission for permission in permissions if request.user.can(permission)), None)
    rows = Trainee.objects.visible_to(request.user, held or P.VIEW_TEACHERS)
    found = get_object_or_404(rows.select_related("course", "teacher__person", "school"), pk=pk)
    if held is None:
        raise PermissionDenied
    posted = request.method == "POST"
    form = form_class(request.POST if posted else None, request.FILES if posted else None)
    if verb in ("report", "second_round") and not posted:
        form.fields["hours"].initial = found.course.hours
    label = "办二级培训" if verb == "second_round" else TRAINEE_FLOW[verb].label
    if form.is_bound and form.is_valid():
        done = attempt(
            form, _act, verb=verb, by=actor(request, held), found=found, typed=form, account=request.user
        )
        if done:
            messages.success(request, f"已办理：{label}。")
            return redirect(done if verb == "second_round" else found.course)
    return page_of(
        request, form, crumbs=crumbs((found.course.name, found.course.get_absolute_url()), (label, None)), title=f"{label}：{found.teacher}",
        note=found.course.name, button=label, back_url=found.course.get_absolute_url(), with_file=verb == "report",
    )  # fmt: skip


@needs(P.VIEW_TEACHERS)
@require_GET
def evidence(request, pk):
    """Hand over the scan behind a completion."""
    rows = Trainee.objects.visible_to(request.user, P.VIEW_TEACHERS).select_related("evidence")
    found = get_object_or_404(rows, pk=pk, evidence__isnull=False)
    if not found.evidence.path.exists():
        raise Http404
    response = StreamingHttpResponse(found.evidence.chunks(), content_type="application/octet-stream")
    response["Content-Length"] = found.evidence.size
    response["Content-Disposition"] = content_disposition_header(True, found.evidence.name)
    response["Cache-Control"] = "no-store"
    return response
