import pytest
from hypothesis import given
from hypothesis import strategies as st

from subsidies.engine import Term

terms = st.builds(Term, st.integers(2000, 2099), st.integers(0, 1))


@given(terms)
def test_a_term_reads_back_as_written(term):
    assert Term.parse(str(term)) == term


@given(terms, terms)
def test_no_term_lies_between_a_term_and_the_next(term, other):
    assert term < term.next()
    assert not term < other < term.next()


def test_spring_comes_before_autumn_and_autumn_opens_the_school_year():
    spring, autumn = Term.parse("2020-spring"), Term.parse("2020-autumn")

    assert spring < autumn < Term.parse("2021-spring")
    assert (spring.next(), autumn.next()) == (autumn, Term(2021, 0))
    assert (spring.opens_school_year, autumn.opens_school_year) == (False, True)
    assert autumn.label == "2020年秋季学期"


@pytest.mark.parametrize("text", ["", "2020", "2020-fall", "20-autumn", "2020-autumn ", "2020秋"])
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError, match="写法不对"):
        Term.parse(text)
