"""One thing done to a project, on a page of its own: the form, the verb, back to the project."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.workflow.attempt import attempt
from projects.actions import funds, register, requests, work
from projects.enums import RequestKind
from projects.forms import funds as money
from projects.forms import projects as forms
from projects.models import FundEntry, Project

from .projects import crumbs, project_of


@dataclass(frozen=True)
class Act:
    """A verb of a project: who may, what is typed, what carries it out (by, project, the form's data)."""

    permissions: tuple[str, ...]
    label: str
    form: type
    carry_out: Callable
    note: str = ""

    @property
    def takes_file(self) -> bool:
        return "scan" in self.form.base_fields


def _plainly(verb: Callable) -> Callable:
    """A verb that takes the project and just what the form has; a file becomes ``upload``."""

    def carry_out(*, by, project, typed, account):
        data = dict(typed.cleaned_data)
        if "scan" in data:
            data |= {"upload": data.pop("scan"), "account": account}
        return verb(by=by, project=project, **data) or True

    return carry_out


def _of_line(verb: Callable) -> Callable:
    """A verb of the fund book that knows its project by line or part."""

    def carry_out(*, by, project, typed, account):
        return verb(by=by, **typed.cleaned_data)

    return carry_out


def _sign(*, by, project, typed, account):
    data = typed.cleaned_data
    fields = {name: data[name] for name in ("number", "contractor", "signed_on", "due_on")}
    return funds.sign(
        by=by, project=project, parts=typed.parts, upload=data["scan"], account=account, **fields
    )


def _ask(kind: str) -> Callable:
    def carry_out(*, by, project, typed, account):
        data = dict(typed.cleaned_data)
        if kind == RequestKind.TRANSFER:
            data["to_project"] = _target(typed, data.pop("to_code"), account)
            if typed.errors:
                return None
        data["amount_fen"], data["days"] = data.get("amount_fen") or 0, data.get("days") or 0
        return requests.ask(by=by, project=project, kind=kind, **data)

    return carry_out


def _target(form, code: str, user) -> Project | None:
    if not code:
        return None
    found = Project.objects.visible_to(user, P.KEEP_PROJECT_FUNDS).filter(code=code).first()
    if not found:
        form.add_error("to_code", f"没有编号为“{code}”的项目；请核对项目编号。")
    return found


MANAGE, KEEP = (P.MANAGE_PROJECTS,), (P.KEEP_PROJECT_FUNDS,)
ACTS = {
    "quantity": Act(MANAGE, "填建设内容", forms.QuantityForm, _plainly(register.set_quantity)),
    "plan": Act(MANAGE, "定节点计划", forms.PlanMilestoneForm, _plainly(work.plan_milestone)),
    "reach": Act(
        MANAGE, "登记节点完成", forms.ReachMilestoneForm, _plainly(work.reach_milestone),
        "开工、竣工、验收、资产移交会改变项目状态；先后日期不能颠倒",
    ),
    "progress": Act((P.REPORT_PROGRESS, P.MANAGE_PROJECTS), "填报进度", forms.ProgressForm, _plainly(work.report_progress)),
    "halt": Act(MANAGE, "停工", forms.WhyForm, _plainly(work.halt)),
    "resume": Act(MANAGE, "复工", forms.WhyForm, _plainly(work.resume)),
    "cancel": Act(MANAGE, "取消项目", forms.WhyForm, _plainly(work.cancel)),
    "grant": Act(MANAGE, "下达预算", money.GrantForm, _plainly(funds.grant)),
    "arrive": Act(KEEP, "登记到位", money.ArriveForm, _of_line(funds.arrive)),
    "sign": Act(MANAGE, "登记合同", money.ContractForm, _sign, "合同由哪些资金承担，各承担多少"),
    "pay": Act(KEEP, "登记支付", money.PayForm, _of_line(funds.pay)),
    "transfer": Act(KEEP, "申请资金调剂", money.TransferForm, _ask(RequestKind.TRANSFER), "专款专用：调剂经另一人批准才生效"),
    "change": Act(KEEP, "申请合同变更", money.ChangeForm, _ask(RequestKind.CHANGE), "经另一人批准才生效"),
    "over-contract": Act(KEEP, "申请超预算签约", money.OverContractForm, _ask(RequestKind.OVER_CONTRACT), "经另一人批准才能多签"),
    "over-pay": Act(KEEP, "申请超合同支付", money.OverPayForm, _ask(RequestKind.OVER_PAY), "经另一人批准才能多付"),
}  # fmt: skip


@needs(P.MANAGE_PROJECTS, P.KEEP_PROJECT_FUNDS, P.REPORT_PROGRESS)
@require_http_methods(["GET", "HEAD", "POST"])
def act(request, pk, verb):
    """Do one thing to a project."""
    if verb not in ACTS:
        raise Http404
    does = ACTS[verb]
    held = [p for p in does.permissions if request.user.can(p)]
    if not held:
        project_of(request, pk)
        raise PermissionDenied
    project = project_of(request, pk, held[0])
    more = {"project": project} if issubclass(does.form, money.OfProjectForm) else {}
    posted = request.method == "POST"
    form = does.form(request.POST if posted else None, request.FILES if posted else None, **more)
    if verb in ("plan", "reach") and not posted:
        form.fields["kind"].initial = request.GET.get("kind", "")
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            does.carry_out,
            by=actor(request, held[0]),
            project=project,
            typed=form,
            account=request.user,
        )
        if done:
            messages.success(request, f"已办理：{does.label}。")
            return redirect(project)
    context = {
        "crumbs": crumbs((project.name, project.get_absolute_url()), (does.label, None)), "title": f"{does.label}：{project.name}",
        "note": does.note, "form": form, "button": does.label, "back_url": project.get_absolute_url(), "with_file": does.takes_file,
    }  # fmt: skip
    return render(request, "projects/form.html", context, status=422 if form.errors else 200)


@needs(P.KEEP_PROJECT_FUNDS)
@require_http_methods(["GET", "HEAD", "POST"])
def entry_reverse(request, pk):
    """Ask why, then take back an entry of the fund book by its reversal."""
    rows = FundEntry.objects.visible_to(request.user, P.KEEP_PROJECT_FUNDS).select_related(
        "line__project", "part"
    )
    entry = get_object_or_404(rows, pk=pk)
    project = entry.line.project
    form = forms.WhyForm(request.POST or None)
    if form.is_bound and form.is_valid():
        by = actor(request, P.KEEP_PROJECT_FUNDS)
        if attempt(form, funds.take_back, by=by, entry=entry, reason=form.cleaned_data["reason"]):
            messages.success(request, "已冲销，原登记和冲销都留在账上。")
            return redirect(project)
    context = {
        "crumbs": crumbs((project.name, project.get_absolute_url()), ("冲销", None)),
        "title": f"冲销：{entry.get_kind_display()}", "entry": entry, "form": form, "button": "冲销",
        "note": "登记的资金不改不删，写错的用冲销更正", "back_url": project.get_absolute_url(),
    }  # fmt: skip
    return render(request, "projects/form.html", context, status=422 if form.errors else 200)
