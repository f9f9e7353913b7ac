"""Health checks, serious-illness aid, insurances: who is looked after; what is health opens one by one, with a reason, logged."""

from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, Q
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_GET, require_http_methods

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.audit.models import record_access
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import School
from povertyedu.ui.listing import Listing, handed_over
from teachers.actions import aid as aids
from teachers.actions import care as actions
from teachers.enums.care import AidState, InsuranceKind
from teachers.forms import welfare as forms
from teachers.forms.care import WhyForm
from teachers.forms.housing import SchoolFilter
from teachers.models import HealthCheck, IllnessAid, Insurance, Teacher
from teachers.queries import care as queries
from teachers.queries.care_export import checks_workbook, insurances_workbook
from teachers.states.care import AID_FLOW

from .care import CARE, crumbs, form_page, log_of, posted, readable, url

KEEP = (P.KEEP_CARE,)
HEALTH = ("教师体检", "/teachers/health/")
AID = ("大病救助", "/teachers/aid/")
INSURANCE = ("公积金和社保", "/teachers/insurance/")


def _schools(request):
    return (
        School.objects.visible_to(request.user, P.KEEP_CARE).filter(is_open=True).order_by("area_id", "code")
    )


# --- health check ---------------------------------------------------------------------------------


@needs(*KEEP)
@require_GET
def health(request):
    """Show the year's free check by school: invited, done, not yet; and the list of one school by name."""
    form = forms.YearFilter(request.GET, user=request.user, permission=P.KEEP_CARE)
    year, school = form.chosen_year, form.wanted.get("school")
    rows = queries.checked_schools(form.schools(_schools(request)), year)
    checks = HealthCheck.objects.visible_to(request.user, P.KEEP_CARE).filter(year=year)
    if school:
        staff = queries.staff_of([school.pk]).get(school.pk, [])
        checks = checks.filter(teacher__in=staff).select_related("teacher__person").order_by("teacher__code")
    names = ("staff", "invited", "done", "missed", "waiting", "uninvited")
    context = {
        "crumbs": crumbs(("教师体检", None)), "form": form, "applied": form.in_force(), "year": year, "rows": rows,
        "sums": {name: sum(getattr(row, name) for row in rows) for name in names},
        "export_url": f"{url('health_export')}?{request.GET.urlencode()}",
        "school": school, "checks": checks if school else [], "may_reveal": request.user.can(P.VIEW_TEACHER_HEALTH),
    }  # fmt: skip
    return render(request, "teachers/care/health.html", context)


@needs(*KEEP)
@require_GET
def health_export(request):
    """Hand over who was invited and who went, of the schools the filter leaves; results are not in it."""
    form = forms.YearFilter(request.GET, user=request.user, permission=P.KEEP_CARE)
    year = form.chosen_year
    rows = _of_staff(
        HealthCheck.objects.visible_to(request.user, P.KEEP_CARE).filter(year=year), form, request
    )
    words = "；".join(filter(None, [f"{year} 年", form.in_force()]))
    return handed_over(checks_workbook(rows, words=words, by=request.user.name), "教师体检")


def _of_staff(rows, form: SchoolFilter, request):
    """Narrow rows of teachers to the staff of the schools that ``form`` leaves, with teacher and post read along."""
    staff = queries.staff_of(form.schools(_schools(request)))
    teachers = Teacher.objects.visible_to(request.user, P.KEEP_CARE).with_post()
    rows = rows.filter(teacher__in=[teacher for each in staff.values() for teacher in each])
    return rows.prefetch_related(Prefetch("teacher", teachers)).order_by("teacher__code", "pk")


@needs(*KEEP)
@require_http_methods(["GET", "HEAD", "POST"])
def health_invite(request):
    """Invite the staff of schools to the year's check."""
    schools = _schools(request)
    form = forms.InviteForm(posted(request)[0], schools=schools)

    def act(typed):
        chosen = [school.pk for school in typed["schools"] or schools]
        staff = [teacher for teachers in queries.staff_of(chosen).values() for teacher in teachers]
        if not staff:
            raise actions.StepRefused("这些学校没有在岗教师，请核对。")
        by = actor(request, P.KEEP_CARE)
        return actions.invite(
            by=by, teachers=sorted(staff), year=typed["year"], on=typed["on"], hospital=typed["hospital"]
        )

    return form_page(
        request, form, act, title="通知体检", trail=[HEALTH], back=url("health"), done="已通知；通知过的没有重复。", to=url("health"), button="通知",
    )  # fmt: skip


@needs(*KEEP)
@require_http_methods(["GET", "HEAD", "POST"])
def health_step(request, pk, verb):
    """Register that a check was done, or why it was missed."""
    if verb not in ("done", "missed"):
        raise Http404
    rows = HealthCheck.objects.visible_to(request.user, P.KEEP_CARE).select_related("teacher__person")
    check, by = get_object_or_404(rows, pk=pk), actor(request, P.KEEP_CARE)
    done = verb == "done"
    form = (forms.DoneForm if done else WhyForm)(posted(request)[0])

    def act(typed):
        return (actions.check_done if done else actions.check_missed)(by=by, check=check, **typed)

    return form_page(
        request, form, act, title=f"{'登记体检' if done else '登记未检'}：{check.teacher}", trail=[HEALTH], back=url("health"), done="已登记。",
        to=url("health"),
    )  # fmt: skip


