"""Both chains of every child: those of plain loops over the same county, in as many queries for one child as for many."""

import datetime as dt
import random
from collections import Counter

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dropout.actions.chain import pick_pattern
from dropout.enums import Line
from dropout.queries.chains import SEAT_COLUMNS, Register, Seat, chains_of
from dropout.queries.gaps import Wanted, gaps_in
from povertyedu.office.actions.areas import merge_area
from povertyedu.orgs.models import Person
from students.models import Enrolment
from tests import factories

from . import oracle
from .county import build

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
PATTERNS = ("linxia", "yizhang", "seven")


@pytest.fixture
def _that_day(monkeypatch):
    monkeypatch.setattr(timezone, "localdate", lambda *_: dt.date.fromisoformat(oracle.TODAY))


def enrolments():
    rows = Enrolment.objects.of(factories.term()).here().order_by("pk")
    return rows.select_related("student", "school__centre", "school_class")


def answer(step) -> str:
    return step.holder.name if step.holder else step.lack.label


@pytest.mark.usefixtures("_that_day")
@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("seed", range(4))
def test_chains_of_a_random_county_are_those_of_plain_loops(basic, autumn, pattern, seed):
    county = oracle.random_county(random.Random(seed), pattern)
    build(county, pattern, by=basic.as_actor())
    wanted = oracle.chains(county, pattern)

    one_by_one = {
        row.student.name: [(s.link.label, answer(s)) for _, steps in chains_of(row).lines for s in steps]
        for row in enrolments()
    }
    assert one_by_one == wanted

    register, together = Register(), {}
    columns = enrolments().values_list("student__name", "student_id", *SEAT_COLUMNS)
    for name, student, *seat in columns:
        steps = [s for line in Line for s in register.chain(line, Seat(*seat), student, {})]
        together[name] = [(step.link.label, answer(step)) for step in steps]
    assert together == wanted

    lacks = ("没有责任人", "没有登记地方")
    found = gaps_in(enrolments(), register, Wanted())
    with_gap = [name for name, chain in wanted.items() if any(who in lacks for _, who in chain)]
    assert (found.children, found.with_gap, found.matching) == (len(wanted), len(with_gap), len(with_gap))
    told = {
        (link.label, lack): found.counts[link.pk, lack]
        for link in register.links
        for lack in ("vacant", "no_place")
    }
    assert told == {
        (label, lack): sum((label, word) in chain for chain in wanted.values())
        for _, _, label in oracle.LINKS[pattern]
        for lack, word in zip(("vacant", "no_place"), lacks, strict=True)
    }  # fmt: skip


@pytest.mark.usefixtures("_that_day")
@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("reading", ["school_area", "home_area"])
def test_gaps_are_named_page_by_page_whatever_is_asked_for(basic, autumn, pattern, reading):
    county = oracle.random_county(random.Random(7), pattern)
    build(county, pattern, by=basic.as_actor())
    chains, words = oracle.chains(county, pattern), {"没有责任人": "vacant", "没有登记地方": "no_place"}
    rows = list(enrolments())
    lacking = {
        row.pk: {(label, words[who]) for label, who in chains[row.student.name] if who in words}
        for row in rows
    }
    register = Register(near=Q(student=None))
    for link in register.links:
        for lack in ("vacant", "no_place"):
            wanted = Wanted(reading=reading, link=link.pk, lack=lack)
            pages, after = [], 0
            while not pages or pages[-1].has_more:
                pages.append(gaps_in(enrolments(), register, wanted, after=after, most=2))
                after = pages[-1].keys[-1] if pages[-1].keys else 0
            named = {pk: page.lacking[pk] for page in pages for pk in page.keys}
            assert list(named) == [row.pk for row in rows if (link.label, lack) in lacking[row.pk]]
            assert {pk: {(each.label, why) for each, why in told} for pk, told in named.items()} == {
                pk: lacking[pk] for pk in named
            }
    by_town = Counter(getattr(row, reading)[:9] for row in rows if lacking[row.pk])
    places = gaps_in(enrolments(), register, Wanted(reading=reading)).places
    assert {code: place.with_gap for code, place in places.items() if place.with_gap} == by_town


def queries_of(action) -> int:
    with CaptureQueriesContext(connection) as captured:
        action()
    return len(captured)


