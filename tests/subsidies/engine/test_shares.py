import pytest
from hypothesis import given
from hypothesis import strategies as st

from subsidies.engine import SOURCES, Funding, split

weights = st.lists(st.integers(0, 10_000), min_size=1, max_size=6).filter(any)


@given(st.integers(-(10**12), 10**12), weights)
def test_parts_always_sum_to_the_amount(amount_fen, some_weights):
    assert sum(split(amount_fen, some_weights)) == amount_fen


@given(st.integers(0, 10**12), weights)
def test_no_part_is_a_whole_fen_from_its_exact_share(amount_fen, some_weights):
    total = sum(some_weights)
    for part, weight in zip(split(amount_fen, some_weights), some_weights, strict=True):
        assert abs(part * total - amount_fen * weight) < total


@pytest.mark.parametrize(
    ("amount_fen", "some_weights", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (101, [8, 2], [81, 20]),
        (1, [1, 1], [1, 0]),
        (-100, [1, 1, 1], [-34, -33, -33]),
        (50, [0, 5], [0, 50]),
    ],
)
def test_split_gives_the_left_over_fen_to_the_largest_remainder(amount_fen, some_weights, parts):
    assert split(amount_fen, some_weights) == parts


fens = st.lists(st.one_of(st.none(), st.integers(0, 10_000)), min_size=2, max_size=4).filter(
    lambda parts: parts.count(None) <= 1
)


@given(st.integers(0, 10**9), st.one_of(st.none(), st.integers(0, 10**6)), fens)
def test_parts_in_yuan_always_sum_to_the_amount(amount_fen, standard_fen, some_fens):
    sources = tuple(SOURCES)[: len(some_fens)]
    shares = Funding(sources, fens=tuple(some_fens)).split(amount_fen, standard_fen)

    assert sum(fen for _, fen in shares) == amount_fen
    assert all(fen >= 0 for _, fen in shares)


@pytest.mark.parametrize("some_weights", [[], [0, 0], [3, -1]])
def test_split_refuses_weights_that_share_nothing(some_weights):
    with pytest.raises(ValueError, match="分担权重"):
        split(100, some_weights)


@pytest.mark.parametrize(
    ("funding", "parts", "label"),
    [
        (Funding(), (("unstated", 75_000),), "文件未写明"),
        (Funding(("county_poverty_fund",)), (("county_poverty_fund", 75_000),), "县专项扶贫资金"),
        (
            Funding(("province", "county")),
            (("unstated", 75_000),),
            "省级财政、县级财政分担，比例文件未写明",
        ),
        (
            Funding(("province", "county"), decided=(6_667, 3_333)),
            (("province", 50_003), ("county", 24_997)),
            "省级财政、县级财政按 66.67%、33.33% 分担（文件未写比例，教育局确定）",
        ),
        (
            Funding(("central", "county"), (8, 2)),
            (("central", 60_000), ("county", 15_000)),
            "中央财政、县级财政按 8:2 分担",
        ),
    ],
)
def test_funding_splits_by_source_or_says_the_ratio_is_open(funding, parts, label):
    assert funding.split(75_000) == parts
    assert funding.label == label
