"""Which money may cover which need: receipts are earmarked, a need is met by what names its programme.

Pure arithmetic, without Django: a maximum flow that favours whoever comes first.
"""

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import TypeVar

L = TypeVar("L", bound=Hashable)
R = TypeVar("R", bound=Hashable)


def draw(
    takers: Mapping[L, int], stocks: Mapping[R, int], may: Callable[[L, R], bool]
) -> dict[tuple[L, R], int]:
    """Return how much each taker has of each stock: together as much as can be had at all.

    Takers come in order: an earlier one never has less because of a later one, only from elsewhere. So with
    needs as takers the older ones are met first, with receipts as takers the older money is spent first.
    """
    joined = {taker: [stock for stock in stocks if may(taker, stock)] for taker in takers}
    spare = dict(stocks)
    flow: dict[tuple[L, R], int] = {}
    for taker, wanted in takers.items():
        while wanted > 0 and (path := _path(taker, joined, spare, flow)):
            amount = min(wanted, spare[path[-1][1]], *(flow[pair] for pair in _given_up(path)))
            for pair in path:
                flow[pair] = flow.get(pair, 0) + amount
            for pair in _given_up(path):
                flow[pair] -= amount
            spare[path[-1][1]] -= amount
            wanted -= amount
    return {pair: amount for pair, amount in flow.items() if amount}


def had_by(flow: Mapping[tuple[L, R], int]) -> dict[L, int]:
    """Return what each taker has in all; one that has nothing is left out."""
    return _summed((taker, amount) for (taker, _), amount in flow.items())


def taken_of(flow: Mapping[tuple[L, R], int]) -> dict[R, int]:
    """Return what is taken of each stock; one that is untouched is left out."""
    return _summed((stock, amount) for (_, stock), amount in flow.items())


def _summed(amounts: Iterable[tuple[Hashable, int]]) -> dict:
    sums: dict = {}
    for key, amount in amounts:
        sums[key] = sums.get(key, 0) + amount
    return sums


def _given_up(path: list[tuple[L, R]]) -> list[tuple[L, R]]:
    """Return the pairs that give up what a path moves: who had each stock before, from the second step on."""
    return [(taker, stock) for (_, stock), (taker, _) in zip(path, path[1:], strict=False)]


def _path(
    first: L, joined: Mapping[L, list[R]], spare: Mapping[R, int], flow: Mapping[tuple[L, R], int]
) -> list[tuple[L, R]]:
    """Return the shortest chain of (taker, stock) to spare stock: each next taker makes room for the one before."""
    came: dict[L, tuple[L, R] | None] = {first: None}
    seen: set[R] = set()
    queue = deque([first])
    while queue:
        taker = queue.popleft()
        for stock in joined[taker]:
            if stock in seen:
                continue
            seen.add(stock)
            if spare[stock] > 0:
                return _chain(taker, stock, came)
            for other in joined:
                if other not in came and flow.get((other, stock), 0) > 0:
                    came[other] = (taker, stock)
                    queue.append(other)
    return []


def _chain(taker: L, stock: R, came: Mapping[L, tuple[L, R] | None]) -> list[tuple[L, R]]:
    chain = [(taker, stock)]
    while (before := came[taker]) is not None:
        chain.append(before)
        taker = before[0]
    return chain[::-1]
