"""资助标准: the rule book of a term, each figure with its clause and words; two terms or two plans side by side."""

import datetime as dt
from dataclasses import dataclass

from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from povertyedu.accounts.access import needs, working_term
from povertyedu.accounts.permissions import Permission as P
from subsidies import engine
from subsidies.actions.figures import told
from subsidies.actions.policies import NoPolicy, pack_named, pack_of, policy_for
from subsidies.forms.policies import CompareForm, every_term
from subsidies.models import Policy
from subsidies.queries.policies import built_in_titles, read_on
from subsidies.queries.rulebook import Side, book_of, compare, figure_of
from subsidies.views.versions import tabs


@dataclass(frozen=True)
class Source:
    """Where a book is read from: the policy in force in a term, a stored one (its number), or a built-in pack (its name)."""

    label: str
    pack: engine.Policy
    figures: dict
    policy: Policy | None = None


def source_of(request, named: str, term: engine.Term) -> Source:
    """Return the source that an address names; blank is what is in force in ``term``. Raise NoPolicy, PackError, Http404."""
    if not named:
        policy = policy_for(str(term))
        return Source(str(policy), pack_of(policy), policy.figures, policy)
    if named.isascii() and named.isdigit() and len(named) < 19:
        seen = Policy.objects.visible_to(request.user).exclude(state="dropped")
        policy = get_object_or_404(seen, pk=named)
        return Source(str(policy), pack_of(policy), policy.figures, policy)
    if named not in dict(built_in_titles()):
        raise Http404
    pack = pack_named(named)
    return Source(f"{pack.title}（内置）", pack, {})


def sources(request) -> list[tuple[str, str]]:
    """Return what books there are to choose from."""
    stored = Policy.objects.visible_to(request.user).exclude(state="dropped").defer("text", "included")
    built_in = [(name, f"{title}（内置）") for name, title in built_in_titles()]
    return [("", "该学期适用的政策"), *((str(policy.pk), f"{policy}") for policy in stored), *built_in]


def _working(request) -> engine.Term:
    term = working_term(request)
    return engine.Term.parse(term.pk if term else every_term()[0][0])


def _on(request) -> tuple[engine.Term, dt.date | None]:
    """Return the term that the address asks for, itself or by a day of it, else the working term. Raise ValueError, in a sentence."""
    asked = request.GET.get("day") or request.GET.get("on")
    return read_on(asked) if asked else (_working(request), None)


@needs(P.VIEW_POLICY)
@require_GET
def policy(request):
    """The rule book: programme by stage in a term or on a day, each figure with its clause; ``?of=`` another than what is in force."""
    named, wrong = request.GET.get("of", ""), ""
    try:
        on, day = _on(request)
    except ValueError as error:
        on, day, wrong = _working(request), None, str(error)
    status = 422 if wrong else 200
    context = {
        "day": day,
        "wrong": wrong,
        "crumbs": [("首页", reverse("home:todo")), ("资助标准", None)],
        "on": on,
        "named": named,
        "terms": every_term(str(on)),
        "sources": sources(request),
        "tabs": tabs("policy"),
    }
    try:
        source = source_of(request, named, on)
    except (NoPolicy, engine.PackError) as error:
        context["error"] = str(error)
        return render(request, "subsidies/policy.html", context, status=status)
    pack = source.pack
    context |= {
        "source": source,
        "pack": pack,
        "book": book_of(pack, source.figures, on),
        "rules": [
            {"rule": rule, "figure": figure_of(rule, pack, source.figures, on) if rule.in_force(on) else None,
             "parameters": pack.parameters_of(rule), "programme": pack.programme(rule.programme)}
            for rule in pack.rules
        ],
        "figures": told(pack, source.figures),
        "readings": [parameter for parameter in pack.parameters if not parameter.is_filled_in],
        "treatments": [{"it": item, "in_force": item.in_force(on)} for item in pack.treatments],
        "query": urlencode({"on": str(on), "of": named}),
    }  # fmt: skip
    return render(request, "subsidies/policy.html", context, status=status)


@needs(P.VIEW_POLICY)
@require_GET
def policy_rule(request):
    """One rule whole: who, how much when, by which words, from whose money. A fragment for the drawer, a page without script."""
    if "code" not in request.GET:
        return redirect("subsidies:policy")
    try:
        on, _ = _on(request)
        source = source_of(request, request.GET.get("of", ""), on)
    except (NoPolicy, engine.PackError, ValueError) as error:
        raise Http404 from error
    pack = source.pack
    rule = pack.rule_of.get(request.GET.get("code", ""))
    if rule is None:
        raise Http404
    given = {row["parameter"].code: row for row in told(pack, source.figures)}
    back = f"{reverse('subsidies:policy')}?{urlencode({'on': str(on), 'of': request.GET.get('of', '')})}"
    context = {
        "crumbs": [("资助标准", back), (rule.label, None)],
        "source": source,
        "on": on,
        "rule": rule,
        "programme": pack.programme(rule.programme),
        "figure": figure_of(rule, pack, source.figures, on) if rule.in_force(on) else None,
        "group": pack.group_of.get(rule.group or ""),
        "rivals": [
            other for other in pack.rules if rule.group and other.group == rule.group and other is not rule
        ],
        "yields": pack.rules_behind(rule.yields_to),
        "figures": [given[p.code] for p in pack.parameters_of(rule) if p.is_filled_in],
        "readings": [p for p in pack.parameters_of(rule) if not p.is_filled_in],
    }
    template = "subsidies/policy/_rule.html" if request.htmx else "subsidies/policy/rule.html"
    return render(request, template, context)


@needs(P.VIEW_POLICY)
@require_GET
def policy_compare(request):
    """Two terms or days of what is in force, or two plans, side by side: same, changed, only here."""
    term = str(_working(request))
    initial = {"left_term": term, "right_term": term}
    form = CompareForm(
        request.GET if {"left_term", "left_day"} & set(request.GET) else None,
        sources=sources(request),
        initial=initial,
    )
    context = {
        "crumbs": [("资助标准", reverse("subsidies:policy")), ("对比", None)],
        "tabs": tabs("policy_compare"),
        "form": form,
    }
    if form.is_bound and form.is_valid():
        try:
            sides = [_side(request, form, name) for name in ("left", "right")]
        except (NoPolicy, engine.PackError) as error:
            form.add_error(None, str(error))
        else:
            rows = compare(*sides)
            counts = {
                verdict: sum(row.verdict == verdict for row in rows)
                for verdict in ("same", "changed", "left", "right")
            }
            shown = [row for row in rows if not form.cleaned_data["only_changed"] or row.verdict != "same"]
            context |= {"left": sides[0], "right": sides[1], "rows": shown, "counts": counts}
    return render(request, "subsidies/policy/compare.html", context, status=422 if form.errors else 200)


def _side(request, form: CompareForm, name: str) -> Side:
    term, day = form.cleaned_data[f"{name}_on"], form.cleaned_data[f"{name}_day"]
    source = source_of(request, form.cleaned_data[name], term)
    when = f"{term.label}（{day}）" if day else term.label
    return Side(f"{source.label}，{when}", source.pack, source.figures, term)
