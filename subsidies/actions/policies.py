"""Which rules are in force: packs by name, stored policies parsed, the policy of a term; and publishing one.

A draft is written in `drafting`; what it would change is found out in `what_if`. Published, a policy is
fixed for good, its programmes are rows that money is counted under.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from povertyedu.orgs.models import Term
from povertyedu.workflow.flow import Actor, StepRefused, advance
from students.models import CountyFact
from subsidies import engine
from subsidies.models import Policy, PolicyDecision, Programme
from subsidies.queries import Foretold, Reading, own_county, watched_programmes
from subsidies.states import POLICY_FLOW

from .declared_facts import create_declared
from .figures import unsettled

BUILT_IN = Path(__file__).resolve().parent.parent / "policies"


class NoPolicy(Exception):
    """No policy applies to the term."""

    def __str__(self):
        return "这个学期还没有适用的资助政策，请先在“资助标准”页起草并发布，或运行 load_policy。"


def built_in_packs() -> list[str]:
    """Return the names of the packs that come with the system."""
    return sorted(path.stem for path in BUILT_IN.glob("*.toml"))


def pack_text(name_or_path: str) -> str:
    """Return the text of a built-in pack by name, or of a file; raise FileNotFoundError."""
    path = BUILT_IN / f"{name_or_path}.toml" if name_or_path in built_in_packs() else Path(name_or_path)
    return path.read_text(encoding="utf-8-sig")


def library(name: str) -> str:
    """Return the text of a built-in pack that another includes; raise LookupError."""
    if name not in built_in_packs():
        raise LookupError(name)
    return pack_text(name)


def county_library() -> Callable[[str], str]:
    """Return what gives the text of a pack that another includes: a built-in one, else the newest this county has published.

    What a published one includes itself is what it was when it was published. Raise LookupError for neither.
    """
    included: dict[str, str] = {}

    def text_of(name: str) -> str:
        if name in included:
            return included[name]
        if name in built_in_packs():
            return library(name)
        policy = Policy.objects.published().filter(name=name).order_by("-version").first()
        if policy is None:
            raise LookupError(name)
        included.update(policy.included)
        return policy.text

    return text_of


def county_facts() -> tuple[engine.Fact, ...]:
    """Return the facts that this county has defined, as rules may ask them."""
    return tuple(
        engine.Fact(
            fact.name,
            engine.FactType(fact.kind),
            fact.label,
            choices=fact.choices,
            awaited=fact.kind == engine.FactType.CHOICE,
        )
        for fact in CountyFact.objects.all()
    )


def check(text: str) -> engine.Checkup:
    """Read, check and lint a pack's text as it would be here and now."""
    return engine.check_pack(text, library=county_library(), county_facts=county_facts())


def included_by(text: str) -> dict[str, str]:
    """Return {name: text} of the packs that ``text`` includes, and those that they do."""
    found: dict[str, str] = {}
    text_of = county_library()

    def kept(name: str) -> str:
        found[name] = text_of(name)
        return found[name]

    engine.check_pack(text, library=kept, county_facts=county_facts())
    return found


def policy_for(term: Term | str) -> Policy:
    """Return the policy of a term: the newest published one that applies from it or before; raise NoPolicy."""
    policy = Policy.objects.in_force(term if isinstance(term, str) else term.pk).first()
    if policy is None:
        raise NoPolicy
    return policy


def policies_for(terms: list[Term]) -> dict[str, Policy]:
    """Return {term code: its policy} of those ``terms`` that have one, in one query."""
    published = _newest_first()
    found = {term.pk: _in_force(published, engine.Term.parse(term.pk)) for term in terms}
    return {code: policy for code, policy in found.items() if policy}


def _newest_first() -> list[Policy]:
    return list(Policy.objects.published().defer("text", "included").order_by("-published_at", "-pk"))


def _in_force(published: list[Policy], on: engine.Term) -> Policy | None:
    return next((policy for policy in published if policy.since <= on), None)


