"""发放批次: the list, one batch, opening one, and the steps it takes."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from povertyedu.accounts.access import actor, needs, working_term
from povertyedu.accounts.permissions import Permission as P
from povertyedu.options.registry import options
from povertyedu.ui.numerals import yuan
from povertyedu.workflow.flow import StepRefused
from subsidies.actions import batches as actions
from subsidies.actions import publicising
from subsidies.actions.commitments import funding_of
from subsidies.enums import OWN, BatchState
from subsidies.forms.batches import BatchFilterForm, OpenBatchForm, ReasonForm
from subsidies.models import Batch
from subsidies.queries import batches as queries
from subsidies.states import BATCH_FLOW, BATCH_STEPS

HOME = ("首页", "/")
CRUMB = ("发放批次", "/subsidies/batches/")
# What each step of a batch does, said before it is taken; the verb and the words of its button.
STEPS = {
    "approve_office": (actions.approve_office, "提交局领导审批，本中心不能再改。", "同意并提交审批"),
    "return_office": (actions.return_to_office, "退回后由资助中心核对，再重新提交。", "退回资助中心"),
    "approve_final": (actions.approve_final, "审批同意后即可公示，名单和金额不再变动。", "审批同意"),
    "publish": (publicising.publish, "每所学校一份公示，任何人不登录即可查看；期满自动撤下。", "开始公示"),
    "clear": (
        publicising.clear,
        "公示期满，转计财部门发放；有异议未处理的学生继续暂缓。",
        "确认期满，转发放",
    ),
    "cancel": (actions.cancel, "名单上的资金全部恢复为待发，可以重新开立批次。", "撤销批次"),
    "archive": (actions.archive, "归档后不能再变动。", "归档"),
}


@needs(P.VIEW_SUBSIDIES)
@require_GET
def batches(request):
    """List the batches that hold a sheet within the reader's scope."""
    form = BatchFilterForm(request.GET)
    found, next_key = queries.batch_page(
        request.user, P.VIEW_SUBSIDIES, **form.wanted, after=request.GET.get("after", "")
    )
    context = {
        "filter_form": form,
        "applied": form.applied,
        "line": form.wanted.get("line", ""),
        "crumbs": [HOME, ("资助发放", None), ("发放批次", None)],
        "batches": found,
        "next_url": f"?{urlencode(form.wanted | {'after': next_key})}" if next_key else "",
        "may_open": request.user.can(P.OPEN_BATCH),
    }
    return render(request, "subsidies/batches.html", context)


def flow_of(batch: Batch) -> list[dict]:
    """Return the steps of a batch as done, going on and to come; while it is open the schools' step ends with the last report."""
    days = options("publicity_working_days")["publicity_working_days"]
    reported = batch.state != BatchState.OPEN or not batch.sheets.filter(state__in=OWN).exists()
    states = list(BatchState)
    if batch.state == BatchState.CANCELLED:
        return [{"text": batch.get_state_display(), "state": "bad"}]
    now = states.index(batch.state)
    steps = [{"text": "学校报送", "state": "done" if reported else "doing"}]
    for text, during in BATCH_STEPS:
        places = [states.index(state) for state in during]
        state = "done" if now > max(places) or batch.state == BatchState.ARCHIVED else "todo"
        if now in places and reported and batch.state != BatchState.ARCHIVED:
            state = "doing"
        steps.append({"text": text, "state": state, "note": f"{days}个工作日" if text == "公示" else ""})
    return steps


def strip_of(figures: dict) -> list[dict]:
    """Return the figures of the strip above a batch or a queue."""
    return [
        {"label": "人数", "value": f"{figures['students']:,}", "unit": "人"},
        {"label": "金额", "value": yuan(figures["fen"]), "unit": "元"},
        {"label": "核验一致", "value": f"{figures['good']:,}", "unit": "人", "s": "ok"},
        {"label": "需关注", "value": f"{figures['attention']:,}", "unit": "人", "s": "bad" if figures["attention"] else ""},
    ]  # fmt: skip


@needs(P.VIEW_SUBSIDIES)
@require_GET
def batch(request, pk):
    """Show a batch: figures, where it stands, its sheets, who did what."""
    found = _batch(request, pk)
    sheets = queries.sheets_of(found, request.user, P.VIEW_SUBSIDIES)
    lines = found.lines.visible_to(request.user, P.VIEW_SUBSIDIES)
    context = {
        "crumbs": [HOME, CRUMB, (found.number, None)],
        "batch": found,
        "figures": strip_of(queries.figures_of(lines)),
        "flow": flow_of(found),
        "sheets": sheets,
        "programmes": found.programmes.all(),
        "decisions": found.decisions.all(),
        "funding": funding_of(found) if request.user.can(P.VIEW_FUNDS) else None,
        "steps": [t for t in BATCH_FLOW.open_to(found.state, request.user.can) if t.verb in STEPS],
        "may_republish": found.state in BATCH_FLOW["republish"].sources and request.user.can(P.PUBLISH),
    }
    return render(request, "subsidies/batch.html", context)


