"""表头写法: by which words each column is found, built in and the county's own."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission
from povertyedu.audit.models import record

from . import actions
from .forms import AliasForm
from .models import HeadingAlias

may_set = needs(Permission.IMPORT_LISTS, Permission.MANAGE_ORGS)


@may_set
def aliases(request):
    """Show the words of one kind (``?kind=``) and add one."""
    resources = {resource.kind: resource for resource in actions.kinds_open_to(request.user)}
    kind = request.GET.get("kind") or next(iter(resources))
    if kind not in resources:
        raise Http404
    resource, here = resources[kind], f"{reverse('imports:aliases')}?kind={kind}"
    form = AliasForm(request.POST or None, resource=resource)
    if request.method == "POST" and form.is_valid():
        saved = form.save(by_name=request.user.name)
        record(actor(request), action="imports.alias", subject=saved, changes={"kind": kind, "column": saved.column, "text": saved.text})  # fmt: skip
        messages.success(request, f"已添加“{saved}”，以后的导入都会认。")
        return redirect(here)
    own = list(HeadingAlias.objects.filter(kind=kind))
    context = {
        "crumbs": [("首页", reverse("home:todo")), ("批量导入", reverse("imports:list")), ("表头写法", None)],
        "resource": resource,
        "form": form,
        "here": here,
        "kinds": [
            {"text": each.label, "url": f"?kind={each.kind}", "active": each.kind == kind}
            for each in resources.values()
        ],
        "columns": [
            (column, "、".join(column.aliases), [alias for alias in own if alias.column == column.name])
            for column in resource.columns()
        ],
    }
    return render(request, "imports/aliases.html", context, status=422 if form.errors else 200)


@require_POST
@may_set
def alias_delete(request, pk: int):
    """Take one of the county's own words away."""
    found = get_object_or_404(HeadingAlias, pk=pk)
    if not request.user.can(actions.resource_of(found.kind).permission):
        raise PermissionDenied
    record(actor(request), action="imports.alias_delete", subject=found, changes={"kind": found.kind, "column": found.column, "text": found.text})  # fmt: skip
    found.delete()
    messages.success(request, f"已去掉“{found}”。")
    return redirect(f"{reverse('imports:aliases')}?kind={found.kind}")
