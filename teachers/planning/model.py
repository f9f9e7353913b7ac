"""The plan as a mixed-integer model: a 0/1 column per move, a row per thing that a rule limits.

Every row is ``sum(coefficient * column) <= upper`` in whole numbers, so what the solver returns can be checked exactly. Without
pinned moves no move at all always fits; only pinned moves can make a model infeasible.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from .facts import Facts, PostKey, School
from .moves import Move
from .rules import Rule, Rules

Terms = list[tuple[int, int]]  # (column, coefficient)


@dataclass(frozen=True, slots=True)
class Row:
    """What one rule limits at one place: a teacher, a post, a school, or the county (None)."""

    rule: Rule
    place: int | PostKey | None
    terms: Terms
    upper: int


@dataclass(slots=True)
class Model:
    """Columns: the moves, then one for each post without any teacher, which is worth more for its first."""

    moves: Sequence[Move]
    worth: list[int]
    rows: list[Row]
    firsts: dict[PostKey, int]
    fixed: frozenset[int]  # columns of pinned moves


def build(facts: Facts, rules: Rules, moves: Sequence[Move], pinned: int) -> Model:
    """Return the model of ``moves``, of which the first ``pinned`` have to be made."""
    worth = [move.gain - move.cost for move in moves]
    rows = _once(moves) + _needed(moves)
    firsts: dict[PostKey, int] = {}
    for row in [row for row in rows if row.rule == Rule.NEED]:
        post = moves[row.terms[0][0]].post
        if post.is_bare and rules.weights.bare:
            firsts[post.key] = len(worth)
            worth.append(rules.weights.bare)
            # The place is worth more only if somebody comes.
            rows.append(
                Row(Rule.NEED, None, [(firsts[post.key], 1), *((col, -1) for col, _ in row.terms)], 0)
            )
    rows += _schools(facts, rules, moves)
    if rules.unwilling_percent is not None and any(move.unwilling for move in moves):
        share = [(col, 100 * move.unwilling - rules.unwilling_percent) for col, move in enumerate(moves)]
        rows.append(Row(Rule.UNWILLING, None, share, 0))
    return Model(moves, worth, rows, firsts, frozenset(range(pinned)))


def _once(moves: Sequence[Move]) -> list[Row]:
    of_teacher: dict[int, Terms] = defaultdict(list)
    for col, move in enumerate(moves):
        of_teacher[move.teacher.id].append((col, 1))
    return [Row(Rule.ONCE, teacher, terms, 1) for teacher, terms in of_teacher.items()]


def _needed(moves: Sequence[Move]) -> list[Row]:
    of_post: dict[PostKey, Terms] = defaultdict(list)
    for col, move in enumerate(moves):
        of_post[move.post.key].append((col, 1))
    return [Row(Rule.NEED, key, terms, moves[terms[0][0]].post.short) for key, terms in of_post.items()]


def _schools(facts: Facts, rules: Rules, moves: Sequence[Move]) -> list[Row]:
    leave: dict[int, Terms] = defaultdict(list)
    come: dict[int, Terms] = defaultdict(list)
    from_post: dict[PostKey, Terms] = defaultdict(list)
    for col, move in enumerate(moves):
        leave[move.teacher.school].append((col, 1))
        come[move.post.school].append((col, 1))
        from_post[move.teacher.post].append((col, 1))
    rows = []
    if rules.sender:
        for key, terms in from_post.items():
            own = facts.post.get(key)
            rows.append(Row(Rule.SENDER, key, terms, own.spare if own else 0))
        for school, terms in leave.items():
            spare = max(0, facts.school[school].staff - facts.school[school].need)
            rows.append(Row(Rule.SENDER, school, terms + [(col, -1) for col, _ in come[school]], spare))
    if rules.most_out is not None:
        rows += [Row(Rule.MOST_OUT, school, terms, rules.most_out) for school, terms in leave.items()]
    if rules.most_in is not None:
        rows += [
            Row(Rule.MOST_IN, school, terms, rules.most_in)
            for school, terms in come.items()
            if terms  # looked up above, maybe for a school that nobody can be sent to
        ]
    if rules.backbone_percent is not None:
        for school in facts.schools:
            if school.quality and (leave[school.id] or come[school.id]):
                rows.append(
                    _backbone(school, rules.backbone_percent, moves, leave[school.id], come[school.id])
                )
    return [row for row in rows if row.terms]


def _backbone(school: School, percent: int, moves: Sequence[Move], leave: Terms, come: Terms) -> Row:
    """100 x backbone after >= percent x staff after; below it already: none of them leaves."""
    if 100 * school.backbone < percent * school.staff:
        return Row(Rule.BACKBONE, school.id, [(col, 1) for col, _ in leave if moves[col].teacher.backbone], 0)
    terms = [(col, 100 * moves[col].teacher.backbone - percent) for col, _ in leave]
    terms += [(col, percent - 100 * moves[col].teacher.backbone) for col, _ in come]
    return Row(Rule.BACKBONE, school.id, terms, 100 * school.backbone - percent * school.staff)