def test_queries_do_not_grow_with_the_children(linxia, put, xiazhai, autumn):
    child = factories.student("罗娜", at=xiazhai, during=autumn)
    put(linxia["村干部包户"], factories.village(), "韦明")

    rows = enrolments()

    def everybody():
        gaps_in(rows.all(), Register(), Wanted())

    few = queries_of(everybody)
    one = queries_of(lambda: chains_of(rows.get(student=child)))
    for number in range(30):
        home = factories.village(f"5299011000{number + 10}", f"村{number}")
        factories.student(f"孩{number}", at=xiazhai, during=autumn, home=home, class_name=f"{number % 5}班")
        put(linxia["村干部包户"], home, f"干部{number}")
    assert queries_of(everybody) == few == 7
    assert queries_of(lambda: chains_of(rows.get(student=child))) == one


def test_child_has_one_responsible_person_who_stands_with_the_class_and_nowhere_else(linxia, xiazhai, autumn):
    factories.student("罗娜", at=xiazhai, during=autumn)
    school_class = xiazhai.classes.get()
    assert chains_of(enrolments().get()).responsible.lack == "vacant"
    school_class.homeroom_teacher = Person.objects.create(name="罗雪", phone="13900000001", school=xiazhai)
    school_class.save()
    responsible = chains_of(enrolments().get()).responsible
    assert (responsible.link.label, responsible.holder.name, responsible.holder.phone, responsible.holder.post) == (
        "班主任包学生", "罗雪", "13900000001", None,
    )  # fmt: skip


def test_every_poor_child_has_exactly_one_responsible_person_or_is_told(basic, put, xiazhai, autumn):
    """宜章: 一生一责任人, coverage 100% or a list of gaps (facts 2 row 2)."""
    links = {link.label: link for link in pick_pattern(by=basic.as_actor(), code="yizhang")}
    children = [factories.student(name, at=xiazhai, during=autumn, categories=1) for name in ("罗娜", "严宇")]
    put(links["科任老师包学生"], children[0], "石老师")
    responsible = {row.student.name: chains_of(row).responsible.holder for row in enrolments()}
    assert [responsible["罗娜"].name, responsible["严宇"]] == ["石老师", None]
    found = gaps_in(enrolments(), Register(), Wanted(link=links["科任老师包学生"].pk))
    assert [row.student.name for row in enrolments() if row.pk in found.keys] == ["严宇"]  # noqa: SIM118  a list of it


def test_district_is_the_centre_school_or_the_school_itself(linxia, put, xiazhai, qingshi, autumn):
    xiazhai.centre = factories.school("城关镇中心小学")
    xiazhai.save()
    for school in (xiazhai, qingshi):
        factories.student(f"{school.name}的孩子", at=school, during=autumn)
    put(linxia["局长包学区"], xiazhai.centre, "赵立新")
    put(linxia["局长包学区"], qingshi, "钱副局长")
    found = {row.school.name: chains_of(row).education[0] for row in enrolments()}
    assert {name: (step.place, step.holder.name) for name, step in found.items()} == {
        "城关镇下寨小学": ("城关镇中心小学", "赵立新"), "青石镇中心小学": ("青石镇中心小学", "钱副局长"),
    }  # fmt: skip


def test_child_away_has_the_government_line_and_is_told_for_the_other(linxia, put, autumn):
    factories.away("何欣", autumn)
    for label, place in (
        ("县领导包乡镇", factories.township()), ("乡镇领导包村", factories.village()), ("村干部包户", factories.village()),
    ):  # fmt: skip
        put(linxia[label], place, label[:2])
    chains = chains_of(enrolments().get())
    assert [step.holder.name for step in chains.government] == ["县领", "乡镇", "村干"]
    assert [step.lack for step in chains.education] == ["no_place"] * 3


def test_merged_village_is_answered_for_by_who_answers_for_the_new_one(basic, linxia, put, xiazhai, autumn):
    old, new = factories.village(), factories.village("529901100002", "永丰村")
    factories.student("罗娜", at=xiazhai, during=autumn)
    leaving = put(linxia["村干部包户"], old, "韦明")
    put(linxia["村干部包户"], new, "吴海")
    spring = factories.term("2021-spring")
    merge_area(area=old, into=new, on=dt.date(2020, 12, 1), from_term=spring, by=basic.as_actor())
    leaving.refresh_from_db()
    assert leaving.until == dt.date(2020, 11, 30)
    enrolment = enrolments().get()  # of autumn, so still under the old code
    cadre = chains_of(enrolment).government[2]
    assert (enrolment.home_area, cadre.place, cadre.holder.name) == (old.pk, "城关镇 永丰村", "吴海")
    assert list(Register().holders) == [(linxia["村干部包户"].pk, new.pk)]
