"""版本与草稿: every version that was published, by whom, when and what it changed; where drafts are begun."""

from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from povertyedu.accounts.access import needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.models import Term
from subsidies.actions import averages, figures, ratios
from subsidies.actions.policies import pack_of, policies_for, successors
from subsidies.forms.policies import NewDraftForm
from subsidies.models import Policy
from subsidies.queries.policies import built_in_titles, line_diff

PER_PAGE = 20


def tabs(active: str) -> list[dict]:
    """Return the pages of 资助标准."""
    pages = (("policy", "资助标准"), ("policy_compare", "对比"), ("policy_versions", "版本与草稿"))
    return [
        {"text": text, "url": reverse(f"subsidies:{name}"), "active": name == active} for name, text in pages
    ]


@needs(P.VIEW_POLICY)
@require_GET
def versions(request):
    """What was published, by whom, when, what it changed; for who writes them the drafts, and a new one."""
    seen = Policy.objects.visible_to(request.user)
    published = seen.published().select_related("based_on")
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 19:
        published = published.filter(pk__lt=before)
    found = list(published.order_by("-pk")[: PER_PAGE + 1])
    terms = policies_for(list(Term.objects.order_by("starts_on")))
    instead = successors(found)
    context = {
        "crumbs": [("资助标准", reverse("subsidies:policy")), ("版本与草稿", None)],
        "tabs": tabs("policy_versions"),
        "versions": [_row(policy, terms, instead.get(policy.pk)) for policy in found[:PER_PAGE]],
        "next_url": f"?before={found[PER_PAGE - 1].pk}" if len(found) > PER_PAGE else "",
        "may_write": request.user.can(P.LOAD_POLICY),
    }
    if context["may_write"]:
        context["drafts"] = seen.drafts()
        context["form"] = NewDraftForm(
            packs=built_in_titles(), policies=seen.published().defer("text", "included"),
            initial={"policy": request.GET.get("policy", "")},
        )  # fmt: skip
    return render(request, "subsidies/policy/versions.html", context)


def _row(policy: Policy, terms: dict[str, Policy], instead: Policy | None) -> dict:
    base = policy.based_on
    marks = [line["mark"] for line in line_diff(base.text, policy.text)] if base else []
    changed = f"增 {marks.count('+')} 行，删 {marks.count('-')} 行"
    used = [code for code, used in terms.items() if used.pk == policy.pk]
    return {"policy": policy, "terms": used, "instead": instead, "changed": changed}


def what_changed(policy: Policy) -> dict:
    """Return how a sound policy differs from what it was based on: lines, figures, and packs it includes."""
    base = policy.based_on
    if base is None:
        return {"changes": [], "figure_changes": [], "included_changes": []}
    pack = pack_of(policy)
    figure_changes = [
        one
        for module in (figures, ratios, averages)
        for one in module.changes_between(pack, base.figures, policy.figures)
    ]
    names = sorted(base.included.keys() | policy.included.keys())
    return {
        "changes": line_diff(base.text, policy.text),
        "figure_changes": figure_changes,
        "included_changes": [name for name in names if base.included.get(name) != policy.included.get(name)],
    }


@needs(P.VIEW_POLICY)
@require_GET
def version(request, pk: int):
    """One published version: its text, what it changed, who decided."""
    seen = Policy.objects.visible_to(request.user).published()
    policy = get_object_or_404(seen.select_related("based_on"), pk=pk)
    base = policy.based_on
    trail = [("资助标准", reverse("subsidies:policy")), ("版本与草稿", reverse("subsidies:policy_versions"))]
    context = {
        "crumbs": [*trail, (str(policy), None)],
        "policy": policy,
        "against": f"与“{base}”相比" if base else "",
        **what_changed(policy),
        "figures": figures.told(pack_of(policy), policy.figures),
        "ratios": ratios.told(pack_of(policy)),
        "averages": averages.told(pack_of(policy)),
        "run": policy.what_ifs.first() if request.user.can(P.LOAD_POLICY) else None,
        "entries": [
            {"at": step.at, "by": step.by_name, "text": step.label} for step in policy.decisions.all()
        ],
    }
    return render(request, "subsidies/policy/version.html", context)
