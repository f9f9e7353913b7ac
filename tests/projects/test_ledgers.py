"""计划台账、进度台账、资金台账: on a page, on paper and in Excel, with the sums of the fund book, on any day."""

import datetime as dt
from io import BytesIO

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from projects.actions import funds, work
from projects.models import Project
from projects.queries import as_of, lists
from tests import factories
from tests.projects.building import line, programme, project_at, signed

pytestmark = pytest.mark.django_db
LEDGERS, EXPORT = reverse("projects:ledgers"), reverse("projects:ledger_export")
START, DUE = dt.date(2020, 9, 1), dt.date(2021, 8, 31)


@pytest.fixture
def building(officer, finance, xiazhai, on_day):
    """A dormitory of 300,000 central and 200,000 county yuan, begun in September, paid 60,000 in November, 40% in January."""
    on_day("2020-09-01")
    by, money = officer.as_actor(), finance.as_actor()
    made = project_at(
        xiazhai,
        by=by,
        name="宿舍楼",
        budget={"central": 30_000_000, "county": 20_000_000},
        starts_on=START,
        due_on=DUE,
    )
    on_day("2020-10-08")
    funds.arrive(by=money, line=line(made), amount_fen=10_000_000, on=dt.date(2020, 10, 8), document="拨1")
    work.reach_milestone(by=by, project=made, kind="start", actual_on=START)
    contract = signed(made, by=by, parts={"central": 25_000_000})
    on_day("2021-03-01")
    funds.pay(
        by=money, part=contract.parts.get(), amount_fen=6_000_000, on=dt.date(2020, 11, 20), document="记-1"
    )
    made.refresh_from_db()
    work.report_progress(by=by, project=made, on=dt.date(2021, 1, 15), percent=40, text="二层")
    made.refresh_from_db()
    return made


def cells(answer) -> list[list]:
    sheet = openpyxl.load_workbook(BytesIO(answer.content)).active
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def test_ledgers_show_plan_progress_and_money_of_each_source(client, officer, building, on_day):
    client.force_login(officer)
    plan = client.get(LEDGERS).content.decode()
    assert "中央资金 30.00" in plan
    assert "2020-09-01" in plan
    progress = client.get(LEDGERS + "?tab=progress").content.decode()
    assert "云岭建筑公司" in progress
    assert "落后 9 个点" in progress  # 181 of 364 days are 49%, reported 40%
    funds_page = client.get(LEDGERS + "?tab=funds").content.decode()
    assert funds_page.count("县级资金") >= 2
    assert "6.00" in funds_page


@pytest.mark.parametrize(
    ("day", "state", "percent", "planned", "money"),
    [
        ("2020-08-31", "preliminary", 0, 0, (50_000_000, 0, 0, 0)),
        ("2020-09-01", "under_way", 0, 0, (50_000_000, 0, 25_000_000, 0)),
        ("2020-11-20", "under_way", 0, 21, (50_000_000, 10_000_000, 25_000_000, 6_000_000)),
        ("2021-01-15", "under_way", 40, 37, (50_000_000, 10_000_000, 25_000_000, 6_000_000)),
    ],
)
def test_project_is_shown_as_it_stood_on_a_day(building, day, state, percent, planned, money):
    [found] = as_of.picture(Project.objects.all(), dt.date.fromisoformat(day))
    assert (found.state, found.percent, found.planned_percent) == (state, percent, planned)
    assert tuple(found.total.as_dict().values()) == money


def test_halted_and_cancelled_projects_are_so_from_the_day_they_were(officer, building, xiazhai, on_day):
    by = officer.as_actor()
    given_up = project_at(xiazhai, by=by, name="围墙")
    work.halt(by=by, project=building, reason="资金不足")
    work.cancel(by=by, project=given_up, reason="并入综合楼")
    decided = given_up.decisions.last().at.date()
    every = Project.objects.all()
    before, after = decided - dt.timedelta(days=1), decided + dt.timedelta(days=1)
    on_day(str(after + dt.timedelta(days=1)))
    assert [each.state for each in as_of.picture(every.filter(pk=building.pk), before)] == ["under_way"]
    assert [each.state for each in as_of.picture(every.filter(pk=building.pk), after)] == ["halted"]
    assert as_of.in_plan(every, before).count() == 2
    assert list(as_of.in_plan(every, after)) == [building]


