"""The tags of a school by term, against a plain table that writes every term."""

from hypothesis import given
from hypothesis import strategies as st

from povertyedu.orgs.tags import former_after, tags_in

TERMS = ("2019-autumn", "2020-spring", "2020-autumn", "2021-spring", "2021-autumn")
TAGS = st.lists(st.sampled_from(["示范校", "民族班", "边远"]), unique=True, max_size=2)


@given(first=TAGS, changes=st.lists(st.tuples(st.sampled_from(TERMS), TAGS), max_size=6))
def test_tags_of_every_term_are_those_last_said_of_it(first, changes):
    tags, former = first, []
    table = dict.fromkeys(TERMS, first)

    for since, changed in changes:
        former, tags = former_after(since, tags, former), changed
        table |= dict.fromkeys(TERMS[TERMS.index(since) :], changed)

    assert {term: tags_in(term, tags, former) for term in TERMS} == table
    assert len({until for until, _ in former}) == len(former)


def test_spring_of_a_year_comes_before_its_autumn():
    former = former_after("2020-autumn", ["民族班"], [])

    assert [tags_in(term, ["示范校"], former) for term in TERMS] == [["民族班"]] * 2 + [["示范校"]] * 3
