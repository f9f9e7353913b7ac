"""教育局确定的金额和比例: fill in what the document leaves open, for the county or school by school, or say that it is not carried out."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.models import School
from povertyedu.workflow.flow import StepRefused
from subsidies import engine
from subsidies.actions import averages, drafting, ratios
from subsidies.actions.figures import told
from subsidies.actions.policies import pack_of
from subsidies.forms.figures import AverageForm, FigureForm, RatioForm
from subsidies.models import Policy
from subsidies.views.drafts import crumbs_of, draft_of, get_or_post

TITLE = "教育局确定的金额"


@needs(P.LOAD_POLICY)
@require_GET
def draft_figures(request, pk: int):
    """Every figure the document leaves to the bureau: why, within what, what was filled in."""
    policy = draft_of(request, pk)
    try:
        pack = pack_of(policy)
    except engine.PackError:
        return _broken(request, policy)
    rows = told(pack, policy.figures)
    for row in rows:
        row["rules"] = [rule for rule in pack.rules if row["parameter"].code in rule.figures]
        row["url"] = (
            f"{reverse('subsidies:draft_figure', args=[pk])}?{urlencode({'code': row['parameter'].code})}"
        )
    shared = ratios.told(pack)
    for row in shared:
        row["url"] = f"{reverse('subsidies:draft_ratio', args=[pk])}?{urlencode({'code': row['ratio'].key})}"
    on_average = averages.told(pack)
    for row in on_average:
        row["url"] = (
            f"{reverse('subsidies:draft_average', args=[pk])}?{urlencode({'code': row['average'].key})}"
        )
    context = {
        "crumbs": crumbs_of(policy, TITLE), "policy": policy, "rows": rows, "ratios": shared, "title": TITLE,
        "averages": on_average, "reconstructed": averages.reconstructed(pack),
    }  # fmt: skip
    return render(request, "subsidies/policy/draft_figures.html", context)


def _broken(request, policy: Policy):
    messages.error(request, "规则文本还有错误，请先改正。")
    return redirect("subsidies:draft", policy.pk)


@needs(P.LOAD_POLICY)
@get_or_post
def draft_figure(request, pk: int):
    """Fill in one of them; ``?code=`` names it."""
    policy = draft_of(request, pk)
    try:
        pack = pack_of(policy)
    except engine.PackError:
        return _broken(request, policy)
    parameter = pack.parameter_of.get(request.GET.get("code", ""))
    if parameter is None or not parameter.is_filled_in:
        if "code" not in request.GET:
            return redirect("subsidies:draft_figures", pk)
        raise Http404
    initial = FigureForm.initial_of(parameter, policy.figures) | {"revision": policy.revision}
    form = FigureForm(
        request.POST or None, parameter=parameter, schools=_schools(request, pack, parameter), initial=initial
    )
    return _answer(
        request, policy, form, parameter.label, "subsidies/policy/draft_figure.html", {"parameter": parameter}
    )


@needs(P.LOAD_POLICY)
@get_or_post
def draft_ratio(request, pk: int):
    """Say how much of a hundred each source bears where the document does not; ``?code=`` names the ratio."""
    policy = draft_of(request, pk)
    try:
        pack = pack_of(policy)
    except engine.PackError:
        return _broken(request, policy)
    ratio = next((one for one in engine.ratios_of(pack) if one.key == request.GET.get("code")), None)
    if ratio is None:
        if "code" not in request.GET:
            return redirect("subsidies:draft_figures", pk)
        raise Http404
    initial = RatioForm.initial_of(ratio) | {"revision": policy.revision}
    form = RatioForm(request.POST or None, ratio=ratio, initial=initial)
    return _answer(
        request,
        policy,
        form,
        f"资金分担比例：{ratio.label}",
        "subsidies/policy/draft_ratio.html",
        {"ratio": ratio},
    )


@needs(P.LOAD_POLICY)
@get_or_post
def draft_average(request, pk: int):
    """Decide an amount of which the document gives only the average; ``?code=`` names it."""
    policy = draft_of(request, pk)
    try:
        pack = pack_of(policy)
    except engine.PackError:
        return _broken(request, policy)
    average = next((one for one in engine.averages_of(pack) if one.key == request.GET.get("code")), None)
    if average is None:
        if "code" not in request.GET:
            return redirect("subsidies:draft_figures", pk)
        raise Http404
    initial = AverageForm.initial_of(average) | {"revision": policy.revision}
    form = AverageForm(request.POST or None, average=average, initial=initial)
    return _answer(
        request, policy, form, average.rule.label, "subsidies/policy/draft_average.html", {"average": average}
    )


def _answer(request, policy: Policy, form, label: str, template: str, context: dict):
    """Show a form of what the bureau decides; sent and sound, it is saved with the draft."""
    if request.method == "POST" and form.is_valid():
        try:
            drafting.save_draft(
                by=actor(request, P.LOAD_POLICY), policy=policy, revision=form.cleaned_data["revision"],
                figures=form.put_into(policy.figures),
            )  # fmt: skip
            messages.success(request, f"已保存“{label}”。")
            return redirect("subsidies:draft_figures", policy.pk)
        except StepRefused as refusal:
            form.add_error(None, f"{refusal}请返回后重新打开。")
    trail = [
        *crumbs_of(policy, TITLE)[:-1],
        (TITLE, reverse("subsidies:draft_figures", args=[policy.pk])),
        (label, None),
    ]
    context |= {"crumbs": trail, "policy": policy, "form": form, "label": label}
    status = 422 if form.errors else 200
    return render(request, template, context, status=status)


def _schools(request, pack: engine.Policy, parameter: engine.Parameter):
    """Return the open schools whose stages the rules that rest on ``parameter`` are about."""
    if parameter.scope != "school":
        return School.objects.none()
    programmes = {rule.programme for rule in pack.rules if parameter.code in rule.figures}
    stages = {stage for p in pack.programmes if p.code in programmes for stage in p.stages}
    seen = School.objects.visible_to(request.user, P.LOAD_POLICY).filter(is_open=True)
    return seen.filter(stage_set__stage__in=stages).distinct().order_by("area_id", "code")
