"""预警名单: who is warned of and why, point by point; the county's figures behind it."""

from urllib.parse import urlencode

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dropout.actions import warnings as actions
from dropout.forms import WarningRuleForm
from dropout.forms.lists import asked_warnings
from dropout.models import WarningRule
from dropout.queries import warnings as queries
from povertyedu.accounts.access import actor, needs, working_term
from povertyedu.accounts.permissions import Permission as P
from povertyedu.options.registry import options
from povertyedu.ui.listing import PRINTED_AT_MOST
from povertyedu.workflow.attempt import attempt

from .chain import HOME
from .exporting import taken_out


def crumbs(*more) -> list[tuple]:
    return [HOME, ("控辍保学", None), ("预警名单", reverse("dropout:warnings") if more else None), *more]


@needs(P.VIEW_WARNINGS)
@require_GET
def warnings(request):
    """List the children over the line, the highest first, each with why."""
    user, term = request.user, working_term(request)
    if term is None:
        return render(request, "students/no_term.html", {"crumbs": crumbs()})
    asked = asked_warnings(request.GET, user=user, term=term)
    form, rows = asked.form, asked.rows
    counts, printing, after = (
        queries.counts_by_level(rows),
        "print" in request.GET,
        request.GET.get("after", ""),
    )
    page, following = (
        (list(rows.order_by("-points", "pk")[:PRINTED_AT_MOST]), "")
        if printing
        else queries.page_of(rows, after=after)
    )
    context = {
        "crumbs": crumbs(), "term": term, "form": form, "applied": form.in_force(), "rows": queries.with_children(page, term),
        "figures": [
            {"label": "重点", "value": f"{counts.get('high', 0):,}", "unit": "人", "s": "bad" if counts.get("high") else "ok"},
            {"label": "关注", "value": f"{counts.get('watch', 0):,}", "unit": "人"},
        ],
        "run": queries.last_run(term), "printing": printing, "total_text": f"共 {sum(counts.values()):,} 人",
        "has_rules": WarningRule.objects.visible_to(user, P.VIEW_WARNINGS).active().exists(),
        "first_url": f"?{_query(request)}" if after else "",
        "next_url": f"?{_query(request)}&after={following}" if following else "",
        "print_url": f"?{_query(request)}&print=1", "export_url": f"{reverse('dropout:warnings_export')}?{_query(request)}",
        "may_follow": user.can(P.WORK_CASES),
    }  # fmt: skip
    return render(request, "dropout/warnings.html", context)


def _query(request, **changes) -> str:
    names = ("term", "township", "school", "level")
    kept = {name: value for name in names if (value := request.GET.get(name))} | changes
    return urlencode({name: value for name, value in kept.items() if value})


@needs(P.VIEW_WARNINGS)
@require_POST
def warnings_export(request):
    """Write the list as a workbook, a long one in the background."""
    term = working_term(request)
    if term is None:
        return redirect("dropout:warnings")
    return taken_out(
        request, "warnings", asked_warnings(request.GET, user=request.user, term=term), term=term
    )


@needs(P.VIEW_WARNINGS)
@require_GET
def warning_rules(request):
    """Show what gives how many points; the county changes it."""
    rules = WarningRule.objects.visible_to(request.user, P.VIEW_WARNINGS).active()
    context = {
        "crumbs": crumbs(("预警分值", None)), "rules": rules, "may_manage": request.user.can(P.MANAGE_INDICATORS),
        "lines": options("warning_watch_points", "warning_high_points"),
    }  # fmt: skip
    return render(request, "dropout/warning_rules.html", context)


@needs(P.MANAGE_INDICATORS)
@require_POST
def warning_rules_usual(request):
    """Take over the usual figures."""
    if actions.take_usual(by=actor(request, P.MANAGE_INDICATORS)):
        messages.success(request, "已选用常用分值，可以逐条修改；一小时内算出预警名单。")
    return redirect("dropout:warning_rules")


@needs(P.MANAGE_INDICATORS)
@require_http_methods(["GET", "HEAD", "POST"])
def warning_rule(request, pk: int | None = None):
    """Add a band, or change its figures."""
    rules = WarningRule.objects.visible_to(request.user, P.MANAGE_INDICATORS).active()
    rule = get_object_or_404(rules, pk=pk) if pk else None
    form = WarningRuleForm(request.POST if request.method == "POST" else None, instance=rule)
    by, back = actor(request, P.MANAGE_INDICATORS), reverse("dropout:warning_rules")
    if (
        form.is_bound
        and form.is_valid()
        and attempt(form, actions.save_rule, by=by, rule=form.save(commit=False))
    ):
        messages.success(request, "已保存；一小时内按新的分值重算，改动记入操作日志。")
        return redirect(back)
    title = "修改预警分值" if rule else "添加预警分值"
    context = {
        "crumbs": crumbs(("预警分值", back), (title, None)),
        "form": form,
        "title": title,
        "back_url": back,
    }
    return render(request, "dropout/form.html", context, status=422 if form.errors else 200)


@needs(P.MANAGE_INDICATORS)
@require_POST
def warning_rule_remove(request, pk: int):
    """Put a band away."""
    rules = WarningRule.objects.visible_to(request.user, P.MANAGE_INDICATORS).active()
    actions.put_away(by=actor(request, P.MANAGE_INDICATORS), rule=get_object_or_404(rules, pk=pk))
    messages.success(request, "已停用；一小时内重算。")
    return redirect("dropout:warning_rules")
