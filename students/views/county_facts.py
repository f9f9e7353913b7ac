"""县定信息项: facts that the county defines for itself, kept by the data administrator."""

from functools import partial

from django.contrib import messages
from django.db import IntegrityError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.imports.aliases import headed_columns
from povertyedu.workbooks.headers import Vocabulary
from povertyedu.workflow.flow import StepRefused
from students.actions.county_facts import delete_fact, save_fact, set_in_use
from students.facts import BUILT_IN
from students.forms.county_facts import CountyFactForm
from students.models import CountyFact
from students.resources import RosterResource

STEPS = {
    "retire": (partial(set_in_use, in_use=False), "已停用"),
    "restore": (partial(set_in_use, in_use=True), "已恢复使用"),
    "delete": (delete_fact, "已删除"),
}


@needs(P.MANAGE_OPTIONS)
def county_facts(request):
    """List the county's own facts, in use first, and the built-in ones for comparison."""
    rows = CountyFact.objects.order_by("-is_active", "pk")
    context = {"crumbs": _crumbs(), "rows": rows, "built_in": BUILT_IN}
    return render(request, "students/county_facts.html", context)


@needs(P.MANAGE_OPTIONS)
def county_fact_new(request):
    return _edit(request, CountyFact(), "新增信息项")


@needs(P.MANAGE_OPTIONS)
def county_fact(request, pk):
    fact = get_object_or_404(CountyFact, pk=pk)
    return _edit(request, fact, f"修改{fact}")


@require_POST
@needs(P.MANAGE_OPTIONS)
def county_fact_step(request, pk, verb):
    """Retire, restore or delete one; what is refused is said on the list."""
    if verb not in STEPS:
        raise Http404
    fact = get_object_or_404(CountyFact, pk=pk)
    step, done = STEPS[verb]
    try:
        step(by=actor(request, P.MANAGE_OPTIONS), fact=fact)
    except StepRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{done}“{fact}”。")
    return redirect("students:county_facts")


def _edit(request, fact: CountyFact, title: str):
    vocabulary = Vocabulary(headed_columns(RosterResource()))
    form = CountyFactForm(request.POST or None, instance=fact, vocabulary=vocabulary)
    if request.method == "POST" and form.is_valid():
        try:
            save_fact(by=actor(request, P.MANAGE_OPTIONS), fact=form.instance)
        except StepRefused as refusal:
            form.add_error(None, str(refusal))
        except IntegrityError:
            form.add_error(None, "刚才有人添加了同名的信息项；请返回列表核对。")
        else:
            messages.success(request, f"已保存“{form.instance}”。")
            return redirect("students:county_facts")
    context = {
        "form": form,
        "title": title,
        "note": "名称成为花名册的一列和学生页的一格；代码供资助标准使用",
        "back_url": reverse("students:county_facts"),
        "crumbs": _crumbs((title, None)),
    }
    return render(request, "office/form.html", context, status=422 if form.errors else 200)


def _crumbs(*more):
    return [("系统管理", None), ("县定信息项", reverse("students:county_facts") if more else None), *more]
