"""Teachers on the leaders' dashboard: staff against the standard by township, vacancies, and what the tiles lead to."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.home.demo.deployments import suggest_moves
from povertyedu.indicators.definitions import Period
from teachers import rates
from teachers.actions import suggested as actions
from teachers.models import PlanRun, PostLine, StaffStandard, SubjectHours
from tests import factories
from tests.factories import teachers
from tests.teachers.deploying import deployment
from tests.teachers.recruiting import apply, approved, posted, wanted
from tests.teachers.suggesting import solved, two_schools
from tests.teachers.trained import completed, course_of

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
PAGE, DASHBOARD = reverse("home:staffing"), reverse("home:dashboard")


@pytest.fixture(autouse=True)
def _monday(on_day):
    on_day("2020-10-12")


def pupils(school, number: int) -> None:
    for each in range(number):
        factories.student(f"罗{each}", at=school, class_name=f"{each % 2 + 1}班", account=False)


@pytest.fixture
def county(autumn, xiazhai, qingshi):
    """One teacher to 4 pupils: 下寨 12 pupils and 3 teachers of 5 posts, 青石 10 pupils (3 needed) and 1 teacher of 4 posts."""
    StaffStandard.objects.create(
        stage="primary", basis="pupils", amount=Decimal(4), since=dt.date(2014, 12, 5)
    )
    SubjectHours.objects.create(stage="primary", subject="chinese", lessons=6)
    teachers.establishment(xiazhai, 5)
    teachers.establishment(qingshi, 4)
    pupils(xiazhai, 12)
    pupils(qingshi, 10)
    for name in ("王芳", "赵平", "钱静"):
        teachers.teacher(name, xiazhai)
    teachers.teacher("孙丽", qingshi)


def test_map_ratio_and_vacancies_are_those_of_the_county(client, leader, county):
    client.force_login(leader)
    page = client.get(PAGE)
    # 下寨 3 of 3, 青石 1 of 3: bands from 100% and below 80%
    assert [tile[2:5] for tile in page.context["tiles"]] == [("城关镇", 100.0, 4), ("青石镇", 33.3, 1)]
    sums, posts = page.context["sums"], page.context["posts"]
    assert (sums.needed, sums.staff, sums.shortage, sums.surplus, sums.ratio) == (6, 4, 2, 0, Decimal("5.5"))
    assert (posts.authorised, posts.filled, posts.vacant) == (9, 4, 5)
    (stage,) = page.context["stages"]
    assert (stage.pupils, stage.staff, stage.ratio) == (22, 4, Decimal("5.5"))
    assert page.context["tiles"][1][5] == f"{reverse('teachers:need')}?tab=school&township=529901101"


def test_part_of_the_dashboard_and_page_of_its_own_say_the_same(client, leader, county):
    client.force_login(leader)
    whole = client.get(PAGE)
    part = client.get(PAGE, headers={"HX-Request": "true"})
    assert ("<html" in whole.content.decode(), "<html" in part.content.decode()) == (True, False)
    assert whole.context["sums"] == part.context["sums"]
    assert PAGE in client.get(DASHBOARD).content.decode()


def test_head_sees_the_own_school_and_a_township_officer_nothing(client, school_head, county):
    client.force_login(school_head)
    page = client.get(PAGE)
    assert [tile[2] for tile in page.context["tiles"]] == ["城关镇"]
    assert page.context["sums"].staff == 3
    client.force_login(factories.user("乡镇", ("township_officer", factories.township("529901100"))))
    assert client.get(PAGE).status_code == 403


def test_county_without_standards_is_told_what_to_do(client, leader, xiazhai):
    client.force_login(leader)
    assert "还没有编制标准或教师名册" in client.get(PAGE).content.decode()


def test_queries_do_not_grow_with_schools(client, leader, county, autumn):
    client.force_login(leader)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(PAGE).status_code == 200
        return len(seen)

    queries()
    few = queries()
    for number in range(20):
        school = factories.school(f"村小{number}")
        teachers.teacher(f"教师{number}", school)
        factories.student("罗娜", at=school, during=autumn)
    assert queries() == few


def tiles(client) -> dict[str, tuple]:
    found = client.get(DASHBOARD).context["teacher_tiles"]
    return {tile["title"]: (tile["value"], tile["change"], tile["url"]) for tile in found}


def test_suggested_plan_is_a_to_do_and_a_tile_until_it_is_adopted(
    client, personnel, leader, xiazhai, qingshi, autumn
):
    """One of three has no need of its own at 下寨; 青石 is short of two teachers of mathematics, of whom the volunteer closes one."""
    two_schools(xiazhai, qingshi, autumn)
    run = solved(personnel, autumn)
    client.force_login(personnel)
    closes, short = run.result["figures"]["moves"], run.result["short"]
    assert (closes, short) == (1, 2)
    assert tiles(client)["建议方案可补缺额"] == ("1", "2 人", run.get_absolute_url())
    assert "已求解、待采纳或调整的交流建议方案" in client.get("/").content.decode()
    actions.adopt(by=personnel.as_actor(), run=run, kind="exchange", reason="均衡师资")
    home = client.get("/").content.decode()
    assert "已求解、待采纳或调整的交流建议方案" not in home
    assert "草稿、还没有提出申请的教师派出" in home
    client.force_login(leader)
    assert "建议方案可补缺额" not in tiles(client)  # who plans is the personnel office


def test_tiles_of_rotation_and_teachers_away(client, leader, county, qingshi, xiazhai):
    teachers.place(xiazhai, is_quality=True)
    deployment(xiazhai.appointments.first().teacher, qingshi)
    client.force_login(leader)
    shown = tiles(client)
    assert shown["轮岗率（占专任教师）"][:2] == ("33.33%", "1/3")
    assert shown["支教轮岗在外"] == ("1", "0 人", reverse("teachers:deployments") + "?tab=under_way")


def test_trained_teachers_and_filled_posts_are_shared_indicators(personnel, approver, clerk, county, qingshi):
    """Of four teachers one was trained; of a plan's two posts at 青石 one has its teacher since 5 October."""
    completed(course_of(by=personnel), qingshi.appointments.get().teacher, by=clerk, confirmer=personnel)
    year = Period(2020, dt.date(2020, 10, 12))
    trained = rates.TRAINED.measure(year)
    assert (sum(each.counted for each in trained), len(trained)) == (1, 4)
    assert [each.school for each in trained if each.counted] == [qingshi.pk]

    approved(wanted(qingshi, 2), by=personnel, approver=approver, open_recruitment=2)
    line = PostLine.objects.get()
    candidate = apply(line, ("罗丽", "90", "90"), by=personnel)[0]
    assert [each.counted for each in rates.POSTS_FILLED.measure(year)] == [False, False]
    posted(candidate, by=personnel, approver=approver, since=dt.date(2020, 10, 5))
    filled = rates.POSTS_FILLED.measure(year)
    assert [each.counted for each in filled] == [True, False]
    assert [each.counted for each in rates.POSTS_FILLED.measure(Period(2020, dt.date(2020, 10, 4)))] == [
        False,
        False,
    ]
    named = rates.POSTS_FILLED.names([each.subject for each in filled])
    assert [each.name for each in named.values()] == [
        "小学语文 第 1 个（公开招聘）", "小学语文 第 2 个（公开招聘）",
    ]  # fmt: skip
    assert rates.POSTS_FILLED.measure(Period(2021, dt.date(2021, 10, 12))) == []


def test_demo_county_has_a_plan_to_adopt(personnel, xiazhai, qingshi, autumn):
    two_schools(xiazhai, qingshi, autumn)
    suggest_moves()
    assert PlanRun.objects.get().state == "solved"
