"""The promotion wizard: open, look through, correct, let it take effect, undo."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.enums import Stage, grade_name
from povertyedu.orgs.models import School
from povertyedu.workflow.flow import StepRefused
from students.actions import promotion as actions
from students.enums import Outcome
from students.forms.promotion import DecideForm, OpenPromotionForm, StepForm
from students.models import Promotion
from students.names import named
from students.queries.promotion import by_grade, counts_of
from students.states import PROMOTION_FLOW

PER_PAGE = 50
TONES = {"draft": "doing", "applied": "ok", "undone": "warn", "dropped": "todo"}
STEPS = {"apply": actions.apply, "drop": actions.drop, "undo": actions.undo}


@needs(P.MOVE_STUDENTS)
def promotions(request):
    """The runs one may see, and the form for a new one."""
    scope = request.user.scope(P.MOVE_STUDENTS)
    county = next((code for code in scope.areas if len(code) == 6), "")
    schools = School.objects.visible_to(request.user, P.MOVE_STUDENTS).filter(is_open=True)
    form = OpenPromotionForm(request.POST or None, schools=schools, whole_county=bool(county))
    if request.method == "POST" and form.is_valid():
        try:
            found = actions.open_promotion(
                by=actor(request, P.MOVE_STUDENTS), area=county, **form.cleaned_data
            )
            return redirect("students:promotion", found.pk)
        except StepRefused as refusal:
            form.add_error(None, str(refusal))
    runs = Promotion.objects.visible_to(request.user, P.MOVE_STUDENTS).select_related("school", "to_term")
    context = {
        "crumbs": _crumbs(link=False),
        "form": form,
        "runs": [{"it": run, "tone": TONES[run.state]} for run in runs[:PER_PAGE]],
        "may_set_feeders": request.user.can(P.MANAGE_ORGS),
    }
    return render(request, "students/promotion/list.html", context, status=422 if form.errors else 200)


@needs(P.MOVE_STUDENTS)
def promotion(request, pk):
    """One run: how many go where, grade by grade; the figures add up to last term's children."""
    found = _visible(request, pk)
    rows, counts = by_grade(found), counts_of(found)
    rows.sort(key=lambda row: (list(Stage).index(row["stage"]), row["grade"]))
    for row in rows:
        row["name"] = grade_name(row["stage"], row["grade"])
        row["stage_name"] = Stage(row["stage"]).label
        row["cells"] = [row[outcome.value] for outcome in Outcome]
        row["url"] = _lines_url(pk, stage=row["stage"], grade=row["grade"])
    lines = sum(counts.values())
    source = actions.source_of(found).count()
    context = {
        "crumbs": [*_crumbs(), (found.place, None)],
        "run": found,
        "tone": TONES[found.state],
        "rows": rows,
        "outcomes": list(Outcome),
        "sums": [counts.get(outcome.value, 0) for outcome in Outcome],
        "total": lines,
        "figures": _figures(found, counts, source=source, lines=lines),
        "undecided": found.lines.undecided().count() if found.is_draft else 0,
        "undecided_url": _lines_url(pk, undecided="1"),
        "lines_url": _lines_url(pk),
        "steps": PROMOTION_FLOW.open_to(found.state, request.user.can),
        "entries": [
            {"at": step.at, "by": f"{step.by_role} {step.by_name}", "text": step.label, "reason": step.reason}
            for step in found.decisions.all()
        ],
    }
    return render(request, "students/promotion/detail.html", context)


@needs(P.MOVE_STUDENTS)
def lines(request, pk):
    """The children of a run, by key; ticked ones are decided otherwise by the form at the foot."""
    found = _visible(request, pk)
    form = DecideForm(request.POST or None) if found.is_draft else None
    if request.method == "POST":
        if form is None:
            raise PermissionDenied
        if form.is_valid() and _decide(request, found, form):
            return redirect(request.get_full_path())
    rows, kept = _matching(request, found)
    after = request.GET.get("after", "")
    if after.isascii() and after.isdigit() and len(after) < 19:
        rows = rows.filter(pk__gt=after)
    shown = list(rows.select_related("student", "from_school", "to_school").order_by("pk")[: PER_PAGE + 1])
    context = {
        "crumbs": [*_crumbs(), (found.place, reverse("students:promotion", args=[pk])), ("名单", None)],
        "run": found,
        "form": form,
        "rows": shown[:PER_PAGE],
        "ticked": set(request.POST.getlist("line")),
        "tabs": _tabs(found, kept),
        "next_url": f"?{urlencode(kept | {'after': shown[PER_PAGE - 1].pk})}"
        if len(shown) > PER_PAGE
        else "",
        "first_url": f"?{urlencode(kept)}" if after else "",
        "words": _words(kept),
    }
    status = 422 if form is not None and form.errors else 200
    return render(request, "students/promotion/lines.html", context, status=status)


