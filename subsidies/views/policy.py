"""资助标准: the rules in force, each figure with its clause and words."""

from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from povertyedu.accounts.access import needs, working_term
from povertyedu.accounts.permissions import Permission
from subsidies import engine
from subsidies.actions.figures import told
from subsidies.actions.policies import NoPolicy, pack_of, policy_for
from subsidies.views.versions import tabs


@needs(Permission.VIEW_POLICY)
@require_GET
def policy(request):
    """Show the current pack as a rule book, programme by programme."""
    term = working_term(request)
    context = {
        "crumbs": [("首页", reverse("home:todo")), ("资助标准", None)],
        "term": term,
        "tabs": tabs("policy"),
    }
    try:
        current = policy_for(term.pk if term else "")
    except NoPolicy:
        return render(request, "subsidies/policy.html", context)
    pack = pack_of(current)
    context |= {
        "policy": current, "pack": pack, "book": _book(pack, term), "figures": told(pack, current.figures),
        "readings": [parameter for parameter in pack.parameters if not parameter.is_filled_in],
    }  # fmt: skip
    return render(request, "subsidies/policy.html", context)


def _book(pack: engine.Policy, term) -> list[dict]:
    """Return the pack's programmes with their rules, each rule with what it rests on."""
    on = engine.Term.parse(term.pk) if term else None
    return [
        {
            "programme": programme,
            "rules": [
                {
                    "rule": rule,
                    "parameters": pack.parameters_of(rule),
                    "in_force": on is None or rule.in_force(on),
                }
                for rule in pack.rules
                if rule.programme == programme.code
            ],
        }
        for programme in pack.programmes
    ]
