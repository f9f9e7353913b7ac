"""Earmarked money against needs: as much as can be met, the first first; compared with Hall's condition."""

from itertools import chain, combinations

from hypothesis import given
from hypothesis import strategies as st

from subsidies.earmarks import draw, had_by, taken_of

NAMES = "abcd"
earmarks = st.frozensets(st.sampled_from(NAMES), min_size=1)
pots = st.lists(st.tuples(earmarks, st.integers(0, 60)), max_size=5)
needs = st.lists(st.tuples(earmarks, st.integers(0, 60)), max_size=5)


def drawn(takers, stocks):
    """Draw between lists of (programmes, fen); keys are places in the lists."""
    return draw(
        {place: fen for place, (_, fen) in enumerate(takers)},
        {place: fen for place, (_, fen) in enumerate(stocks)},
        lambda taker, stock: bool(takers[taker][0] & stocks[stock][0]),
    )


def most(takers, stocks) -> int:
    """The most that can be met, by Hall: the least over all sets of takers of what they lack the others for."""
    places = range(len(takers))
    best = None
    for chosen in chain.from_iterable(combinations(places, size) for size in range(len(takers) + 1)):
        names = frozenset().union(*(takers[place][0] for place in chosen))
        reach = sum(fen for programmes, fen in stocks if programmes & names)
        rest = sum(takers[place][1] for place in places if place not in chosen)
        best = reach + rest if best is None else min(best, reach + rest)
    return best


@given(needs, pots)
def test_draw_meets_as_much_as_can_be_met_and_nothing_twice(takers, stocks):
    flow = drawn(takers, stocks)
    assert sum(flow.values()) == most(takers, stocks)
    assert all(amount <= takers[place][1] for place, amount in had_by(flow).items())
    assert all(amount <= stocks[place][1] for place, amount in taken_of(flow).items())
    assert all(takers[taker][0] & stocks[stock][0] for taker, stock in flow)


@given(needs, pots)
def test_earlier_taker_never_has_less_for_a_later_one(takers, stocks):
    for count in range(len(takers)):
        first = takers[: count + 1]
        had = had_by(drawn(takers, stocks)).get(count, 0)
        assert had == most(first, stocks) - most(takers[:count], stocks)
        assert had == had_by(drawn(first, stocks)).get(count, 0)


def test_general_money_makes_room_for_what_nothing_else_can_pay():
    both, narrow = frozenset("ab"), frozenset("a")
    # a is met from the general pot first, until b needs it: then a moves over to its own
    takers, stocks = [(frozenset("a"), 100), (frozenset("b"), 100)], [(both, 100), (narrow, 100)]
    assert drawn(takers, stocks) == {(0, 1): 100, (1, 0): 100}
