"""The plan as an integer model: a column per post and group of like teachers, a row per thing that a rule limits.

Teachers who differ in nothing that a rule or a weight asks are one group, and a column says how many of it go to a post: a county
is a third as large that way, and the solver has no like ones to try out in turn. Every row is
``sum(coefficient * column) <= upper`` in whole numbers, so what the solver returns can be checked exactly. Without pinned moves no
move at all always fits; only pinned moves can make a model infeasible.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from .facts import Facts, PostKey, School, Teacher
from .moves import Move
from .rules import Rule, Rules

Terms = list[tuple[int, int]]  # (column, coefficient)
Like = tuple[object, ...]  # what teachers of one group have in common


@dataclass(frozen=True, slots=True)
class Row:
    """What one rule limits at one place: a teacher, a post, a school, or the county (None)."""

    rule: Rule
    place: int | PostKey | None
    terms: Terms
    upper: int


@dataclass(slots=True)
class Model:
    """``choices`` are the columns: the moves of like teachers to one post. After them a column for each post without any teacher,
    which is worth more for its first.
    """  # fmt: skip

    choices: list[list[Move]]
    worth: list[int]
    upper: list[int]
    rows: list[Row]
    firsts: dict[PostKey, int]
    fixed: frozenset[int]  # columns of pinned moves

    def columns_of(self, plan: Sequence[Move]) -> list[int]:
        """Return the values of the columns that ``plan`` comes to."""
        made = {move.pair for move in plan}
        posts = {move.post.key for move in plan}
        values = [sum(move.pair in made for move in moves) for moves in self.choices]
        return values + [int(key in posts) for key in self.firsts]

    def plan_of(self, values: Sequence[int]) -> list[Move]:
        """Return the moves that ``values`` stand for: which of like teachers goes where is all one, the first goes first."""
        plan: list[Move] = []
        sent: set[int] = set()
        for moves, number in zip(self.choices, values, strict=False):
            free = [move for move in moves if move.teacher.id not in sent][:number] if number else []
            sent |= {move.teacher.id for move in free}
            plan += free
        return plan


def build(
    facts: Facts, rules: Rules, moves: Sequence[Move], pinned: int, alone: Collection[int] = ()
) -> Model:
    """Return the model of ``moves``, of which the first ``pinned`` have to be made.

    ``alone``: teachers of whom something was said, who are like nobody.
    """
    own = {move.teacher.id for move in moves[:pinned]} | set(alone)
    columns: dict[tuple[Like, PostKey], list[Move]] = defaultdict(list)
    size: dict[Like, set[int]] = defaultdict(set)
    for move in moves:
        like = _like(move.teacher, own)
        columns[like, move.post.key].append(move)
        size[like].add(move.teacher.id)
    choices = list(columns.values())
    worth = [each[0].gain - each[0].cost for each in choices]
    upper = [min(len(each), each[0].post.short) for each in choices]
    rows = _once(list(columns), size) + _needed(choices)
    firsts: dict[PostKey, int] = {}
    for row in [row for row in rows if row.rule == Rule.NEED]:
        post = choices[row.terms[0][0]][0].post
        if post.is_bare and rules.weights.bare:
            firsts[post.key] = len(worth)
            worth.append(rules.weights.bare)
            upper.append(1)
            # The place is worth more only if somebody comes.
            comes = [(firsts[post.key], 1), *((col, -1) for col, _ in row.terms)]
            rows.append(Row(Rule.NEED, None, comes, 0))
    one_of = [each[0] for each in choices]
    rows += _schools(facts, rules, one_of)
    if rules.unwilling_percent is not None and any(move.unwilling for move in one_of):
        share = [(col, 100 * move.unwilling - rules.unwilling_percent) for col, move in enumerate(one_of)]
        rows.append(Row(Rule.UNWILLING, None, share, 0))
    # A pinned teacher is like nobody, so a pinned move is a column of its own; the first columns are theirs.
    return Model(choices, worth, [max(1, u) for u in upper], rows, firsts, frozenset(range(pinned)))


def _like(teacher: Teacher, own: set[int]) -> Like:
    """Return all of a teacher that a rule or a weight asks."""
    return (
        teacher.post, teacher.all_subjects, teacher.backbone, teacher.willing, teacher.rested, teacher.care and teacher.home, teacher.care,
        teacher.id if teacher.id in own else 0,
    )  # fmt: skip


def _once(columns: Sequence[tuple[Like, PostKey]], size: dict[Like, set[int]]) -> list[Row]:
    of_group: dict[Like, Terms] = defaultdict(list)
    for col, (like, _) in enumerate(columns):
        of_group[like].append((col, 1))
    return [Row(Rule.ONCE, min(size[like]), terms, len(size[like])) for like, terms in of_group.items()]


def _needed(choices: Sequence[list[Move]]) -> list[Row]:
    of_post: dict[PostKey, Terms] = defaultdict(list)
    short: dict[PostKey, int] = {}
    for col, moves in enumerate(choices):
        post = moves[0].post
        of_post[post.key].append((col, 1))
        short[post.key] = post.short
    return [Row(Rule.NEED, key, terms, short[key]) for key, terms in of_post.items()]


def _schools(facts: Facts, rules: Rules, moves: Sequence[Move]) -> list[Row]:
    """Return the rows of schools; ``moves`` has one move of each column."""
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
        for number, terms in leave.items():
            spare = max(0, facts.school[number].staff - facts.school[number].need)
            comes = [(col, -1) for col, _ in come.get(number, ())]
            rows.append(Row(Rule.SENDER, number, terms + comes, spare))
    if rules.most_out is not None:
        rows += [Row(Rule.MOST_OUT, number, terms, rules.most_out) for number, terms in leave.items()]
    if rules.most_in is not None:
        rows += [Row(Rule.MOST_IN, number, terms, rules.most_in) for number, terms in come.items()]
    if rules.backbone_percent is not None:
        for school in facts.schools:
            if school.quality:
                out, into = leave.get(school.id, []), come.get(school.id, [])
                rows.append(_backbone(school, rules.backbone_percent, moves, out, into))
    return [row for row in rows if row.terms]


def _backbone(school: School, percent: int, moves: Sequence[Move], leave: Terms, come: Terms) -> Row:
    """100 x backbone after >= percent x staff after; below it already: none of them leaves."""
    if 100 * school.backbone < percent * school.staff:
        staying = [(col, 1) for col, _ in leave if moves[col].teacher.backbone]
        return Row(Rule.BACKBONE, school.id, staying, 0)
    terms = [(col, 100 * moves[col].teacher.backbone - percent) for col, _ in leave]
    terms += [(col, percent - 100 * moves[col].teacher.backbone) for col, _ in come]
    return Row(Rule.BACKBONE, school.id, terms, 100 * school.backbone - percent * school.staff)
