"""列组合: which columns an export takes, saved under a name; the county's offices keep them, all may use them."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.audit.models import record
from students.forms.column_sets import ColumnSetForm
from students.models import ColumnSet
from students.resources.roster_export import roster_columns


@needs(P.MANAGE_OPTIONS)
def column_sets(request):
    """List the sets and save another one."""
    columns = roster_columns()
    form = ColumnSetForm(request.POST or None, choices=columns)
    if request.method == "POST" and form.is_valid():
        form.instance.updated_by = request.user.name
        saved = form.save()
        record(
            actor(request), action="students.column_set", subject=saved, changes={"columns": saved.columns}
        )
        messages.success(request, f"已保存列组合“{saved}”，导出时可以选用。")
        return redirect("students:column_sets")
    headings = dict(columns)
    sets = [
        (each, "、".join(headings[name] for name in each.columns if name in headings))
        for each in ColumnSet.objects.all()  # everyone: names of columns, nobody's data
    ]
    crumbs = [("首页", reverse("home:todo")), ("学生管理", reverse("students:list")), ("列组合", None)]
    context = {"form": form, "sets": sets, "crumbs": crumbs}
    return render(request, "students/column_sets.html", context, status=422 if form.errors else 200)


@require_POST
@needs(P.MANAGE_OPTIONS)
def column_set_delete(request, pk):
    found = get_object_or_404(ColumnSet, pk=pk)
    record(actor(request), action="students.column_set_delete", subject=found, changes={"name": found.name})
    found.delete()
    messages.success(request, f"已删除列组合“{found}”。")
    return redirect("students:column_sets")
