"""What leaders read: the four numbers by place, equal to the database at every level."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.home.queries import cash_by_stage_and_source, figures_by, figures_by_class, figures_of_class
from povertyedu.workflow.flow import SYSTEM
from students.enums import HardshipCategory
from subsidies.actions.policies import load_policy, pack_text
from subsidies.actions.recalculation import recalculate
from subsidies.models import Balance, Programme
from tests import factories
from tests.factories import subsidies

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
POOR = HardshipCategory.REGISTERED_POOR


@pytest.fixture
def county_of_two(xiazhai, qingshi, autumn):
    """Two boarders of 下寨 owed 550 yuan each in cash, one of 青石 whose household is in 城关."""
    load_policy(text=pack_text("guiding"), by=SYSTEM)
    for name in ("罗娜", "严宇"):
        factories.student(name, at=xiazhai, during=autumn, boarding=True, categories=POOR)
    factories.student("阳梓平", at=qingshi, during=autumn, boarding=True, categories=POOR)
    factories.student("何勇", at=qingshi, during=autumn, home=factories.village("529901101001"))
    recalculate(term=autumn, by=SYSTEM, trigger="测试")


def test_figures_by_place_of_study_and_by_household_differ_but_sum_alike(county_of_two, leader, autumn):
    by_study = figures_by(leader, autumn, "school_area")
    by_home = figures_by(leader, autumn, "home_area")
    assert {code: (f.children, f.poor, f.entitled_fen) for code, f in by_study.items()} == {
        "529901100": (2, 2, 110000),
        "529901101": (2, 1, 55000),
    }
    assert {code: (f.children, f.poor, f.entitled_fen) for code, f in by_home.items()} == {
        "529901100": (3, 3, 165000),
        "529901101": (1, 0, 0),
    }


def test_figures_of_classes_and_children_sum_to_the_school(county_of_two, leader, xiazhai, autumn):
    school = figures_by(leader, autumn, "school_id")[xiazhai.pk]
    classes = figures_by_class(leader, autumn, xiazhai)
    assert sum(f.entitled_fen for f in classes.values()) == school.entitled_fen == 110000
    (class_id,) = classes
    children = figures_of_class(leader, autumn, xiazhai.classes.get(pk=class_id))
    assert [(row["enrolment"].student.name, row["figures"].outstanding_fen) for row in children] == [
        ("严宇", 55000),
        ("罗娜", 55000),
    ]


def test_sources_of_every_stage_sum_to_the_entitled_cash(county_of_two, leader, autumn):
    table = cash_by_stage_and_source(leader, autumn)
    cash = sum(Balance.objects.filter(programme__kind="cash").values_list("entitled_fen", flat=True))
    assert sum(table.entitled.values()) == cash == 165000
    assert sum(f.entitled_fen for f in table.sources.values()) == cash
    assert {stage: f.entitled_fen for stage, f in table.stages.items()} == {"primary": 165000}


def test_four_numbers_by_stage_and_by_source_equal_the_balance(
    client, clerk, aid_officer, approver, finance, leader, xiazhai, autumn
):
    load_policy(text=pack_text("guiding"), by=SYSTEM)
    people = subsidies.People(clerk=clerk, aid=aid_officer, approver=approver, finance=finance)
    both = [Programme.objects.get(pk=code) for code in ("boarding_living", "boarding_topup")]
    factories.student("罗娜", at=xiazhai, during=autumn, boarding=True, categories=POOR)
    recalculate(term=autumn, by=SYSTEM, trigger="测试")
    subsidies.batch_at("paid", people, term=autumn, programmes=both)
    factories.student("严宇", at=xiazhai, during=autumn, boarding=True, categories=POOR)
    recalculate(term=autumn, by=SYSTEM, trigger="测试")
    subsidies.batch_at("open", people, term=autumn, programmes=both)
    factories.student("何平", at=xiazhai, during=autumn, boarding=True, categories=POOR)
    recalculate(term=autumn, by=SYSTEM, trigger="测试")

    table = cash_by_stage_and_source(leader, autumn)

    def numbers(figures):
        return figures.entitled_fen, figures.paid_fen, figures.in_hand_fen, figures.outstanding_fen

    assert {stage: numbers(f) for stage, f in table.stages.items()} == {
        "primary": (165000, 55000, 55000, 55000)
    }
    assert {source: numbers(f) for source, f in table.sources.items()} == {
        "superior": (150000, 50000, 50000, 50000),
        "county_poverty_fund": (15000, 5000, 5000, 5000),
    }
    client.force_login(leader)
    page = client.get(reverse("home:dashboard")).content.decode()
    assert all(text in page for text in ("各来源现金资助", "县专项扶贫资金", "数据截至"))


def test_head_sees_only_the_own_school(county_of_two, xiazhai, autumn):
    head = factories.user("孙校长", ("school_head", xiazhai))
    assert list(figures_by(head, autumn, "school_id")) == [xiazhai.pk]


def test_dashboard_query_counts_are_the_same_at_1_and_30_rows(client, leader, xiazhai, autumn):
    load_policy(text=pack_text("guiding"), by=SYSTEM)
    client.force_login(leader)

    def enrol(*numbers):
        for number in numbers:
            factories.student(
                f"学生{number}",
                at=xiazhai,
                during=autumn,
                boarding=True,
                categories=POOR,
                class_name=f"{number}班",
            )
            factories.student(
                f"同班{number}", at=xiazhai, during=autumn, boarding=True, categories=POOR, class_name="0班"
            )
        recalculate(term=autumn, by=SYSTEM, trigger="测试")

    def counts():
        pages = [
            reverse("home:dashboard"),
            reverse("home:dashboard_area", args=["529901100"]),
            reverse("home:dashboard_school", args=[xiazhai.pk]),
            reverse("home:dashboard_class", args=[xiazhai.classes.get(name="0班").pk]),
            reverse("home:todo"),
        ]
        found = []
        for url in pages:
            client.get(url)  # what only a first page asks
            with CaptureQueriesContext(connection) as queries:
                assert client.get(url).status_code == 200
            found.append(len(queries))
        return found

    enrol(0)
    few = counts()
    enrol(*range(1, 31))
    assert counts() == few
    assert max(few) < 48


def test_place_where_nothing_is_owed_is_not_shown_as_behind(county_of_two, client, leader):
    client.force_login(leader)
    tiles = client.get(reverse("home:dashboard") + "?by=home_area").context["tiles"]
    assert [(tile[2], tile[4], tile[6]) for tile in tiles] == [("城关镇", 1, ""), ("青石镇", 0, "没有应发")]


def test_dashboard_drills_from_township_to_class(county_of_two, client, leader, xiazhai):
    client.force_login(leader)
    county = client.get(reverse("home:dashboard")).content.decode()
    assert reverse("home:dashboard_area", args=["529901100"]) in county
    township = client.get(reverse("home:dashboard_area", args=["529901100"])).content.decode()
    assert reverse("home:dashboard_school", args=[xiazhai.pk]) in township
    school = client.get(reverse("home:dashboard_school", args=[xiazhai.pk])).content.decode()
    assert reverse("home:dashboard_class", args=[xiazhai.classes.get().pk]) in school
    assert "1,100.00" in school


def test_dashboard_of_foreign_township_is_not_found(county_of_two, client, xiazhai):
    client.force_login(factories.user("孙校长", ("school_head", xiazhai)))
    assert client.get(reverse("home:dashboard_area", args=["529901101"])).status_code == 404


def test_dashboard_without_term_says_what_is_missing(client, leader):
    client.force_login(leader)
    assert "还没有数据" in client.get(reverse("home:dashboard")).content.decode()


def test_why_page_names_clause_and_amount(county_of_two, client, leader, xiazhai, autumn):
    client.force_login(leader)
    child = xiazhai.enrolments.first().student_id
    page = client.get(reverse("subsidies:why", args=[child])).content.decode()
    assert "1,000.00 元/年 ÷ 2 = 500.00 元" in page
    assert "二(一)2" in page


def test_why_of_another_schools_child_is_not_found(county_of_two, client, neighbour, xiazhai):
    client.force_login(neighbour)
    assert (
        client.get(reverse("subsidies:why", args=[xiazhai.enrolments.first().student_id])).status_code == 404
    )


def test_attention_links_only_where_the_reader_may_go(
    client, clerk, aid_officer, approver, finance, leader, xiazhai, autumn
):
    subsidies.entitle(factories.student("罗娜", at=xiazhai, during=autumn, account=False))
    people = subsidies.People(clerk=clerk, aid=aid_officer, approver=approver, finance=finance)
    subsidies.batch_at("open", people, term=autumn)
    education = factories.user("宋静", ("basic_education_officer", factories.county()))
    pages = []
    for user in (leader, education):
        client.force_login(user)
        pages.append(client.get(reverse("home:dashboard")).content.decode())
    assert ["暂缓待处理" in page for page in pages] == [True, True]
    assert [reverse("subsidies:batches") in page for page in pages] == [True, False]


def test_every_link_of_the_dashboard_opens_for_every_role_that_reads_it(county_of_two, client, xiazhai):
    qingshi = factories.township("529901101", "青石镇")
    readers = [
        factories.user("镇干部", ("township_officer", qingshi)),
        factories.user("孙校长", ("school_head", xiazhai)),
        *(
            factories.user(role, (role, factories.county()))
            for role in (
                "leader",
                "project_officer",
                "personnel_officer",
                "basic_education_officer",
                "finance",
            )
        ),
    ]
    for reader in readers:
        client.force_login(reader)
        seen, waiting = set(), [reverse("home:dashboard"), reverse("home:dashboard") + "?by=home_area"]
        while waiting:
            url = waiting.pop()
            response = client.get(url)
            assert (reader.name, url, response.status_code) == (reader.name, url, 200)
            links = re.findall(r'href="(/dashboard/[^"]*)"', response.content.decode())
            waiting += [link for link in links if link not in seen]
            seen.update(links)
        assert len(seen) > 3


def test_class_of_another_place_shows_only_children_of_the_own_households(
    county_of_two, client, qingshi, autumn
):
    """何勇's household is in 青石; the class he is in has others too."""
    officer = factories.user("城关干部", ("township_officer", factories.township()))
    client.force_login(officer)
    page = client.get(reverse("home:dashboard_class", args=[qingshi.classes.first().pk])).content.decode()
    assert ("阳梓平" in page, "何勇" in page) == (True, False)