def _warn_of_lacking_money(request, batch: Batch) -> None:
    """Where the county only wants to be told, tell."""
    lacking = sum(row["lacking_fen"] for row in funding_of(batch))
    if lacking:
        messages.warning(request, f"资金不足：本批还缺 {yuan(lacking)} 元没有到账，见“资金来源”。")


def _batch(request, pk, permission=P.VIEW_SUBSIDIES) -> Batch:
    seen = Batch.objects.visible_to(request.user, permission)
    return get_object_or_404(seen.select_related("term", "follows"), pk=pk)


@needs(P.OPEN_BATCH)
@require_GET
def batch_open(request):
    """Choose what a new batch takes, among what is outstanding for the term."""
    term = working_term(request)
    with_past = bool(request.GET.get("with_past"))
    opening = actions.opening_of(term, with_past=with_past) if term else None
    owed = opening.by_programme() if opening else []
    form = OpenBatchForm(
        request.GET if "programme" in request.GET or "title" in request.GET else None,
        initial={"title": f"{term} 资助发放", "with_past": with_past},
        programmes=[row["programme"] for row in owed],
    )
    if form.is_bound and form.is_valid():
        return redirect(f"{reverse('subsidies:batch_open_confirm')}?{request.GET.urlencode()}")
    context = {
        "crumbs": [HOME, CRUMB, ("开立批次", None)],
        "term": term,
        "owed": owed,
        "left_out": opening.left_out() if opening else {},
        "form": form,
        "with_past": with_past,
        "chosen": form.data.getlist("programme") if form.is_bound else [row["programme"].pk for row in owed],
    }
    return render(request, "subsidies/batch_open.html", context)


@needs(P.OPEN_BATCH)
@require_http_methods(["GET", "POST"])
def batch_open_confirm(request):
    """Say what the batch will hold; a POST opens it."""
    term = working_term(request)
    data = request.POST or request.GET
    with_past = bool(data.get("with_past"))
    opening = actions.opening_of(term, with_past=with_past) if term else None
    owed = opening.by_programme() if opening else []
    form = OpenBatchForm(data, programmes=[row["programme"] for row in owed])
    if not form.is_valid():
        messages.error(request, "所选项目已没有待发资金，或没有填写名称，请重新选择。")
        return redirect("subsidies:batch_open")
    if request.method == "POST":
        try:
            made = actions.open_batch(
                by=actor(request, P.OPEN_BATCH), term=term, programmes=form.cleaned_data["programme"],
                title=form.cleaned_data["title"], with_past=with_past,
            )  # fmt: skip
        except StepRefused as refused:
            messages.error(request, str(refused))
            return redirect("subsidies:batch_open")
        messages.success(request, f"批次 {made.number} 已开立，各校可以报送。")
        return redirect("subsidies:batch", pk=made.pk)
    chosen = form.cleaned_data["programme"]
    rows = [row for row in owed if row["programme"].pk in chosen]
    context = {
        "crumbs": [HOME, CRUMB, ("开立批次", None)],
        "term": term,
        "rows": rows,
        "fen": sum(row["fen"] for row in rows),
        "left_out": opening.left_out(chosen) if opening else {},
        "chosen": form.cleaned_data,
        "back_url": f"{reverse('subsidies:batch_open')}?{urlencode({'term': term.pk})}",
    }
    return render(request, "subsidies/batch_open_confirm.html", context)


@needs(P.APPROVE_OFFICE, P.APPROVE_FINAL, P.PUBLISH, P.OPEN_BATCH)
@require_http_methods(["GET", "POST"])
def batch_step(request, pk, verb):
    """Ask before a step of a batch, with the total in figures and capitals; a POST takes it."""
    if verb not in STEPS:
        raise Http404
    transition = BATCH_FLOW[verb]
    found = get_object_or_404(Batch.objects.visible_to(request.user, P.VIEW_SUBSIDIES), pk=pk)
    if not request.user.can(transition.permission):
        raise PermissionDenied
    act, text, button = STEPS[verb]
    form = ReasonForm(request.POST or None) if transition.needs_reason else None
    if request.method == "POST" and (form is None or form.is_valid()):
        try:
            reason = {"reason": form.cleaned_data["reason"]} if form else {}
            act(by=actor(request, transition.permission), batch=found, **reason)
        except StepRefused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, f"批次 {found.number}：“{transition.label}”已办理。")
            if verb == "approve_office":
                _warn_of_lacking_money(request, found)
        return redirect("subsidies:batch", pk=found.pk)
    context = {
        "crumbs": [
            HOME,
            CRUMB,
            (found.number, reverse("subsidies:batch", args=[pk])),
            (transition.label, None),
        ],
        "batch": found,
        "text": text,
        "title": transition.label,
        "button": button,
        "preview": queries.approval_preview(found),
        "funding": funding_of(found, queries.lines_to_approve(found)) if verb == "approve_office" else None,
        "danger": transition.needs_reason,
        "form": form,
        "reasons": ["金额与测算不符，请核对", "名单有误，请核对后重报", "缺少佐证材料"],
    }
    return render(request, "subsidies/batch_step.html", context, status=422 if form and form.errors else 200)