def _revealed(request, row, *, field: str, label: str, trail, back: str):
    """Ask why, log it, then show one sealed text; never cached."""
    form, text = forms.RevealForm(posted(request)[0]), None
    if form.is_bound and form.is_valid():
        by = actor(request, P.VIEW_TEACHER_HEALTH)
        record_access(
            by, kind="reveal", subject=row.teacher, fields=label, reason=form.cleaned_data["reason"]
        )
        text = getattr(row, field) or "没有填写"
    context = {
        "crumbs": crumbs(*trail, (label, None)), "title": f"{label}：{row.teacher}", "form": form, "text": text, "back_url": back, "label": label,
    }  # fmt: skip
    response = render(request, "teachers/care/reveal.html", context, status=422 if form.errors else 200)
    add_never_cache_headers(response)
    return response


@needs(P.VIEW_TEACHER_HEALTH)
@require_http_methods(["GET", "HEAD", "POST"])
def health_reveal(request, pk):
    """Open the result of one check, after a reason."""
    rows = HealthCheck.objects.visible_to(request.user, P.VIEW_TEACHER_HEALTH).select_related(
        "teacher__person"
    )
    check = get_object_or_404(rows, pk=pk)
    return _revealed(request, check, field="result", label="体检结果", trail=[HEALTH], back=url("health"))


# --- aid ------------------------------------------------------------------------------------------

AID_STEPS = {
    "return": WhyForm, "review": WhyForm, "refuse": WhyForm, "approve": forms.AidApproveForm, "pay": forms.AidPayForm,
}  # fmt: skip


@needs(*CARE)
@require_GET
def aid_list(request):
    """List the applications for aid, newest first; amounts, never the illness."""
    every = readable(IllnessAid, request.user)
    listing = Listing(request, ("tab",))
    conditions = {"all": ("全部", Q())} | {value: (text, Q(state=value)) for value, text in AidState.choices}
    tab = listing.tab(conditions, "all")
    context = {
        "crumbs": crumbs(("大病救助", None)), "tabs": listing.tabs(every, conditions, tab), "may_apply": request.user.can(P.KEEP_CARE),
        **listing.shown(every.filter(conditions[tab][1]).select_related("teacher__person")),
    }  # fmt: skip
    return render(request, "teachers/care/aids.html", context)


@needs(*KEEP)
@require_http_methods(["GET", "HEAD", "POST"])
def aid_new(request):
    """Apply for aid for a teacher."""
    form = forms.AidForm(posted(request)[0], user=request.user)
    by = actor(request, P.KEEP_CARE)
    return form_page(
        request, form, lambda typed: aids.apply(by=by, **typed), title="申请大病救助", trail=[AID], back=url("aids"), done="已提交县局审核。",
        button="提交申请",
    )  # fmt: skip


# Who has to act, by the state that waits for them.
AID_CHAIN = {AidState.RETURNED: "学校申请", AidState.APPLIED: "县局审核", AidState.REVIEWED: "审批", AidState.APPROVED: "发放"}  # fmt: skip


def _flow_of(found: IllnessAid) -> list[dict]:
    """Return how far an application is, as ``components/flow_steps.html`` shows it."""
    if found.state == AidState.REFUSED:
        return [{"text": found.get_state_display(), "state": "bad"}]
    at = [*AID_CHAIN, AidState.PAID].index(AidState(found.state))
    return [
        {"text": text, "state": "done" if number < at else "doing" if number == at else "todo"}
        for number, text in enumerate(AID_CHAIN.values())
    ]


@needs(*CARE)
@require_GET
def aid(request, pk):
    """Show one application, where it stands, and the steps open to the reader."""
    found = get_object_or_404(readable(IllnessAid, request.user).select_related("teacher__person"), pk=pk)
    steps = AID_FLOW.open_to(found.state, request.user.can)
    context = {
        "crumbs": crumbs(AID, (str(found), None)), "it": found, "flow": _flow_of(found), "may_reveal": request.user.can(P.VIEW_TEACHER_HEALTH),
        "seat": found.seats.filter(user_id=request.user.pk).first(),
        "steps": [
            {"text": step.label, "url": url("aid_step", pk, step.verb), "main": step.verb not in ("return", "refuse")} for step in steps
        ],
        "log": log_of(found),
    }  # fmt: skip
    return render(request, "teachers/care/aid.html", context)


