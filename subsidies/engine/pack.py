"""A policy pack: one county's plan written as TOML, read strictly and checked against its own examples.

Every figure carries its clause and the words of the document. Unknown keys, missing citations, rules that could
pay one programme twice and worked examples that do not come out are refused with file, line and a sentence.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from subsidies.engine.amounts import Amount
from subsidies.engine.checks import check_policy
from subsidies.engine.examples import Failure, check_examples
from subsidies.engine.fact_types import Fact
from subsidies.engine.lint import lint
from subsidies.engine.located import PackError, Problem, Table, open_toml, suggest
from subsidies.engine.read_conditions import Vocabulary
from subsidies.engine.read_rules import (
    NO_TERM,
    Heading,
    read_example,
    read_group,
    read_parameter,
    read_programme,
    read_rule,
    read_treatment,
    read_unpaid,
)
from subsidies.engine.rules import Policy, Programme, Rule

Library = Callable[[str], str]  # the text of a pack by name; LookupError for one it does not have

_TEXT_NAME = "政策文本"  # what a text without a file is called in messages
_PARTS = ("programme", "parameter", "fact", "treat", "group", "rule", "unpaid", "example")


def load_pack(
    source: str | Path, *, library: Library | None = None, county_facts: Iterable[Fact] = ()
) -> Policy:
    """Read a pack from a `Path` or from its text; PackError with every problem found.

    `library` gives the packs it includes; `county_facts` are the facts the county has defined. The worked
    examples are run last: a pack that does not give its author's own figures is refused.
    """
    policy, _, errors, _ = _read_whole(source, library, tuple(county_facts))
    if errors:
        raise PackError(errors)
    return policy


@dataclass(frozen=True, slots=True)
class Checkup:
    """A pack looked at from all sides: what makes it unusable, and what its author should look at again."""

    policy: Policy  # only to be used when there are no errors
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    failures: tuple[Failure, ...] = ()  # examples that do not come out, where that is all that is wrong


def check_pack(
    source: str | Path, *, library: Library | None = None, county_facts: Iterable[Fact] = ()
) -> Checkup:
    """Read, check and lint a pack, whatever is wrong with it."""
    policy, file, errors, failures = _read_whole(source, library, tuple(county_facts))
    warnings = [] if errors else [Problem(file, line, message) for line, message in lint(policy)]
    return Checkup(policy, _by_line(errors), _by_line(warnings), tuple(failures))


def _by_line(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(problems, key=lambda one: one.line))


def _read_whole(
    source: str | Path, library: Library | None, county_facts: tuple[Fact, ...]
) -> tuple[Policy, str, list[Problem], list[Failure]]:
    """(policy, file, problems, examples that fail); a policy with problems is not to be used."""
    try:
        text, file = _read(source)
        top = open_toml(text, file)
    except PackError as error:
        return Policy("", "", "", (), ()), error.problems[0].file, list(error.problems), []
    policy = _Reader(top, library, county_facts, ()).policy()
    errors = top.source.problems
    failures: list[Failure] = []
    if not errors:
        failures = check_examples(policy)
        errors = [Problem(file, failure.example.line, failure.message) for failure in failures]
    return policy, file, errors, failures


def _read(source: str | Path) -> tuple[str, str]:
    if isinstance(source, str):
        return source.removeprefix("\ufeff"), _TEXT_NAME
    try:
        return source.read_bytes().decode("utf-8-sig"), source.name
    except OSError as error:
        raise PackError([Problem(source.name, 1, "读不到这个文件，请检查文件名和路径")]) from error
    except UnicodeDecodeError as error:
        raise PackError([Problem(source.name, 1, "文件不是 UTF-8 编码，请在编辑器中另存为 UTF-8")]) from error


class _Reader:
    """Reads one pack, and first those it includes."""

    def __init__(
        self, top: Table, library: Library | None, county_facts: tuple[Fact, ...], above: tuple[str, ...]
    ) -> None:
        self.top = top
        self.library = library
        self.above = above  # the packs that include this one
        self.name = top.text("name")
        self.included = [
            one
            for name in top.texts("includes", required=False)
            if (one := self._include(name, county_facts))
        ]
        own = {fact.name: fact for fact in county_facts}
        for policy in self.included:
            own |= {fact.name: fact for fact in policy.county_facts}
        self.vocabulary = Vocabulary(tuple(own.values()))

    def _include(self, name: str, county_facts: tuple[Fact, ...]) -> Policy | None:
        """The rules of an included pack; a problem of it is told at the line that includes it."""
        trail = (*self.above, self.name)
        if name in trail:
            self.top.report(f"政策包“{name}”通过 includes 又包含了自己", "includes")
            return None
        try:
            if self.library is None:
                raise LookupError(name)
            text = self.library(name)
        except LookupError:
            self.top.report(f"没有可以包含的政策包“{name}”，请写内置政策包或本县已发布政策的代码", "includes")
            return None
        try:
            inner = open_toml(text.removeprefix("\ufeff"), name)
            policy = _Reader(inner, self.library, county_facts, trail).policy()
        except PackError as error:
            self.top.report(f"所包含的政策包有误：{error.problems[0]}", "includes")
            return None
        if inner.source.problems:
            self.top.report(f"所包含的政策包有误：{inner.source.problems[0]}", "includes")
            return None
        return policy

    def policy(self) -> Policy:
        top = self.top
        tables = {key: top.tables(key) for key in _PARTS}
        for table in tables["fact"]:
            self.vocabulary.declare(table, self.name)
        policy = self._with_own(self._base(), tables)
        top.close()
        if not policy.rules:
            top.report("没有一条规则，至少要写一个 [[rule]]")
        check_policy(policy, tables)
        return policy

    def _base(self) -> Policy:
        """The included packs as one, without what this plan replaces."""
        without = self.top.texts("without", required=False)
        codes = [part.code for one in self.included for part in one.rules]
        codes += [part.code for one in self.included for part in one.unpaid]
        codes += [part.code for one in self.included for part in one.treatments]
        for code in without:
            if code not in codes:
                self.top.report(f"所包含的政策包里没有“{code}”，{suggest(code, codes)}", "without")
        base = Policy(self.name, "", "", (), ())
        for one in self.included:
            base = replace(
                base,
                programmes=(*base.programmes, *one.programmes),
                parameters=(*base.parameters, *one.parameters),
                groups=(*base.groups, *one.groups),
                rules=(*base.rules, *(rule for rule in one.rules if rule.code not in without)),
                unpaid=(*base.unpaid, *(part for part in one.unpaid if part.code not in without)),
                treatments=(*base.treatments, *(part for part in one.treatments if part.code not in without)),
                declared_facts=(*base.declared_facts, *one.declared_facts),
            )
        return base

    def _with_own(self, base: Policy, tables: dict[str, list[Table]]) -> Policy:
        top = self.top
        rewritten = {str(table.values.get("code")) for table in tables["programme"]}
        kept = {rule.programme for rule in base.rules}
        programmes = [one for one in base.programmes if one.code in kept or one.code not in rewritten]
        for table in tables["programme"]:
            programmes.append(read_programme(table, len(programmes) + 1, self.name))
        head = self._heading(programmes)
        codes = [programme.code for programme in programmes]
        declared = {fact.name: fact for fact in (*base.declared_facts, *self.vocabulary.declared)}
        policy = Policy(
            name=self.name,
            title=top.text("title"),
            document=head.document,
            programmes=tuple(programmes),
            rules=(*base.rules, *(read_rule(table, head) for table in tables["rule"])),
            parameters=(
                *base.parameters,
                *(read_parameter(table, self.name) for table in tables["parameter"]),
            ),
            unpaid=(*base.unpaid, *(read_unpaid(table, head) for table in tables["unpaid"])),
            examples=tuple(read_example(table, head, codes) for table in tables["example"]),
            groups=(*base.groups, *(read_group(table) for table in tables["group"])),
            treatments=(*base.treatments, *(read_treatment(table, head) for table in tables["treat"])),
            declared_facts=tuple(declared.values()),
            county_facts=tuple(self.vocabulary.own.values()),
            first_term=head.first_term,
            last_term=head.last_term,
            includes=tuple(one.name for one in self.included),
        )
        return _tidied(policy)

    def _heading(self, programmes: list[Programme]) -> Heading:
        top = self.top
        first = top.term("first_term")
        if "first_term" not in top.values:
            top.report("缺少“first_term”（政策自哪个学期起执行）")
        last = top.term("last_term")
        if first is not None and last is not None and last < first:
            top.report("last_term 早于 first_term，政策永不执行", "last_term")
        kinds = {programme.code: programme.kind for programme in programmes}
        return Heading(self.name, top.text("document"), first or NO_TERM, last, kinds, self.vocabulary)


def _tidied(policy: Policy) -> Policy:
    """The policy with names in its amounts, without included programmes of which nothing is left."""
    used = {rule.programme for rule in policy.rules}
    kept = [one for one in policy.programmes if one.pack == policy.name or one.code in used]
    return replace(
        policy,
        programmes=tuple(replace(one, order=place) for place, one in enumerate(kept, start=1)),
        rules=tuple(_named(rule, policy) for rule in policy.rules),
    )


def _named(rule: Rule, policy: Policy) -> Rule:
    """The rule with the Chinese names of what its amounts rest on."""
    labels = {parameter.code: parameter.label for parameter in policy.parameters}
    labels_of = {one.code: one.label for one in policy.rules}
    labels_of |= {one.code: one.label for one in policy.programmes}

    def named(amount: Amount) -> Amount:
        if amount.parameter:
            return replace(amount, names=(labels.get(amount.parameter, amount.parameter),))
        return replace(amount, names=tuple(labels_of.get(code, code) for code in amount.of))

    return replace(rule, amounts=tuple(named(amount) for amount in rule.amounts))