@needs(P.MOVE_STUDENTS)
def promotion_step(request, pk, verb):
    """Ask before a step and take it: 确认生效, 放弃, 撤销."""
    found = _visible(request, pk)
    if verb not in STEPS:
        raise Http404
    step = PROMOTION_FLOW[verb]
    form = StepForm(request.POST or None) if step.needs_reason else None
    if request.method == "POST" and (form is None or form.is_valid()):
        more = {"reason": form.cleaned_data["reason"]} if form else {}
        try:
            STEPS[verb](by=actor(request, P.MOVE_STUDENTS), promotion=found, **more)
            messages.success(request, f"已办理“{step.label}”。")
        except StepRefused as refusal:
            messages.error(request, str(refusal))
        return redirect("students:promotion", pk)
    counts = counts_of(found)
    context = {
        "crumbs": [*_crumbs(), (found.place, reverse("students:promotion", args=[pk])), (step.label, None)],
        "run": found,
        "step": step,
        "text": _TOLD[verb].format(run=found, **_sums(counts)),
        "form": form,
        "danger": verb != "apply",
    }
    status = 422 if form is not None and form.errors else 200
    return render(request, "students/promotion/step.html", context, status=status)


@require_POST
@needs(P.MOVE_STUDENTS)
def promotion_refresh(request, pk):
    """Read last term anew."""
    found = _visible(request, pk)
    try:
        actions.refresh(by=actor(request, P.MOVE_STUDENTS), promotion=found)
        messages.success(request, "已按上学期现在的学籍重新生成；人工改过的保留。")
    except StepRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("students:promotion", pk)


# --- how they do it -------------------------------------------------------------------------------

_TOLD = {
    "apply": "确认后，为 {stay} 名学生建立{run.to_term}学籍（升级 {promote}、留级 {repeat}、休学保留 {suspended}），"
    "另有 {sent} 名送初中、{graduate} 名毕业、{not_here} 名不再就读，转入“毕业去向”跟踪。要么全部写入，要么一行不写。",
    "drop": "放弃后，这份名单和其中的修改都会删除，学籍不受影响；可以重新生成。",
    "undo": "撤销后，本次建立的 {stay} 条新学期学籍和去向名单全部收回。已有人在上面办了后续事项的，不能撤销。",
}


def _sums(counts: dict) -> dict:
    every = {outcome.value: counts.get(outcome.value, 0) for outcome in Outcome}
    return every | {"stay": every["promote"] + every["repeat"] + every["suspended"]}


def _visible(request, pk) -> Promotion:
    rows = Promotion.objects.visible_to(request.user, P.MOVE_STUDENTS)
    return get_object_or_404(rows.select_related("school", "from_term", "to_term"), pk=pk)


def _figures(found, counts, *, source: int, lines: int) -> list[dict]:
    figures = [{"label": "上学期在校", "value": f"{source:,}", "unit": "人"}]
    figures += [
        {"label": outcome.label, "value": f"{counts.get(outcome.value, 0):,}", "unit": "人"}
        for outcome in Outcome
    ]
    if found.is_draft and source != lines:
        label = "已有新学期学籍" if source > lines else "生成后有变动"
        figures.append({"label": label, "value": f"{abs(source - lines):,}", "unit": "人"})
    return figures


def _lines_url(pk, **wanted) -> str:
    return f"{reverse('students:promotion_lines', args=[pk])}?{urlencode(wanted)}"


def _matching(request, found):
    """Return the lines the address asks for, and the part of the address that says so."""
    kept = {}
    rows = found.lines.all()
    if (outcome := request.GET.get("outcome", "")) in Outcome.values:
        rows, kept["outcome"] = rows.filter(outcome=outcome), outcome
    if (stage := request.GET.get("stage", "")) in Stage.values:
        rows, kept["stage"] = rows.filter(stage=stage), stage
    if (grade := request.GET.get("grade", "")) and grade.isascii() and grade.isdigit() and len(grade) < 3:
        rows, kept["grade"] = rows.filter(grade=grade), grade
    if name := request.GET.get("name", "")[:60]:
        rows, kept["name"] = rows.filter(named("student__name", name)), name
    if request.GET.get("undecided"):
        rows, kept["undecided"] = rows.undecided(), "1"
    return rows, kept


def _tabs(found, kept) -> list[dict]:
    counts = counts_of(found)
    base = {name: value for name, value in kept.items() if name not in ("outcome", "undecided")}
    tabs = [{"text": "全部", "url": f"?{urlencode(base)}", "active": not kept.get("outcome")}]
    for outcome in Outcome:
        if counts.get(outcome.value):
            url = f"?{urlencode(base | {'outcome': outcome.value})}"
            tabs.append({"text": outcome.label, "url": url, "active": kept.get("outcome") == outcome.value})
    return tabs


def _words(kept) -> str:
    words = []
    if kept.get("stage"):
        grade = int(kept["grade"]) if kept.get("grade") else 0
        words.append(grade_name(kept["stage"], grade) if grade else Stage(kept["stage"]).label)
    if kept.get("name"):
        words.append(f"姓名含“{kept['name']}”")
    if kept.get("undecided"):
        words.append("没有定对口初中的")
    return "，".join(words)


def _decide(request, found, form) -> bool:
    ticked = [pk for pk in request.POST.getlist("line") if pk.isascii() and pk.isdigit() and len(pk) < 19]
    if not ticked:
        form.add_error(None, "请先在名单上勾选学生。")
        return False
    try:
        done = actions.edit(
            by=actor(request, P.MOVE_STUDENTS), promotion=found, lines=found.lines.filter(pk__in=ticked),
            **form.cleaned_data,
        )  # fmt: skip
    except StepRefused as refusal:
        form.add_error(None, str(refusal))
        return False
    messages.success(request, f"已改 {done} 人。")
    return True


def _crumbs(*, link: bool = True):
    return [("首页", reverse("home:todo")), ("升级结转", reverse("students:promotions") if link else None)]
