"""应享测算: what the rules give this term, by programme, and the runs that made it so."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from povertyedu.accounts.access import needs, working_term
from povertyedu.accounts.permissions import Permission
from povertyedu.jobs.tasks import start
from students.actions.recalculating import KIND, job_on, lock_of
from students.enums import ChangeCause
from subsidies.actions import nightly
from subsidies.actions.policies import NoPolicy, policy_for
from subsidies.forms.calculation import RunsForm
from subsidies.models import Entitlement, Programme
from subsidies.queries import last_runs, marks_by_cause, marks_of, totals_by_programme, waiting_children


@needs(Permission.RECALCULATE, Permission.VIEW_POLICY)
@require_GET
def calculation(request):
    """Show the term's entitlements by programme, what waits to be recalculated, and the last runs."""
    term = working_term(request)
    try:
        policy = policy_for(term) if term else None
    except NoPolicy:
        policy = None
    seen = Entitlement.objects.visible_to(request.user)
    totals = totals_by_programme(seen, term=term)
    form = RunsForm(request.GET)
    names = dict(Programme.objects.values_list("code", "name"))
    rows = [{"name": names[code], "code": code} | total for code, total in totals.items()]
    marks = marks_by_cause(marks_of(term))
    context = {
        "crumbs": [("首页", reverse("home:todo")), ("应享测算", None)],
        "term": term,
        "policy": policy,
        "rows": rows,
        "by_kind": _by_kind(rows),
        "waiting": waiting_children(term),
        "marks": [(ChangeCause(cause).label, n) for cause, n in marks.items()],
        "form": form,
        "runs": last_runs(term, form.chosen),
        "job": job_on(term) if term else None,
        "failed_night": nightly.unfinished().filter(pk=term.pk).first() if term else None,
        "may_start": request.user.can(Permission.RECALCULATE),
    }
    return render(request, "subsidies/calculation.html", context)


def _by_kind(rows: list[dict]) -> dict[str, int]:
    sums = {"cash": 0, "waiver": 0, "in_kind": 0}
    for row in rows:
        sums[row["kind"]] = sums.get(row["kind"], 0) + row["amount_fen"]
    return sums


@needs(Permission.RECALCULATE)
@require_POST
def start_recalculation(request):
    """Send a recalculation to the background; one at a time for a term."""
    term = working_term(request)
    if term is None:
        messages.error(request, "还没有学期，请先导入花名册。")
    elif job_on(term):
        messages.info(request, "本学期正在重算，请等它完成。")
    else:
        start(
            KIND, label=f"重算 {term}", by=request.user, url=reverse("subsidies:calculation"), lock=lock_of(term),
            arguments={"term": term.pk, "only_changed": "all" not in request.POST},
        )  # fmt: skip
        messages.success(request, "已开始重算，完成后会有消息。")
    return redirect("subsidies:calculation")
