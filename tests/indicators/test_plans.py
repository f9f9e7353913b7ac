"""Yearly counts of plans: four ways of counting out of one series, and figures of one plan that contradict."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from povertyedu.indicators.plans import Aim, Reading, contradictions, done_by


def on(year: int, month: int = 12, day: int = 31) -> dt.date:
    return dt.date(year, month, day)


NETWORK = [
    Reading(on(2014), Decimal(750)),
    Reading(on(2015), Decimal(1050)),
    Reading(on(2016, 12, 20), Decimal(1492)),
]


@pytest.mark.parametrize(
    ("basis", "year", "day", "done"),
    [
        ("added", 2015, on(2015, 12, 30), (0, on(2014))),  # nobody has counted in this year yet
        ("added", 2015, on(2015), (300, on(2015))),
        ("added", 2016, on(2016), (442, on(2016, 12, 20))),
        ("added", 2016, on(2020), (442, on(2016, 12, 20))),  # a year is looked at until its own end
        ("total", 2016, on(2016), (742, on(2016, 12, 20))),
        ("reached", 2015, on(2020), (1050, on(2015))),
        ("reached", 2016, on(2016, 12, 19), (1050, on(2015))),
        ("reached", 2016, on(2016, 12, 20), (1492, on(2016, 12, 20))),
        ("reached", 2016, on(2014, 12, 30), None),
    ],
)
def test_one_series_answers_the_four_ways_of_counting_on_any_day(basis, year, day, done):
    assert done_by(basis, year, NETWORK, day, first_year=2015) == done


def test_share_is_of_its_whole_or_as_given():
    part = [Reading(on(2017), Decimal(314), Decimal(400))]
    assert done_by("share", 2017, part, on(2017), first_year=2015) == (Decimal("78.5"), on(2017))
    assert done_by("share", 2017, [Reading(on(2017), Decimal(61))], on(2018), first_year=2015)[0] == 61


@given(st.lists(st.tuples(st.integers(2015, 2020), st.integers(0, 10**6)), unique_by=lambda pair: pair[0]))
def test_years_add_up_to_the_total_whatever_was_counted(pairs):
    readings = [Reading(on(year), Decimal(value)) for year, value in sorted(pairs)]
    years = [done_by("added", year, readings, on(2020), first_year=2015) for year in range(2015, 2021)]
    total = done_by("total", 2020, readings, on(2020), first_year=2015)
    assert sum(each[0] for each in years if each) == (total[0] if total else 0)


def aim(year, basis, value, clause="一(一)", item="幼儿园"):
    return Aim(year, item, basis, Decimal(value), "所", clause)


def told(*aims) -> list[str]:
    return [each.text for each in contradictions(aims)]


def test_preschool_plan_says_478_and_adds_up_to_414():
    plan = [
        aim(2015, "added", 165),
        aim(2015, "reached", 469),
        aim(2020, "added", 249),
        aim(2020, "reached", 718),
    ]
    assert told(*plan) == []  # 469 + 249 = 718
    assert told(*plan, aim(2020, "total", 478, "四(一)")) == [
        "“幼儿园”2020 年累计完成 478 所（四(一)），各年相加 165 + 249 = 414 所，相差 64 所；两个数都保留。"
    ]


def test_stock_that_does_not_follow_and_two_figures_of_one_thing_are_told():
    plan = [aim(2015, "reached", 469), aim(2020, "added", 250), aim(2020, "reached", 718)]
    assert told(*plan) == [
        "“幼儿园”2020 年年末达到 718 所（一(一)），各年相加 469 + 250 = 719 所，相差 1 所；两个数都保留。"
    ]
    assert told(aim(2020, "reached", 718), aim(2020, "reached", 720, "四(一)")) == [
        "“幼儿园”2020 年年末达到有两个数：718 所（一(一)）和 720 所（四(一)）；两个数都保留。"
    ]


def test_spaces_of_six_years_are_17859():
    years = zip(range(2015, 2021), (6000, 3000, 3000, 3000, 2000, 859), strict=True)
    plan = [aim(year, "added", number) for year, number in years]
    assert told(*plan, aim(2020, "total", 17_859)) == []
    assert len(told(*plan, aim(2020, "total", 17_860))) == 1