@needs(*CARE)
@require_http_methods(["GET", "HEAD", "POST"])
def aid_step(request, pk, verb):
    """Take one step of an application."""
    if verb not in (*AID_STEPS, "apply_again"):
        raise Http404
    step = AID_FLOW[verb]
    held = request.user.can(step.permission)
    rows = readable(IllnessAid, request.user, [step.permission] if held else CARE).select_related(
        "teacher__person"
    )
    found = get_object_or_404(rows, pk=pk)
    if not held:
        raise PermissionDenied
    by, data = actor(request, step.permission), posted(request)[0]
    if verb == "apply_again":
        form = forms.AidAgainForm(data, aid=found)
    else:
        form = AID_STEPS[verb](data)

    def act(typed):
        if verb == "apply_again":
            return aids.apply_again(by=by, aid=found, **typed)
        return aids.take_step(by=by, aid=found, verb=verb, **typed)

    return form_page(
        request, form, act, title=f"{step.label}：{found}", trail=[AID, (str(found), found.get_absolute_url())], back=found.get_absolute_url(),
        done=f"已办理：{step.label}。", button=step.label, to=found.get_absolute_url(),
    )  # fmt: skip


@needs(P.VIEW_TEACHER_HEALTH)
@require_http_methods(["GET", "HEAD", "POST"])
def aid_reveal(request, pk):
    """Open the diagnosis of one application, after a reason."""
    rows = IllnessAid.objects.visible_to(request.user, P.VIEW_TEACHER_HEALTH).select_related(
        "teacher__person"
    )
    found = get_object_or_404(rows, pk=pk)
    return _revealed(
        request, found, field="diagnosis", label="诊断", trail=[AID], back=found.get_absolute_url()
    )


# --- insurances -----------------------------------------------------------------------------------


@needs(*KEEP)
@require_GET
def insurance(request):
    """Show by school for how many of the staff each insurance and the housing fund are paid, and who lacks which."""
    form = SchoolFilter(request.GET, user=request.user, permission=P.KEEP_CARE)
    rows = queries.insured_schools(form.schools(_schools(request)), today())
    school = form.wanted.get("school")
    running = Insurance.objects.visible_to(request.user, P.KEEP_CARE).in_force(today())
    staff = queries.staff_of([school.pk]).get(school.pk, []) if school else []
    context = {
        "crumbs": crumbs(("公积金和社保", None)), "form": form, "applied": form.in_force(), "rows": rows, "kinds": InsuranceKind.labels,
        "staff": sum(row.staff for row in rows), "sums": [sum(row.counts[kind] for row in rows) for kind in InsuranceKind.values],
        "lacking": sum(len(row.lacking) for row in rows), "school": school,
        "export_url": f"{url('insurance_export')}?{request.GET.urlencode()}",
        "running": running.filter(teacher__in=staff).select_related("teacher__person").order_by("teacher__code", "kind"),
    }  # fmt: skip
    return render(request, "teachers/care/insurance.html", context)


@needs(*KEEP)
@require_GET
def insurance_export(request):
    """Hand over the insurances of the staff that the filter leaves, in the columns they are imported by."""
    form = SchoolFilter(request.GET, user=request.user, permission=P.KEEP_CARE)
    rows = _of_staff(Insurance.objects.visible_to(request.user, P.KEEP_CARE), form, request)
    return handed_over(
        insurances_workbook(rows, words=form.in_force() or "全部", by=request.user.name), "公积金和社保"
    )


@needs(*KEEP)
@require_http_methods(["GET", "HEAD", "POST"])
def insure(request):
    """Register from when insurances are paid."""
    form = forms.InsureForm(
        posted(request)[0], schools=_schools(request), initial={"school": request.GET.get("school")}
    )

    def act(typed):
        staff = queries.staff_of([typed["school"].pk]).get(typed["school"].pk, [])
        people = (
            Teacher.objects.visible_to(request.user, P.KEEP_CARE)
            .filter(pk__in=staff)
            .select_related("person")
        )
        if typed["code"]:
            people = people.filter(code=typed["code"])
        if not people:
            raise actions.StepRefused("这所学校没有这样的在岗教师，请核对工号。")
        by = actor(request, P.KEEP_CARE)
        return actions.insure(by=by, teachers=list(people), kinds=typed["kinds"], since=typed["since"])

    return form_page(
        request, form, act, title="登记参保", trail=[INSURANCE], back=url("insurance"), done="已登记；已经参保的没有重复。", to=url("insurance"), button="登记",
    )  # fmt: skip


@needs(*KEEP)
@require_http_methods(["GET", "HEAD", "POST"])
def insurance_end(request, pk):
    """Register that an insurance is no longer paid, and why."""
    rows = Insurance.objects.visible_to(request.user, P.KEEP_CARE).select_related("teacher__person")
    found, by = get_object_or_404(rows, pk=pk), actor(request, P.KEEP_CARE)
    return form_page(
        request, forms.EndInsuranceForm(posted(request)[0]), lambda typed: actions.end_insurance(by=by, insurance=found, **typed),
        title=f"停缴：{found}", trail=[INSURANCE], back=url("insurance"), done="已登记停缴。", to=url("insurance"), button="停缴",
    )  # fmt: skip
