"""First registered poor x highest standard, the rest by factors: to the fen, whatever the figures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subsidies.factors import Factor, NothingToShareBy, share_out

SCHOOLS = ("甲", "乙", "丙", "丁")
counts = st.dictionaries(st.sampled_from(SCHOOLS), st.integers(0, 500))
needs = st.dictionaries(st.sampled_from(SCHOOLS), st.integers(0, 10**7))
weights = st.dictionaries(st.sampled_from(Factor), st.integers(0, 100))
measures = st.dictionaries(st.sampled_from(Factor), counts)


@given(st.integers(1, 10**9), needs, measures, weights)
def test_shares_add_up_to_the_amount_and_first_needs_come_first(amount, needs, measures, weights):
    try:
        sharing = share_out(amount, needs, measures, weights)
    except NothingToShareBy:
        assert amount > sum(needs.values())
        assert not any(weights.get(f, 0) and sum(measures.get(f, {}).values()) for f in Factor)
        return
    assert sharing.first_fen + sharing.rest_fen == amount
    assert sharing.first_fen == min(amount, sum(needs.values()))
    assert all(0 <= sharing.first[school] <= need for school, need in needs.items())
    for factor, pool in sharing.pools.items():
        assert sum(pool.parts.values()) == pool.amount_fen
        # no school is a whole fen away from its exact part
        assert all(
            abs(part * pool.total - pool.amount_fen * measures[factor][school]) < pool.total
            for school, part in pool.parts.items()
        )


@given(st.integers(1, 10**9), counts, st.integers(1, 100))
def test_one_factor_gives_nothing_to_a_school_that_counts_nothing(amount, pupils, weight):
    if not sum(pupils.values()):
        return
    sharing = share_out(amount, {}, {Factor.PUPILS: pupils}, {Factor.PUPILS: weight})
    assert all(not sharing.rest_of(school) for school, count in pupils.items() if not count)


def test_example_worked_by_hand():
    # 1,000.00 yuan: 甲 needs 300.00, 乙 100.00; of the 600.00 left pupils share 450.00 (3:1), boarders 150.00 (all 乙)
    sharing = share_out(
        100_000, {"甲": 30_000, "乙": 10_000},
        {Factor.PUPILS: {"甲": 300, "乙": 100}, Factor.BOARDERS: {"甲": 0, "乙": 50}, Factor.POOR: {}},
        {Factor.PUPILS: 75, Factor.BOARDERS: 25, Factor.POOR: 100, Factor.SMALL: 100},
    )  # fmt: skip
    assert sharing.first == {"甲": 30_000, "乙": 10_000}
    assert {factor: dict(pool.parts) for factor, pool in sharing.pools.items()} == {
        Factor.PUPILS: {"甲": 33_750, "乙": 11_250}, Factor.BOARDERS: {"甲": 0, "乙": 15_000},
    }  # fmt: skip
    assert (sharing.rest_of("甲"), sharing.rest_of("乙")) == (33_750, 26_250)


def test_too_little_money_is_cut_by_need_to_the_fen():
    sharing = share_out(
        100, {"甲": 100, "乙": 100, "丙": 100}, {Factor.PUPILS: {"丁": 9}}, {Factor.PUPILS: 1}
    )
    assert (sharing.first, sharing.pools) == ({"甲": 34, "乙": 33, "丙": 33}, {})


def test_rest_without_any_factor_is_refused():
    with pytest.raises(NothingToShareBy):
        share_out(100, {"甲": 50}, {Factor.PUPILS: {"甲": 0}}, {Factor.PUPILS: 10, Factor.BOARDERS: 0})
