"""Moves that may be: each teacher and each post short of one that the rules for a single move allow."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from .facts import TOWNSHIP_DIGITS, Facts, Post, PostKey, School, Teacher
from .rules import Rule, Rules, Weights

MOST_MOVES = 400_000  # more would not be solved within any time an officer waits
Pair = tuple[int, PostKey]  # who and where to


class TooLarge(Exception):
    """More possible moves than can be weighed; the message is a Chinese sentence."""


@dataclass(frozen=True, slots=True, eq=False)
class Move:
    """One teacher to one post, with what it is worth and what it costs, in points."""

    teacher: Teacher
    post: Post
    km: float | None
    unwilling: bool
    gain: int
    cost: int

    @property
    def pair(self) -> Pair:
        return (self.teacher.id, self.post.key)


@dataclass(slots=True)
class Possible:
    """The moves that may be, by post; and for each post how many teachers of its subject each rule keeps away."""

    moves: list[Move] = field(default_factory=list)
    of_post: dict[PostKey, list[Move]] = field(default_factory=lambda: defaultdict(list))
    kept_away: dict[PostKey, Counter[Rule]] = field(default_factory=lambda: defaultdict(Counter))


def worth(post: Post, school: School, weights: Weights) -> int:
    """Return what closing one of a post's places is worth, without what its first teacher is worth more."""
    return (
        weights.post
        + weights.remote * school.remote
        + weights.village * school.village
        + weights.poor * school.poor
    )


def as_move(facts: Facts, rules: Rules, teacher: Teacher, post: Post) -> Move:
    school = facts.school[post.school]
    km = facts.km(teacher.school, post.school)
    unwilling = school.remote and not teacher.willing
    cost = round(rules.weights.km * (km or 0)) + rules.weights.unwilling * unwilling
    return Move(teacher, post, km, unwilling, worth(post, school, rules.weights), cost)


def what_forbids(
    facts: Facts, rules: Rules, teacher: Teacher, post: Post, forbidden: Collection[Pair]
) -> Rule | None:
    """Return the first rule for a single move that this one breaks."""
    if not post.short or teacher.school == post.school:
        return Rule.NEED
    if (teacher.id, post.key) in forbidden:
        return Rule.FORBIDDEN
    if rules.stage and teacher.stage != post.stage:
        return Rule.STAGE
    if rules.subject and teacher.subject != post.subject and not teacher.all_subjects:
        return Rule.SUBJECT
    if rules.rest and not teacher.rested:
        return Rule.REST
    own = facts.post.get(teacher.post)
    if rules.sender and (own is None or not own.spare):
        return Rule.SENDER
    km = facts.km(teacher.school, post.school)
    if rules.care_km is not None and teacher.care and not _near(facts, teacher, post, km, rules.care_km):
        return Rule.CARE
    if rules.distance_km is not None and (km is None or km > rules.distance_km):
        return Rule.DISTANCE
    unwilling = facts.school[post.school].remote and not teacher.willing
    if rules.unwilling_km is not None and unwilling and (km is None or km > rules.unwilling_km):
        return Rule.FAR
    return None


def _near(facts: Facts, teacher: Teacher, post: Post, km: float | None, most: int) -> bool:
    """Tell whether a post is in the township of a teacher's home, or hardly farther than where they teach now."""
    at_home = (
        bool(teacher.home)
        and facts.school[post.school].area[:TOWNSHIP_DIGITS] == teacher.home[:TOWNSHIP_DIGITS]
    )
    return at_home or (km is not None and km <= most)


def find_moves(facts: Facts, rules: Rules, forbidden: Collection[Pair] = ()) -> Possible:
    """Weigh every teacher of a subject against every post short of one; raise TooLarge when they are too many."""
    found = Possible()
    by_bucket: dict[tuple[str, str], list[Post]] = defaultdict(list)
    for post in facts.posts:
        if post.short:
            by_bucket[_bucket(rules, post.stage, post.subject)].append(post)
    by_stage: dict[str, list[Post]] = defaultdict(list)
    for (stage, _), posts in by_bucket.items():
        by_stage[stage] += posts
    for teacher in facts.teachers:
        stage, subject = _bucket(rules, teacher.stage, teacher.subject)
        for post in by_stage[stage] if teacher.all_subjects else by_bucket.get((stage, subject), ()):
            if teacher.school == post.school:
                continue
            rule = what_forbids(facts, rules, teacher, post, forbidden)
            if rule is not None:
                found.kept_away[post.key][rule] += 1
                continue
            move = as_move(facts, rules, teacher, post)
            found.moves.append(move)
            found.of_post[post.key].append(move)
        if len(found.moves) > MOST_MOVES:
            raise TooLarge(
                f"符合规则的调动组合超过 {MOST_MOVES:,} 种，算不完。请启用学科、学段或派出校规则，或把距离上限改小，再求解。"
            )
    return found


def _bucket(rules: Rules, stage: str, subject: str) -> tuple[str, str]:
    return (stage if rules.stage else "", subject if rules.subject else "")


def points(moves: Iterable[Move], weights: Weights) -> int:
    """Return what a plan is worth: its gains less its costs, and more for each subject that gets its first teacher."""
    total, bare = 0, set()
    for move in moves:
        total += move.gain - move.cost
        if move.post.is_bare:
            bare.add(move.post.key)
    return total + weights.bare * len(bare)
