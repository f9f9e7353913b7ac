"""应聘人员: from the application over rank and examination to the first day at the school."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.ui.listing import Listing
from povertyedu.workbooks.writing import LedgerColumn
from povertyedu.workflow.attempt import attempt
from teachers.actions import candidates as actions
from teachers.actions import hiring, posting
from teachers.forms import recruitment as forms
from teachers.models import Candidate
from teachers.queries import recruitment as queries
from teachers.states.recruitment import CANDIDATE_FLOW

from .handing import table_handed_over
from .recruitment import crumbs, page_of, plan_of

KEPT = ("tab", "township", "channel", "subject", "q")
RELATED = ("plan", "line__school__area", "line__target", "teacher__person")
COLUMNS = (
    LedgerColumn("渠道", width=14), LedgerColumn("报考学校", width=26), LedgerColumn("学段", width=10), LedgerColumn("学科", width=12),
    LedgerColumn("姓名", width=12), LedgerColumn("笔试", width=9), LedgerColumn("面试", width=9), LedgerColumn("总成绩", width=9),
    LedgerColumn("名次", "int", width=7), LedgerColumn("状态", width=14), LedgerColumn("到岗日期", width=12),
)  # fmt: skip


def _chosen(request, plan):
    form = forms.CandidatesFilter(request.GET, user=request.user, permission=P.PLAN_RECRUITMENT)
    rows = Candidate.objects.visible_to(request.user, P.VIEW_TEACHERS).filter(plan=plan)
    return (
        form,
        queries.narrowed(rows, form.wanted),
        Listing(request, KEPT).tab(queries.CANDIDATE_TABS, "all"),
    )


@needs(P.PLAN_RECRUITMENT, P.APPROVE_RECRUITMENT)
@require_GET
def candidates(request, pk):
    """List who applied, by post and rank, with what is to be done next for all of them."""
    plan = plan_of(request, pk)
    form, every, tab = _chosen(request, plan)
    rows = every.filter(queries.CANDIDATE_TABS[tab][1]).select_related(*RELATED)
    listing = Listing(request, KEPT)
    counts = queries.tab_counts(every)
    may = request.user.can(P.PLAN_RECRUITMENT) and plan.state == "approved"
    context = {
        "crumbs": crumbs((plan.name, plan.get_absolute_url()), ("应聘人员", None)),
        "it": plan, "form": form, "applied": form.in_force(), "keep": {"tab": tab}, "may_work": may,
        "tabs": [
            {"text": text, "count": counts[name], "active": name == tab, "url": f"?{listing.query(tab=name)}"}
            for name, (text, _) in queries.CANDIDATE_TABS.items()
        ],
        "together": queries.together(counts) if may else [],
        **listing.numbered(rows.best_first(), reverse("teachers:candidates_export", args=[pk])),
    }  # fmt: skip
    return render(request, "teachers/recruitment/candidates.html", context)


@needs(P.PLAN_RECRUITMENT, P.APPROVE_RECRUITMENT)
@require_GET
def candidates_export(request, pk):
    """Hand over what the filter shows as a workbook; no number of anybody."""
    plan = plan_of(request, pk)
    form, every, tab = _chosen(request, plan)
    rows = every.filter(queries.CANDIDATE_TABS[tab][1]).select_related(*RELATED).best_first()
    words = "；".join(filter(None, [queries.CANDIDATE_TABS[tab][0], form.in_force()]))
    lines = (
        [str(row.line.target), row.line.school.name, row.line.get_stage_display(), row.line.get_subject_display(), row.name,
         *("" if score is None else str(score) for score in (row.written, row.interview, row.total)), row.rank, row.get_state_display(),
         str(row.posted_on or "")]
        for row in rows
    )  # fmt: skip
    return table_handed_over(
        request, COLUMNS, lines, title=f"{plan.name}应聘人员", name="应聘人员", words=f"筛选条件：{words}", file=f"应聘人员{plan.year}年"
    )  # fmt: skip


@needs(P.PLAN_RECRUITMENT)
@require_http_methods(["GET", "HEAD", "POST"])
def candidate_new(request, pk):
    """Register one applicant; many come by import."""
    plan = plan_of(request, pk, P.PLAN_RECRUITMENT)
    form = forms.CandidateForm(request.POST or None, plan=plan)
    back = reverse("teachers:candidates", args=[pk])
    if form.is_bound and form.is_valid():
        data = form.cleaned_data | {
            "line": form.cleaned_data["line"].pk,
            "phone": form.cleaned_data["phone"] or "",
        }
        new = [actions.Applicant(**data)]
        if attempt(form, actions.register, by=actor(request, P.PLAN_RECRUITMENT), plan=plan, applicants=new):
            messages.success(request, "已登记应聘人员。")
            return redirect(back)
    return page_of(
        request, form, crumbs=crumbs((plan.name, plan.get_absolute_url()), ("报名登记", None)), title="报名登记", button="登记", back_url=back,
        note=f"总成绩 = 笔试 × {plan.written_percent}% + 面试 × {100 - plan.written_percent}%",
    )  # fmt: skip


TOGETHER = {
    "select": ("按名次列入体检考察", "每个岗位按总成绩名次取岗位数以内的人；有人退出的，由下一名递补。名次相同、岗位不够的，留给您逐个办理。", actions.select),
    "clear": ("全部体检考察合格", "正在体检考察的全部记为合格；有不合格的，先逐个办理不予录用。", actions.clear_all),
    "list": ("公示拟聘用名单", "体检考察合格的人按学校公示姓名、学校和岗位，公示期满、没有异议，再由另一人批准聘用。", hiring.open_list),
}  # fmt: skip


@needs(P.PLAN_RECRUITMENT)
@require_http_methods(["GET", "HEAD", "POST"])
def together(request, pk, verb):
    """Take a step for everybody of a plan who is at it."""
    if verb not in TOGETHER:
        raise Http404
    plan = plan_of(request, pk, P.PLAN_RECRUITMENT)
    title, text, action = TOGETHER[verb]
    form = forms.OpinionForm(request.POST if request.method == "POST" else None)
    del form.fields["reason"]
    back = reverse("teachers:candidates", args=[pk])
    if form.is_bound and form.is_valid():
        done = attempt(form, action, by=actor(request, P.PLAN_RECRUITMENT), plan=plan)
        if done is not None:
            messages.success(request, f"已办理：{title}{_how_many(done)}。")
            return redirect(done if verb == "list" else back)
    return page_of(
        request, form, crumbs=crumbs((plan.name, plan.get_absolute_url()), (title, None)), title=title, note=plan.name, text=text, button=title,
        back_url=back,
    )  # fmt: skip


def _how_many(done) -> str:
    count = done if isinstance(done, int) else len(done) if isinstance(done, list) else None
    return "" if count is None else f"，{count} 人"


def _candidate(request, pk, permission=P.VIEW_TEACHERS) -> Candidate:
    rows = Candidate.objects.visible_to(request.user, permission).select_related(*RELATED, "hire_list")
    return get_object_or_404(rows, pk=pk)


STEPS = {
    "score": (P.PLAN_RECRUITMENT, "登记成绩", forms.ScoreForm),
    "transfer": (P.PLAN_RECRUITMENT, "调剂岗位", forms.TransferForm),
    "select": (P.PLAN_RECRUITMENT, "列入体检考察", forms.OpinionForm),
    "clear": (P.PLAN_RECRUITMENT, "体检考察合格", forms.OpinionForm),
    "reject": (P.PLAN_RECRUITMENT, "不予录用", forms.WhyForm),
    "withdraw": (P.PLAN_RECRUITMENT, "本人放弃", forms.WhyForm),
    "post": (P.PLAN_RECRUITMENT, "到岗", forms.PostForm),
}
ALONE = ("score", "transfer")  # while only registered, and no steps of the table


@needs(P.VIEW_TEACHERS)
@require_GET
def candidate(request, pk):
    """Show one candidate: post, scores, rank, how far, and the next step."""
    found = _candidate(request, pk)
    may = request.user.can(P.PLAN_RECRUITMENT)
    open_now = [
        step.verb for step in CANDIDATE_FLOW.open_to(found.state, request.user.can) if step.verb in STEPS
    ]
    if may and found.state == "registered":
        open_now = [*ALONE, *open_now] if found.total is None else [*open_now, *ALONE]
    context = {
        "crumbs": crumbs(
            *([(found.plan.name, found.plan.get_absolute_url()), ("应聘人员", reverse("teachers:candidates", args=[found.plan_id]))] if may else []),
            (found.name, None),
        ),
        "it": found,
        "steps": [{"text": STEPS[verb][1], "url": reverse("teachers:candidate_step", args=[pk, verb]), "main": n == 0} for n, verb in enumerate(open_now)],
        "may_plan": may,
        "log": [{"at": d.at, "by": d.by_name, "text": d.label, "reason": d.reason} for d in found.decisions.all()] if may else [],
    }  # fmt: skip
    return render(request, "teachers/recruitment/candidate.html", context)


def _act(*, verb, by, found, typed):
    data = typed.cleaned_data
    if verb == "score":
        return actions.score(by=by, plan=found.plan, scores=[(found, data["written"], data["interview"])])
    if verb == "transfer":
        return actions.transfer(by=by, candidate=found, **data)
    if verb == "post":
        return posting.post(by=by, candidate=found, **data)
    action = {
        "select": actions.choose,
        "clear": actions.clear,
        "reject": actions.reject,
        "withdraw": actions.withdraw,
    }
    return action[verb](by=by, candidate=found, reason=data["reason"] or "")


@needs(P.PLAN_RECRUITMENT)
@require_http_methods(["GET", "HEAD", "POST"])
def candidate_step(request, pk, verb):
    """Take one step of a candidate on a page of its own."""
    if verb not in STEPS:
        raise Http404
    permission, label, form_class = STEPS[verb]
    found = _candidate(request, pk, permission)
    more = {"candidate": found} if verb == "transfer" else {}
    initial = {
        "score": {"written": found.written, "interview": found.interview},
        "post": posting.usual(found),
    }.get(verb)
    form = form_class(request.POST if request.method == "POST" else None, initial=initial, **more)
    if (
        form.is_bound
        and form.is_valid()
        and attempt(form, _act, verb=verb, by=actor(request, permission), found=found, typed=form)
    ):
        messages.success(request, f"已办理：{label}。")
        return redirect(found)
    return page_of(
        request, form, crumbs=crumbs((found.name, found.get_absolute_url()), (label, None)), title=f"{label}：{found.name}", note=str(found.line),
        button=label, back_url=found.get_absolute_url(),
    )  # fmt: skip


@needs(P.VIEW_TEACHERS)
@require_GET
def arrivals(request):
    """List who was hired for the reader's schools: who is to come, who has come."""
    rows = Candidate.objects.visible_to(request.user, P.VIEW_TEACHERS).filter(state__in=["hired", "posted"])
    shown = Listing(request, ()).shown(rows.select_related(*RELATED))
    context = {"crumbs": crumbs(("新教师到岗", None)), **shown}
    return render(request, "teachers/recruitment/arrivals.html", context)
