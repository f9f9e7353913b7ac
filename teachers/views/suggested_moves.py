"""One move of a suggested plan with its reasons, and what the officer says to it: pinned, rejected, sent elsewhere."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.workflow.attempt import attempt
from povertyedu.workflow.flow import StepRefused
from teachers.actions import suggested as actions
from teachers.enums.suggested import HoldKind, RunState
from teachers.forms.suggested import PinForm
from teachers.models import PlanHold, PlannedMove, Teacher
from teachers.queries import suggested as queries

from .suggested import CRUMB, plan_of

SAID = {
    "pin": "已固定，重新求解时保留。",
    "forbid": "已否决这一去处。",
    "stay": "这名教师本次不调。",
    "restore": "已恢复为建议。",
}


def _move(request, pk: int) -> PlannedMove:
    rows = PlannedMove.objects.visible_to(request.user, P.PLAN_DEPLOYMENT)
    return get_object_or_404(
        rows.select_related("run__term", "teacher__person", "from_school", "school", "deployment"), pk=pk
    )


@needs(P.PLAN_DEPLOYMENT)
@require_GET
def move(request, pk):
    """Say why this teacher, why this school, which need it closes, what it costs, and what the next best would be."""
    found = _move(request, pk)
    context = {
        "crumbs": [CRUMB, (str(found.run), found.run.get_absolute_url()), (str(found.teacher), None)],
        "it": found,
        "run": found.run,
        "others": _others(request, found),
        "is_open": found.run.state in (RunState.SOLVED, RunState.INFEASIBLE),
        "hold": found.run.holds.filter(teacher=found.teacher_id).select_related("school").first(),
    }
    return render(request, "teachers/suggested/move.html", context)


def _others(request, found: PlannedMove) -> list[dict]:
    """Return the next best choices with names: another teacher for the post, another school for the teacher."""
    kept = [found.why.get("other_teacher"), found.why.get("other_school")]
    teachers = Teacher.objects.visible_to(request.user, P.PLAN_DEPLOYMENT).select_related("person")
    people = {t.pk: t for t in teachers.filter(pk__in=[o["teacher"] for o in kept if o])}
    schools = queries.schools_named([o["school"] for o in kept if o])
    lines = []
    for label, other in zip(("换一名教师", "换一所学校"), kept, strict=True):
        if other and other["teacher"] in people and other["school"] in schools:
            teacher, school = people[other["teacher"]], schools[other["school"]]
            lines.append(
                {
                    "label": label,
                    "text": f"{teacher.name}（{teacher.code}）到{school}补{other['label']}，方案少 {other['less']} 分",
                }
            )
        else:
            lines.append({"label": label, "text": "没有别的可行选择"})
    return lines


@needs(P.PLAN_DEPLOYMENT)
@require_POST
def say(request, pk, verb):
    """Pin a move, reject it, keep its teacher where they are, or take that back."""
    if verb not in SAID:
        raise Http404
    found, by = _move(request, pk), actor(request, P.PLAN_DEPLOYMENT)
    try:
        if verb == "restore":
            actions.restore(by=by, move=found)
        else:
            actions.say(by=by, move=found, kind=HoldKind(verb))
        messages.success(request, SAID[verb])
    except StepRefused as refusal:
        messages.error(request, str(refusal))
    return redirect(found.run)


@needs(P.PLAN_DEPLOYMENT)
@require_http_methods(["GET", "HEAD", "POST"])
def pin(request, pk):
    """Send a teacher to a post of the officer's choice; ``?move=`` names the move it is instead of."""
    run = plan_of(request, pk)
    asked = request.GET.get("move", "")
    instead = None
    if asked.isascii() and asked.isdigit() and len(asked) < 19:
        moves = PlannedMove.objects.visible_to(request.user, P.PLAN_DEPLOYMENT).filter(run=run)
        instead = moves.select_related("teacher__person").filter(pk=asked).first()
    initial = (
        {"teacher": instead.teacher.code, "stage": instead.stage, "subject": instead.subject, "school": instead.school_id} if instead else {}
    )  # fmt: skip
    posted = request.method == "POST"
    form = PinForm(request.POST if posted else None, user=request.user, initial=initial)
    if posted and form.is_valid():
        hold = attempt(
            form, actions.send_to, by=actor(request, P.PLAN_DEPLOYMENT), run=run, **form.cleaned_data
        )
        if hold is not None:
            messages.success(request, f"已固定 {hold.teacher} 到{hold.told}，请重新求解。")
            return redirect(f"{run.get_absolute_url()}?tab=holds")
    context = {
        "crumbs": [CRUMB, (str(run), run.get_absolute_url()), ("改派", None)], "title": "改派（固定去处）", "form": form,
        "back_url": instead.get_absolute_url() if instead else run.get_absolute_url(),
        "closed_to": run.state not in (RunState.SOLVED, RunState.INFEASIBLE),
    }  # fmt: skip
    return render(request, "teachers/suggested/pin.html", context, status=422 if form.errors else 200)


@needs(P.PLAN_DEPLOYMENT)
@require_POST
def take_back(request, pk):
    """Forget one thing that was said."""
    holds = PlanHold.objects.visible_to(request.user, P.PLAN_DEPLOYMENT).select_related("run", "school")
    hold = get_object_or_404(holds, pk=pk)
    try:
        actions.take_back(by=actor(request, P.PLAN_DEPLOYMENT), hold=hold)
        messages.success(request, "已取消这条意见，重新求解时不再考虑。")
    except StepRefused as refusal:
        messages.error(request, str(refusal))
    return redirect(f"{hold.run.get_absolute_url()}?tab=holds")
