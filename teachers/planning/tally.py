"""A plan under way: counts of who leaves and who comes, and the first rule over several moves that they break."""

from collections import Counter
from collections.abc import Iterable

from .facts import Facts, PostKey
from .moves import Move
from .rules import Rule, Rules


class Tally:
    """Counts of a set of moves. Adding and taking away are cheap, so that greedy plans and swaps can try many."""

    def __init__(self, facts: Facts, rules: Rules, moves: Iterable[Move] = ()) -> None:
        self.facts, self.rules = facts, rules
        self.teachers: Counter[int] = Counter()
        self.into_post: Counter[PostKey] = Counter()
        self.from_post: Counter[PostKey] = Counter()
        self.into: Counter[int] = Counter()
        self.from_: Counter[int] = Counter()
        self.backbone_into: Counter[int] = Counter()
        self.backbone_from: Counter[int] = Counter()
        self.total = self.unwilling = 0
        for move in moves:
            self.count(move)

    def count(self, move: Move, by: int = 1) -> None:
        """Add a move; with ``by=-1`` take it away. Rules are not asked."""
        teacher, post = move.teacher, move.post
        self.teachers[teacher.id] += by
        self.into_post[post.key] += by
        self.from_post[teacher.post] += by
        self.into[post.school] += by
        self.from_[teacher.school] += by
        if teacher.backbone:
            self.backbone_into[post.school] += by
            self.backbone_from[teacher.school] += by
        self.total += by
        self.unwilling += by * move.unwilling

    def try_add(self, move: Move) -> Rule | None:
        """Add a move if no rule is broken then, else return the rule."""
        self.count(move)
        rule = self.broken_at(move)
        if rule is not None:
            self.count(move, -1)
        return rule

    def can_swap(self, old: Move, new: Move) -> bool:
        """Tell whether ``new`` could stand where ``old`` stands. The counts are left as they were."""
        self.count(old, -1)
        self.count(new)
        fits = self.broken_at(new) is None and all(
            self._school_breaks(school) is None for school in (old.teacher.school, old.post.school)
        )
        self.count(new, -1)
        self.count(old)
        return fits

    def broken_at(self, move: Move) -> Rule | None:
        """Return the first rule broken at a move's teacher, post and schools, or by all together."""
        if self.teachers[move.teacher.id] > 1:
            return Rule.ONCE
        if self.into_post[move.post.key] > move.post.short:
            return Rule.NEED
        own = self.facts.post.get(move.teacher.post)
        if self.rules.sender and self.from_post[move.teacher.post] > (own.spare if own else 0):
            return Rule.SENDER
        for school in (move.teacher.school, move.post.school):
            if (rule := self._school_breaks(school)) is not None:
                return rule
        most = self.rules.unwilling_percent
        if most is not None and self.unwilling * 100 > most * self.total:
            return Rule.UNWILLING
        return None

    def _school_breaks(self, school_id: int) -> Rule | None:
        school, rules = self.facts.school[school_id], self.rules
        leave, come = self.from_[school_id], self.into[school_id]
        if rules.sender and leave and leave - come > max(0, school.staff - school.need):
            return Rule.SENDER
        if rules.most_out is not None and leave > rules.most_out:
            return Rule.MOST_OUT
        if rules.most_in is not None and come > rules.most_in:
            return Rule.MOST_IN
        if rules.backbone_percent is not None and school.quality and not self._keeps_backbone(school_id):
            return Rule.BACKBONE
        return None

    def _keeps_backbone(self, school_id: int) -> bool:
        """Tell whether a quality school still has its share; one already below it may lose none of them."""
        school, percent = self.facts.school[school_id], self.rules.backbone_percent or 0
        if 100 * school.backbone < percent * school.staff:
            return not self.backbone_from[school_id]
        backbone = school.backbone - self.backbone_from[school_id] + self.backbone_into[school_id]
        return 100 * backbone >= percent * (school.staff - self.from_[school_id] + self.into[school_id])
