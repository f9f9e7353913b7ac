"""预警名单: who is warned of and why, point by point; the county's figures behind it."""

import io
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dropout.actions import warnings as actions
from dropout.forms import WarningFilter, WarningRuleForm
from dropout.models import WarningRule
from dropout.queries import warnings as queries
from povertyedu.accounts.access import actor, needs, working_term
from povertyedu.accounts.permissions import Permission as P
from povertyedu.audit.models import record_access
from povertyedu.options.registry import option, options
from povertyedu.workbooks.writing import LedgerColumn, write_table
from povertyedu.workflow.attempt import attempt

from .chain import HOME

PRINTED_AT_MOST = 2000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def crumbs(*more) -> list[tuple]:
    return [HOME, ("控辍保学", None), ("预警名单", reverse("dropout:warnings") if more else None), *more]


@needs(P.VIEW_WARNINGS)
@require_GET
def warnings(request):
    """List the children over the line, the highest first, each with why."""
    user, term = request.user, working_term(request)
    if term is None:
        return render(request, "students/no_term.html", {"crumbs": crumbs()})
    form = WarningFilter(request.GET, user=user, permission=P.VIEW_WARNINGS)
    rows = queries.warned(term, user=user, permission=P.VIEW_WARNINGS, wanted=form.wanted)
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


COLUMNS = (
    LedgerColumn("姓名", width=10), LedgerColumn("学校", width=22), LedgerColumn("班级", width=14), LedgerColumn("等级", width=8),
    LedgerColumn("得分", width=8), LedgerColumn("为什么预警", width=70), LedgerColumn("从", width=12), LedgerColumn("此前得分", width=10),
)  # fmt: skip


@needs(P.VIEW_WARNINGS)
@require_POST
def warnings_export(request):
    """Write the list as a workbook; who took it is on record."""
    user, term = request.user, working_term(request)
    form = WarningFilter(request.GET, user=user, permission=P.VIEW_WARNINGS)
    if term is None:
        return redirect("dropout:warnings")
    rows = queries.warned(term, user=user, permission=P.VIEW_WARNINGS, wanted=form.wanted)
    most = option("large_export_rows")
    found = list(rows.order_by("-points", "pk")[: most + 1])
    if len(found) > most:
        messages.error(request, f"名单超过 {most:,} 人，请先按乡镇、学校筛选，再分开导出。")
        return redirect(f"{reverse('dropout:warnings')}?{_query(request)}")
    words = form.in_force() or "全部"
    record_access(
        actor(request, P.VIEW_WARNINGS), kind="download", subject=term, fields=f"预警名单 {len(found)} 人；{words}"[:200],
        reason="导出预警名单",
    )  # fmt: skip
    out = io.BytesIO()
    lines = (_line(*row) for row in queries.with_children(found, term))
    write_table(
        out, COLUMNS, lines, title=f"{term} 预警名单", name="预警名单", unit_line=f"筛选条件：{words}"
    )
    answer = HttpResponse(out.getvalue(), content_type=XLSX)
    answer["Content-Disposition"] = "attachment; filename*=UTF-8''%E9%A2%84%E8%AD%A6%E5%90%8D%E5%8D%95.xlsx"
    return answer


def _line(score, enrolment, before) -> list[str]:
    return [
        enrolment.student.name, str(enrolment.school or ""), str(enrolment.school_class or enrolment.grade_name),
        score.get_level_display(), str(score.points), "；".join(item["words"] for item in score.items), f"{score.since}",
        str(before.points) if before else "",
    ]  # fmt: skip


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