@dataclass(frozen=True)
class GivingWay:
    """What a policy published now takes the place of: ``replaced``, in force where it begins, and ``overtaken``.

    Overtaken are those that begin later: nobody who publishes for an earlier term need think of them, yet the newest
    publication governs every term from its first on, so that none of theirs is left to them.
    """

    replaced: Policy | None
    overtaken: list[Policy]


def giving_way(since: engine.Term) -> GivingWay:
    """Return which published policies lose terms to one that is published now and applies from ``since`` on."""
    published = _newest_first()
    later = [p for p in published if p.since > since and _in_force(published, p.since) == p]
    return GivingWay(_in_force(published, since), sorted(later, key=lambda p: p.since))


def successors(policies: list[Policy]) -> dict[int, Policy]:
    """Return {primary key: the policy that governs in its place} of the published ``policies`` that apply to no term any more."""
    published = _newest_first()
    found = {policy.pk: _in_force(published, policy.since) for policy in policies}
    return {pk: now for pk, now in found.items() if now and now.pk != pk}


_ASKS_COUNTY: set[str] = (
    set()
)  # digests of texts that ask facts of the county's own: those alone need a query


@lru_cache(maxsize=16)
def _pack(digest: str, text: str, included: str, answers: str, county: tuple) -> engine.Policy:
    facts = [
        engine.Fact(
            name, engine.FactType(kind), label, choices=dict(choices), awaited=kind == engine.FactType.CHOICE
        )
        for name, kind, label, choices in county
    ]
    pack = engine.load_pack(text, library=json.loads(included).__getitem__, county_facts=facts)
    return engine.answered(pack, json.loads(answers))


def pack_of(policy: Policy) -> engine.Policy:
    """Return the rules of a stored policy with what the bureau has answered, parsed once per process.

    Raise PackError for a draft that is none yet.
    """
    answers = json.dumps(engine.answers_in(policy.figures))
    parts = policy.digest, policy.text, json.dumps(policy.included), answers
    if policy.digest not in _ASKS_COUNTY:
        try:
            return _pack(*parts, ())
        except engine.PackError:
            pass
    county = tuple((f.name, str(f.type), f.label, tuple(f.choices.items())) for f in county_facts())
    pack = _pack(*parts, county)
    _ASKS_COUNTY.add(policy.digest)
    return pack


@lru_cache(maxsize=16)
def pack_named(name: str) -> engine.Policy:
    """Return the rules of a built-in pack, parsed once per process; raise LookupError."""
    return engine.load_pack(library(name), library=library)


def reading_of(
    policy: Policy, term: Term, foretold: Foretold | None = None, *, at: engine.Term | None = None
) -> Reading:
    """Return for what the facts are read that ``policy``'s rules ask in ``term``, after what a draft gave before.

    ``at``: the term whose rules ask, where it is another: one still to come, tried on the facts of this one.
    """
    watched = watched_programmes(pack_of(policy), at or engine.Term.parse(term.pk))
    return Reading(term.pk, own_county(), policy.figures, watched, foretold or Foretold())


def at_of(policy: Policy, term: str) -> engine.At:
    """Return ``policy`` in a term by its code, for the shares of stored lines."""
    return engine.At(pack_of(policy), engine.Term.parse(term), policy.figures)


def decider_of(policy: Policy, term: Term, *, at: engine.Term | None = None) -> engine.Decider:
    """Return what decides the children of ``term`` under ``policy``; ``at`` as in :func:`reading_of`."""
    on = at or engine.Term.parse(term.pk)
    return engine.Decider(pack_of(policy), on, figures=policy.figures, county=own_county())


