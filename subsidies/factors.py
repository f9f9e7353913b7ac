"""Sharing money out among schools: first registered poor x highest standard, the rest by factors (因素法).

Pure arithmetic in fen, without Django; what the first part takes and what each factor gives is kept, so that a
page can show how a school's figure came about. All parts add up to the amount.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from subsidies.engine import split

K = TypeVar("K", bound=Hashable)
SMALL_SCHOOL = 100  # pupils up to whom a rural school is counted, however few it has
REMOTE_TAG = "边远"


class Factor(StrEnum):
    """What a factor counts at a school, of children in the stages that the money is for."""

    PUPILS = "pupils"
    BOARDERS = "boarders"
    HARDSHIP = "hardship"
    POOR = "poor"
    RURAL = "rural"
    SMALL = "small"
    REMOTE = "remote"

    @property
    def label(self) -> str:
        return {
            "pupils": "在校学生",
            "boarders": "寄宿生",
            "hardship": "困难学生",
            "poor": "建档立卡学生",
            "rural": "乡村学校学生",
            "small": "小规模学校",
            "remote": "边远学校学生",
        }[self]

    @property
    def note(self) -> str:
        return {
            "pupils": "本学期在读人数",
            "boarders": "就读方式为住校的人数",
            "hardship": "有任何一种困难认定的人数",
            "poor": "建档立卡人数",
            "rural": "城乡类型为乡村的学校的在读人数",
            "small": f"乡村学校不足 {SMALL_SCHOOL} 人的差额",
            "remote": f"学校标签含“{REMOTE_TAG}”的学校的在读人数",
        }[self]


DEFAULT_WEIGHTS: Mapping[Factor, int] = {
    Factor.PUPILS: 40, Factor.BOARDERS: 20, Factor.HARDSHIP: 30, Factor.SMALL: 10,
}  # fmt: skip


@dataclass(frozen=True)
class Pool(Generic[K]):
    """What one factor shares out: its weight, what it counts in all, its money, and each school's part."""

    weight: int
    total: int
    amount_fen: int
    parts: Mapping[K, int]


@dataclass(frozen=True)
class Sharing(Generic[K]):
    """The result: what each school needs and gets first, and what it gets by each factor."""

    first: Mapping[K, int]
    pools: Mapping[Factor, Pool[K]]

    @property
    def first_fen(self) -> int:
        return sum(self.first.values())

    @property
    def rest_fen(self) -> int:
        return sum(pool.amount_fen for pool in self.pools.values())

    def rest_of(self, school: K) -> int:
        return sum(pool.parts.get(school, 0) for pool in self.pools.values())


class NothingToShareBy(ValueError):
    """There is a rest, and no factor with a weight counts anything."""


def share_out(
    amount_fen: int,
    needs: Mapping[K, int],
    measures: Mapping[Factor, Mapping[K, int]],
    weights: Mapping[Factor, int],
) -> Sharing[K]:
    """Share ``amount_fen`` out: ``needs`` first, by largest remainder where it does not reach, the rest by factors.

    The rest is cut by weight among the factors that count anything, each factor's money by what it counts at
    each school. Raise NothingToShareBy.
    """
    needed = sum(needs.values())
    if needed > amount_fen:
        return Sharing(dict(zip(needs, split(amount_fen, list(needs.values())), strict=True)), {})
    rest = amount_fen - needed
    counted = {
        factor: measures[factor]
        for factor in Factor
        if weights.get(factor, 0) > 0 and sum(measures.get(factor, {}).values()) > 0
    }
    if not rest:
        return Sharing(dict(needs), {})
    if not counted:
        raise NothingToShareBy
    pools = {}
    for factor, fen in zip(counted, split(rest, [weights[factor] for factor in counted]), strict=True):
        here = counted[factor]
        parts = dict(zip(here, split(fen, list(here.values())), strict=True))
        pools[factor] = Pool(weights[factor], sum(here.values()), fen, parts)
    return Sharing(dict(needs), pools)
