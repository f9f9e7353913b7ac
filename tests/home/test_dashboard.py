"""What leaders read: the four numbers by place, equal to the database at every level."""

import pytest
from django.urls import reverse

from povertyedu.home.queries import figures_by, figures_by_class, figures_of_class, money_by_stage_and_source
from povertyedu.workflow.flow import SYSTEM
from students.enums import HardshipCategory
from subsidies.actions.policies import load_policy, pack_text
from subsidies.actions.recalculation import recalculate
from subsidies.models import Balance
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
    _, stages = money_by_stage_and_source(leader, autumn)
    cash = sum(Balance.objects.filter(programme__kind="cash").values_list("entitled_fen", flat=True))
    assert sum(sum(values) for _, values in stages) == cash == 165000


def test_head_sees_only_the_own_school(county_of_two, xiazhai, autumn):
    head = factories.user("孙校长", ("school_head", xiazhai))
    assert list(figures_by(head, autumn, "school_id")) == [xiazhai.pk]


@pytest.mark.parametrize("children", [1, 30])
def test_dashboard_query_count_is_constant(
    children, client, leader, xiazhai, autumn, django_assert_num_queries
):
    load_policy(text=pack_text("guiding"), by=SYSTEM)
    for number in range(children):
        factories.student(
            f"学生{number}",
            at=xiazhai,
            during=autumn,
            boarding=True,
            categories=POOR,
            class_name=f"{number}班",
        )
    recalculate(term=autumn, by=SYSTEM, trigger="测试")
    client.force_login(leader)
    for url in (
        reverse("home:dashboard"),
        reverse("home:dashboard_area", args=["529901100"]),
        reverse("home:dashboard_school", args=[xiazhai.pk]),
    ):
        assert client.get(url).status_code == 200
    with django_assert_num_queries(17):
        client.get(reverse("home:dashboard"))


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
