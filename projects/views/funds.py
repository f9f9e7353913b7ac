"""项目资金: what all projects add up to, by source, by programme and by township."""

from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from povertyedu.accounts.access import needs
from povertyedu.accounts.permissions import Permission as P
from projects.queries import lists

from .projects import chosen, crumbs


@needs(P.VIEW_PROJECTS)
@require_GET
def funds(request):
    """Show the sums three times, each table with the same grand total."""
    form, every, _ = chosen(request)
    rows = every.standing()
    target = reverse("projects:list")
    context = {
        "crumbs": crumbs(("项目资金", None)),
        "form": form,
        "applied": form.in_force(),
        "total": lists.totals(rows),
        "tables": [
            {"name": "source", "title": "按资金来源", "head": "资金来源", "rows": lists.by_source(rows), "url": f"{target}?source="},
            {"name": "programme", "title": "按建设规划", "head": "建设规划", "rows": lists.by_programme(rows), "url": f"{target}?programme="},
            {"name": "township", "title": "按乡镇", "head": "乡镇", "rows": lists.by_township(rows), "url": f"{target}?township="},
        ],
    }  # fmt: skip
    return render(request, "projects/funds.html", context)
