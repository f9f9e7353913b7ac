"""Gantt chart, curve and tile map of projects, on any day, for the reader's places; figures on the leaders' page."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from projects.actions import funds, gaps, work
from projects.models import Gap, Project
from projects.queries import as_of
from projects.queries.curves import curve_of, phases_of, points_between
from projects.queries.townships import towns_of
from tests import factories
from tests.projects.building import programme, project_at

pytestmark = pytest.mark.django_db
MAP = reverse("projects:map")
D = dt.date


@pytest.fixture
def building(officer, finance, xiazhai, on_day):
    """100 days from 1 January 2020 for 100万; 30% on 20 January, 20万 paid on 31 January."""
    on_day("2020-01-01")
    by = officer.as_actor()
    made = project_at(
        xiazhai,
        by=by,
        name="教学楼",
        budget={"central": 100_000_000},
        starts_on=D(2020, 1, 1),
        due_on=D(2020, 4, 10),
    )
    work.plan_milestone(by=by, project=made, kind="structure", planned_on=D(2020, 2, 1))
    work.reach_milestone(by=by, project=made, kind="start", actual_on=D(2020, 1, 1))
    on_day("2020-02-20")
    contract = funds.sign(
        by=by,
        project=made,
        number="HT-1",
        contractor="云岭建筑公司",
        signed_on=D(2020, 1, 2),
        due_on=None,
        parts={"central": 90_000_000},
    )
    made.refresh_from_db()
    work.report_progress(by=by, project=made, on=D(2020, 1, 20), percent=30, text="一层")
    funds.pay(
        by=finance.as_actor(),
        part=contract.parts.get(),
        amount_fen=20_000_000,
        on=D(2020, 1, 31),
        document="记-1",
    )
    made.refresh_from_db()
    return made


def test_curve_is_the_even_plan_the_percent_of_the_budget_and_what_was_paid(building):
    curve = curve_of(Project.objects.all(), D(2020, 2, 20))
    points = {str(point.day): (point.planned_fen, point.done_fen, point.paid_fen) for point in curve.points}
    assert points == {
        "2020-01-01": (0, 0, 0), "2020-01-31": (30_000_000, 30_000_000, 20_000_000), "2020-02-20": (50_000_000, 30_000_000, 20_000_000),
        "2020-02-29": (59_000_000, None, None), "2020-03-31": (90_000_000, None, None), "2020-04-10": (100_000_000, None, None),
    }  # fmt: skip
    earlier = curve_of(Project.objects.all(), D(2020, 1, 19))
    assert [(point.done_fen, point.paid_fen) for point in earlier.points if point.day == D(2020, 1, 19)] == [
        (0, 0)
    ]


def test_curve_of_a_finished_project_reaches_its_budget_and_projects_without_days_are_told(
    building, officer, xiazhai, on_day
):
    on_day("2020-04-20")
    work.reach_milestone(by=officer.as_actor(), project=building, kind="finish", actual_on=D(2020, 4, 15))
    project_at(xiazhai, by=officer.as_actor(), name="围墙", budget={"county": 1_000_000})
    curve = curve_of(Project.objects.all(), D(2020, 4, 20))
    assert (curve.points[-1].done_fen, curve.points[-1].planned_fen, curve.without_days) == (
        100_000_000,
        100_000_000,
        1,
    )


def test_points_are_few_however_long_the_years():
    days = points_between(D(2000, 1, 1), D(2030, 12, 31), D(2020, 6, 6))
    assert days[0] == D(2000, 1, 1)
    assert days[-1] == D(2030, 12, 31)
    assert D(2020, 6, 6) in days
    assert len(days) <= 43


def test_milestones_are_phases_and_a_missed_one_runs_to_the_day(building):
    [row] = as_of.picture(Project.objects.all(), D(2020, 2, 20))
    phases = {span.label: (span.planned, span.actual, span.is_late) for span in phases_of(row)}
    assert phases == {
        "开工": ((D(2020, 1, 1), D(2020, 1, 1)), (D(2020, 1, 1), D(2020, 1, 1)), False),
        "主体": ((D(2020, 1, 1), D(2020, 2, 1)), (D(2020, 2, 1), D(2020, 2, 20)), True),
        "竣工": ((D(2020, 2, 1), D(2020, 4, 10)), None, False),
    }


def test_chart_pages_draw_with_title_description_and_a_table_beside(client, officer, building):
    client.force_login(officer)
    for name, pk in (("projects:charts", building.pk), ("projects:programme_charts", building.programme_id)):
        page = client.get(reverse(name, args=[pk]) + "?on=2020-01-31").content.decode()
        assert 'aria-labelledby="gantt-chart-title gantt-chart-desc"' in page
        assert 'aria-labelledby="curve-chart-title curve-chart-desc"' in page
        assert "style=" not in page
        assert "30.00" in page
        assert "20.00" in page
    assert client.get(reverse("projects:charts", args=[building.pk]) + "?on=昨天").status_code == 200


def test_chart_pages_without_days_say_what_to_do(client, officer, xiazhai):
    project = project_at(xiazhai, by=officer.as_actor(), name="围墙")
    client.force_login(officer)
    assert "还没有可以画的日期" in client.get(reverse("projects:charts", args=[project.pk])).content.decode()
    empty = programme("空规划")
    assert (
        "还没有可以画的日期"
        in client.get(reverse("projects:programme_charts", args=[empty.pk])).content.decode()
    )


@pytest.fixture
def two_towns(building, officer, qingshi, clerk, xiazhai, on_day):
    """城关镇: the building and a gap; 青石镇: toilets due on 1 February, not begun; the county: one for all."""
    project_at(
        qingshi, by=officer.as_actor(), name="厕所", budget={"county": 1_000_000}, due_on=D(2020, 2, 1)
    )
    project_at(by=officer.as_actor(), name="班班通", area=factories.county(), budget={"province": 5_000_000})
    gaps.report(by=clerk.as_actor(), gaps=[gaps.NewGap(xiazhai.pk, "课桌椅", "套", 100, 60)])


def test_towns_have_their_projects_lateness_and_gaps_on_a_day(two_towns):
    def found(on):
        towns = towns_of(Project.objects.all(), Gap.objects.all(), on, every=True)
        return {town.name: (town.count, town.built, town.late, town.percent, town.gaps) for town in towns}

    assert found(D(2020, 2, 20)) == {
        "云岭县": (1, 0, 0, 0, 0),
        "城关镇": (1, 0, 0, 30, 1),
        "青石镇": (1, 0, 1, 0, 0),
    }
    assert found(D(2020, 2, 1)) == {
        "云岭县": (1, 0, 0, 0, 0),
        "城关镇": (1, 0, 0, 30, 0),
        "青石镇": (1, 0, 0, 0, 0),
    }


def test_map_is_coloured_by_what_is_asked_and_leads_to_the_list(client, officer, two_towns):
    client.force_login(officer)
    progress = client.get(MAP).content.decode()
    assert 'aria-label="城关镇 30%"' in progress
    assert 'aria-label="全县性 0%"' in progress
    late = client.get(MAP + "?by=late").content.decode()
    assert 'aria-label="青石镇 1 个"' in late
    assert "tab=progress&amp;township=529901101" in late
    by_gaps = client.get(MAP + "?by=gaps&on=x").content.decode()
    assert 'aria-label="城关镇 1 项"' in by_gaps
    assert "/projects/gaps/?township=529901100" in by_gaps
    assert client.get(reverse("projects:ledgers") + "?tab=progress&township=529901101").status_code == 200


def test_map_judges_no_township_without_projects(client, officer, two_towns):
    factories.township("529901102", "马场镇")
    client.force_login(officer)
    for by in ("progress", "late"):
        tiles = {tile[2]: (tile[4], tile[6]) for tile in client.get(f"{MAP}?by={by}").context["tiles"]}
        assert tiles["马场镇"] == (0, "没有项目")
        assert tiles["青石镇"][0] == {"progress": 1, "late": 3}[by]


def test_map_is_of_the_readers_places(client, two_towns, qingshi):
    cadre = factories.user("石镇长", ("township_officer", qingshi.area), username="cadre")
    client.force_login(cadre)
    page = client.get(MAP).content.decode()
    assert "青石镇" in page
    assert "城关镇 30%" not in page


def test_map_of_nothing_says_what_to_do(client, head):
    client.force_login(head)
    assert "这里没有项目和缺口" in client.get(MAP).content.decode()


@pytest.mark.sql
@pytest.mark.parametrize("query", ["", "?by=late&on=2020-02-01"])
def test_pictures_take_the_same_queries_for_one_and_for_thirty_projects(
    client, officer, building, xiazhai, query
):
    client.force_login(officer)
    charts = reverse("projects:programme_charts", args=[building.programme_id])
    counts = []
    for turn in range(2):
        with CaptureQueriesContext(connection) as captured:
            client.get(MAP + query)
            client.get(charts + query.replace("by=late&", ""))
        counts.append(len(captured))
        for number in range(29):
            project_at(
                xiazhai,
                by=officer.as_actor(),
                name=f"楼{turn}-{number}",
                budget={"central": 100},
                due_on=D(2020, 5, 1),
            )
    assert counts[0] == counts[1]


def test_leaders_page_has_projects_with_their_map(client, leader, autumn, two_towns):
    client.force_login(leader)
    page = client.get(reverse("home:dashboard")).content.decode()
    assert "学校建设项目" in page
    assert 'aria-label="城关镇 30%"' in page
    assert "20.00" in page