def test_sums_of_the_ledgers_are_those_of_the_fund_book(
    client, officer, finance, building, qingshi, xiazhai, on_day
):
    by = officer.as_actor()
    toilets = programme("厕所改造", "toilets")
    project_at(qingshi, by=by, name="厕所", of=toilets, budget={"province": 1_234_567, "loan": 98})
    rows = Project.objects.standing()
    book = lists.totals(rows)
    sums = as_of.totals_of(rows, dt.date(2021, 3, 1))
    assert sum(sums.values(), as_of.Money()).as_dict() == {name: book[name] for name in as_of.BOOKED}
    assert {source: money.budget_fen for source, money in sums.items()} == {
        "central": 30_000_000, "province": 1_234_567, "county": 20_000_000, "loan": 98,
    }  # fmt: skip
    client.force_login(officer)
    for tab, column in (("plan", -1), ("funds", -4)):
        table = cells(client.get(f"{EXPORT}?tab={tab}"))
        total = next(row for row in table if str(row[0]).startswith("总计"))
        assert sum(row[column] for row in table if row[0] in ("2020-00001", "2020-00002")) == pytest.approx(
            512_346.65
        )
        assert "SUBTOTAL" in str(total[column])


def test_ledger_is_narrowed_by_programme_year_and_township(client, officer, building, qingshi, xiazhai):
    toilets = programme("厕所改造", "toilets")
    project_at(qingshi, by=officer.as_actor(), name="青石厕所", of=toilets, year=2021)
    client.force_login(officer)
    for query, names in (
        (f"?programme={toilets.pk}", {"青石厕所"}), ("?year=2020", {"宿舍楼"}), (f"?township={xiazhai.area_id}", {"宿舍楼"}), ("", {"宿舍楼", "青石厕所"}),
    ):  # fmt: skip
        page = client.get(LEDGERS + query).content.decode()
        assert {name for name in ("宿舍楼", "青石厕所") if name in page} == names, query
    assert "没有符合条件的项目" in client.get(LEDGERS + "?year=2015").content.decode()


def test_ledgers_are_of_the_readers_places(client, building, qingshi):
    cadre = factories.user("石镇长", ("township_officer", qingshi.area), username="cadre")
    client.force_login(cadre)
    assert "台账里还没有项目" in client.get(LEDGERS).content.decode()
    assert all(row[0] != "2020-00001" for row in cells(client.get(EXPORT)))


def test_bad_day_is_told_and_shows_today(client, officer, building):
    client.force_login(officer)
    answer = client.get(LEDGERS + "?on=昨天&tab=nichts&after=x")
    assert answer.status_code == 200
    assert "宿舍楼" in answer.content.decode()


@pytest.mark.sql
@pytest.mark.parametrize("query", ["?tab=plan", "?tab=progress&on=2020-12-31", "?tab=funds"])
def test_ledgers_take_the_same_queries_for_one_and_for_forty_projects(
    client, officer, building, xiazhai, query
):
    client.force_login(officer)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(
            connection,
        ) as captured:
            client.get(LEDGERS + query)
        counts.append(len(captured))
        for number in range(39):
            project_at(
                xiazhai, by=officer.as_actor(), name=f"楼{len(counts)}-{number}", budget={"central": 100}
            )
    assert counts[0] == counts[1]


def test_budget_of_a_project_registered_later_is_its_plan_and_later_grants_are_not(officer, building, on_day):
    by = officer.as_actor()
    funds.grant(
        by=by, project=building, source="loan", amount_fen=700, on=dt.date(2021, 2, 1), document="云发改2号"
    )
    sums = {
        day: as_of.totals_of(Project.objects.all(), dt.date(2020, month, day))
        for month, day in ((8, 1), (12, 31))
    }
    assert {day: sum(found.values(), as_of.Money()).budget_fen for day, found in sums.items()} == {
        1: 50_000_000,
        31: 50_000_000,
    }
    now = as_of.totals_of(Project.objects.all(), dt.date(2021, 3, 1))
    assert sum(now.values(), as_of.Money()).budget_fen == 50_000_700