def digest_of(text: str, included: Mapping[str, str], figures: Mapping) -> str:
    """Return what tells two contents of a policy apart."""
    content = json.dumps([text, included, figures], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


class OpenParameters(StepRefused):
    """The document leaves figures open that the bureau has not filled in; such a policy is not published."""

    def __init__(self, parameters: tuple[engine.Parameter, ...]):
        self.parameters = parameters
        names = "、".join(f"“{parameter.label}”" for parameter in parameters)
        super().__init__(f"文件没有写明、须由教育局确定的金额还没有填：{names}。不执行的也请写明“不执行”。")


@transaction.atomic
def load_policy(
    *, text: str, by: Actor, applies_from: str = "", figures: Mapping | None = None, publish: bool = True
) -> Policy:
    """Publish ``text`` for the terms from ``applies_from`` on; return the policy, or its draft without ``publish``.

    Where the same text and figures are in force there already, nothing changes. What the bureau has answered
    on the page and need not answer goes on. Raise PackError, with every problem by line, when the pack is wrong
    or its worked examples do not come out; OpenParameters.
    """
    pack = engine.load_pack(text, library=county_library(), county_facts=county_facts())
    list(Policy.objects.select_for_update().values_list("pk"))
    present = Policy.objects.in_force(applies_from).first()
    goes_on = engine.answers_in(present.figures) if present and present.name == pack.name else {}
    figures = goes_on | dict(figures or {})
    if publish and present and present.digest == digest_of(text, included_by(text), figures):
        return present
    draft = new_draft(text=text, by=by, applies_from=applies_from, figures=figures, based_on=present)
    return publish_policy(policy=draft, by=by) if publish else draft


@transaction.atomic
def new_draft(
    *, text: str, by: Actor, applies_from: str = "", figures: Mapping | None = None, based_on: Policy | None = None
) -> Policy:  # fmt: skip
    """Write a draft; a text that is no pack yet takes its name from what it is ``based_on``."""
    name, title = title_of(text, based_on)
    draft = Policy(
        name=name, title=title, applies_from=applies_from, text=text, included=included_by(text), figures=dict(figures or {}),
        based_on=based_on, created_by=by.name, changed_by=by.name,
    )  # fmt: skip
    draft.digest = digest_of(draft.text, draft.included, draft.figures)
    draft.save()
    step = POLICY_FLOW["draft"]
    PolicyDecision.append(draft, step=step, old="", by=by, reason="", at=timezone.now())
    return draft


def title_of(text: str, otherwise: Policy | None) -> tuple[str, str]:
    """Return name and title of a pack's text; those of ``otherwise`` where it is no sound pack."""
    checkup = check(text)
    if checkup.errors:
        return (otherwise.name, otherwise.title) if otherwise else ("draft", "未命名的政策")
    return checkup.policy.name[:40], checkup.policy.title[:120]


@transaction.atomic
def publish_policy(*, policy: Policy, by: Actor) -> Policy:
    """Fix a draft for good: it gets its version, applies from now on, its programmes and county facts become rows.

    Raise PackError when its text is no sound pack, OpenParameters, StepRefused when it is no draft any more.
    """
    pack = pack_of(policy)
    if left := unsettled(pack, policy.figures):
        raise OpenParameters(left)
    list(Policy.objects.select_for_update().values_list("pk"))
    last = (
        Policy.objects.filter(name=pack.name, version__isnull=False)
        .order_by("-version")
        .values_list("version", flat=True)
        .first()
    )
    advance(
        policy, POLICY_FLOW, "publish", by=by, name=pack.name, title=pack.title, version=(last or 0) + 1,
        published_at=timezone.now(), published_by=by.name,
    )  # fmt: skip
    by_choice = {rule.programme for rule in pack.rules if engine.pick_of(rule, pack) is engine.Pick.CHOSEN}
    for programme in pack.programmes:
        Programme.objects.update_or_create(
            code=programme.code,
            defaults={
                "name": programme.label,
                "kind": str(programme.kind),
                "position": programme.order,
                "by_choice": programme.code in by_choice,
            },
        )
    create_declared(pack.declared_facts, by=by)
    return policy
