"""Two plans as people make them by hand, to measure the solver by. Both keep every rule."""

from collections.abc import Callable, Iterable

from .facts import Facts, PostKey
from .moves import Move, Possible
from .rules import Rules
from .tally import Tally

Greedy = Callable[[Facts, Rules, Possible, Iterable[Move]], list[Move]]


def need_first(facts: Facts, rules: Rules, possible: Possible, pinned: Iterable[Move] = ()) -> list[Move]:
    """Take the place worth most, give it the nearest volunteer who may go, take the next; again until nobody is added."""
    plan, places = list(pinned), []
    tally = Tally(facts, rules, plan)
    choice = {
        key: sorted(moves, key=lambda m: (m.unwilling, m.cost, m.teacher.id))
        for key, moves in possible.of_post.items()
    }
    for key, moves in choice.items():
        post = moves[0].post
        for number in range(post.short):
            first = rules.weights.bare if number == 0 and post.is_bare else 0
            places.append((-(moves[0].gain + first), key))
    places.sort()

    def one_round() -> bool:
        return sum(_fill(tally, plan, choice[key], -worth) for worth, key in places) > 0

    while one_round():
        pass
    return plan


def _fill(tally: Tally, plan: list[Move], moves: list[Move], worth: int) -> bool:
    if tally.into_post[moves[0].post.key] >= moves[0].post.short:
        return False
    for move in moves:
        if not tally.teachers[move.teacher.id] and move.cost < worth and tally.try_add(move) is None:
            plan.append(move)
            return True
    return False


def distance_first(facts: Facts, rules: Rules, possible: Possible, pinned: Iterable[Move] = ()) -> list[Move]:
    """Take the shortest move that may be, then the next; again until nobody is added."""
    plan = list(pinned)
    tally = Tally(facts, rules, plan)
    order = sorted(possible.moves, key=lambda m: (m.km or 0, m.unwilling, -m.gain, m.teacher.id, m.post.key))
    placed: set[PostKey] = {move.post.key for move in plan}

    def one_round() -> bool:
        added = False
        for move in order:
            first = rules.weights.bare if move.post.is_bare and move.post.key not in placed else 0
            if tally.teachers[move.teacher.id] or move.cost >= move.gain + first:
                continue
            if tally.try_add(move) is None:
                plan.append(move)
                placed.add(move.post.key)
                added = True
        return added

    while one_round():
        pass
    return plan
