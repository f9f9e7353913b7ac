"""双月报基础表: prefilled, explained, submitted in time or late, frozen, accepted by another person, beside the last."""

import datetime as dt
from io import BytesIO

import openpyxl
import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.home.todos import todos_of
from povertyedu.inbox.models import Message
from povertyedu.options.registry import set_option
from povertyedu.workflow.flow import StepRefused
from projects.actions import base_tables, funds, work
from projects.models import BaseTable, BaseTableDecision, BaseTableRow, Period, Project
from projects.queries import base_tables as queries
from tests import factories
from tests.projects.building import line, project_at, signed

pytestmark = pytest.mark.django_db
LIST = reverse("projects:base_tables")


def opened() -> BaseTable:
    return base_tables.open_table(period=queries.period_begun())


def page_of(client, table, query="") -> str:
    return client.get(table.get_absolute_url() + query).content.decode()


def step(client, table, verb, **data):
    return client.post(reverse("projects:base_table_step", args=[table.pk, verb]), data)


@pytest.fixture
def building(officer, finance, xiazhai, on_day):
    """宿舍楼, begun in September 2020, 100,000 yuan arrived and 60,000 paid by the end of October."""
    on_day("2020-09-01")
    by, money = officer.as_actor(), finance.as_actor()
    made = project_at(
        xiazhai,
        by=by,
        budget={"central": 30_000_000},
        starts_on=dt.date(2020, 9, 1),
        due_on=dt.date(2021, 8, 31),
    )
    work.reach_milestone(by=by, project=made, kind="start", actual_on=dt.date(2020, 9, 1))
    contract = signed(made, by=by, parts={"central": 25_000_000})
    on_day("2020-11-03")
    funds.arrive(by=money, line=line(made), amount_fen=10_000_000, on=dt.date(2020, 10, 8), document="拨1")
    funds.pay(
        by=money, part=contract.parts.get(), amount_fen=6_000_000, on=dt.date(2020, 10, 20), document="记-1"
    )
    made.refresh_from_db()
    work.report_progress(by=by, project=made, on=dt.date(2020, 10, 15), percent=20, text="基础")
    made.refresh_from_db()
    return made


@pytest.mark.parametrize(
    ("on", "odd", "first", "last", "due"),
    [
        ("2020-11-01", True, "2020-09-01", "2020-10-31", "2020-11-10"),
        ("2020-12-31", True, "2020-09-01", "2020-10-31", "2020-11-10"),
        ("2021-01-05", True, "2020-11-01", "2020-12-31", "2021-01-10"),
        ("2021-03-10", True, "2021-01-01", "2021-02-28", "2021-03-10"),
        ("2020-11-30", False, "2020-08-01", "2020-09-30", "2020-10-10"),
        ("2020-02-01", False, "2019-12-01", "2020-01-31", "2020-02-10"),
        ("2020-01-31", False, "2019-10-01", "2019-11-30", "2019-12-10"),
    ],
)
def test_table_is_of_the_two_months_before_the_month_it_is_due_in(on, odd, first, last, due):
    period = Period.begun_by(dt.date.fromisoformat(on), odd=odd, day=10)
    assert (str(period.first), str(period.last), str(period.due_on)) == (first, last, due)


def test_due_day_and_months_are_the_countys(building, on_day):
    on_day("2020-12-03")
    set_option("project_report_day", "20", by_name="测试")
    set_option("project_report_months", "双月", by_name="测试")
    table = opened()
    assert (str(table.last), str(table.due_on)) == ("2020-11-30", "2020-12-20")
    with pytest.raises(ValueError, match="1 到 28"):
        set_option("project_report_day", "31", by_name="测试")


def test_table_is_prefilled_from_projects_and_the_fund_book(client, officer, building):
    client.force_login(officer)
    assert "填报 2020年9—10月" in client.get(LIST).content.decode()
    made = client.post(reverse("projects:base_table_open"))
    table = BaseTable.objects.get()
    assert made.headers["Location"] == table.get_absolute_url()
    [row] = queries.rows_of(table)
    assert (row.budget_fen, row.arrived_fen, row.contracted_fen, row.paid_fen, row.percent, row.state) == (
        30_000_000, 10_000_000, 25_000_000, 6_000_000, 20, "under_way",
    )  # fmt: skip
    page = page_of(client, table)
    assert "没有更早的表" in page
    assert "按项目台账和资金账预填" in page


def test_submitted_table_is_frozen_and_accepted_by_another_person(
    client, officer, approver, finance, building
):
    table = opened()
    client.force_login(officer)
    assert step(client, table, "submit", note="到位较慢").status_code == 302
    contract = building.contracts.get()
    funds.pay(
        by=finance.as_actor(),
        part=contract.parts.get(),
        amount_fen=1_000_000,
        on=dt.date(2020, 10, 30),
        document="记-2",
    )
    table.refresh_from_db()
    assert [row.paid_fen for row in queries.rows_of(table)] == [6_000_000]
    assert "报送时定格" in page_of(client, table)
    with pytest.raises(StepRefused, match="审定人不能是报送人"):
        base_tables.accept(by=officer.as_actor(), table=table)
    client.force_login(approver)
    assert [todo.text for todo in todos_of(approver)] == ["待审定的项目双月报"]
    assert step(client, table, "accept").status_code == 302
    table.refresh_from_db()
    assert (table.state, BaseTableDecision.broken_link(table)) == ("accepted", None)


@pytest.mark.sql
def test_database_keeps_rows_that_were_handed_in(officer, approver, building):
    table = base_tables.submit(by=officer.as_actor(), table=opened())
    row = table.rows.get()
    for change in (
        lambda: BaseTableRow.objects.filter(pk=row.pk).update(paid_fen=1),
        lambda: BaseTableRow.objects.filter(pk=row.pk).delete(),
        lambda: BaseTable.objects.filter(pk=table.pk).update(state="accepted", accepted_by_id=officer.pk),
        lambda: BaseTable.objects.filter(pk=table.pk)._raw_delete("default"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
    base_tables.accept(by=approver.as_actor(), table=table)
    with pytest.raises(IntegrityError), transaction.atomic():
        BaseTable.objects.filter(pk=table.pk).update(note="改")


def test_returned_table_is_worked_out_again_and_words_may_be_written(
    client, officer, approver, finance, building
):
    table = base_tables.submit(by=officer.as_actor(), table=opened())
    client.force_login(approver)
    assert "理由" in step(client, table, "return", reason="").content.decode()
    step(client, table, "return", reason="说明太简单")
    assert "被退回：说明太简单" in Message.objects.filter(to=officer).last().text
    client.force_login(officer)
    funds.pay(
        by=finance.as_actor(), part=building.contracts.get().parts.get(), amount_fen=1_000_000, on=dt.date(2020, 10, 30),
        document="记-2",
    )  # fmt: skip
    client.post(reverse("projects:base_table_notes", args=[table.pk]), {f"note-{building.pk}": "等二期拨款"})
    table.refresh_from_db()
    assert [(row.paid_fen, row.note) for row in queries.rows_of(table)] == [(7_000_000, "等二期拨款")]
    base_tables.submit(by=officer.as_actor(), table=table)
    assert [(row.paid_fen, row.note) for row in table.rows.all()] == [(7_000_000, "等二期拨款")]
    client.post(reverse("projects:base_table_notes", args=[table.pk]), {f"note-{building.pk}": "改了"})
    assert table.rows.get().note == "等二期拨款"


def test_differences_from_the_last_table_are_shown_and_explained(
    client, officer, approver, finance, building, xiazhai, on_day
):
    by = officer.as_actor()
    base_tables.submit(by=by, table=opened())
    on_day("2021-01-04")
    funds.pay(
        by=finance.as_actor(), part=building.contracts.get().parts.get(), amount_fen=4_000_000, on=dt.date(2020, 12, 20),
        document="记-2",
    )  # fmt: skip
    project_at(xiazhai, by=by, name="厕所", budget={"county": 500_000}, year=2020)
    table = opened()
    rows = queries.compared(table, queries.rows_of(table))
    old, new = rows
    assert (old.paid_grown, old.percent_grown, old.reasons, old.is_new) == (
        4_000_000,
        0,
        ["两个月没有进展"],
        False,
    )
    assert (new.is_new, new.reasons) == (True, [])
    client.force_login(officer)
    page = page_of(client, table)
    assert "+4.00" in page
    assert "2020年9—10月" in page
    refused = step(client, table, "submit", note="")
    assert (
        refused.status_code,
        "还有 1 个项目没有写说明，如“宿舍楼”（两个月没有进展）" in refused.content.decode(),
    ) == (422, True)
    base_tables.explain(by=by, table=table, notes={building.pk: "冬季停工"})
    assert step(client, table, "submit", note="").status_code == 302
    assert "厕所" in page_of(client, table, "?tab=new")
    assert "厕所" not in page_of(client, table, "?tab=explain")


def test_figure_that_fell_asks_for_words(officer, finance, building, on_day):
    base_tables.submit(by=officer.as_actor(), table=opened())
    on_day("2020-12-20")
    entry = building.fund_lines.get().entries.get(kind="payment")
    funds.take_back(by=finance.as_actor(), entry=entry, reason="退票")
    work.report_progress(
        by=officer.as_actor(), project=building, on=dt.date(2020, 12, 1), percent=15, text="返工重做"
    )
    on_day("2021-01-04")
    table = opened()
    [row] = queries.compared(table, queries.rows_of(table))
    assert row.reasons == ["进度比上期低", "支付比上期少"]


def test_finish_that_was_put_off_asks_for_words(officer, building, on_day):
    base_tables.submit(by=officer.as_actor(), table=opened())
    on_day("2020-12-20")
    work.plan_milestone(
        by=officer.as_actor(),
        project=building,
        kind="finish",
        planned_on=dt.date(2022, 3, 31),
        reason="设计变更",
    )
    work.report_progress(
        by=officer.as_actor(), project=building, on=dt.date(2020, 12, 1), percent=60, text="二层"
    )
    on_day("2021-01-04")
    table = opened()
    [row] = queries.compared(table, queries.rows_of(table))
    assert row.reasons == ["计划竣工推迟"]


def test_page_reads_what_was_drawn_until_the_books_move_on(client, officer, finance, building):
    table = opened()
    client.force_login(officer)

    def queries_of_page() -> int:
        with CaptureQueriesContext(connection) as captured:
            page_of(client, table)
        return len(captured)

    queries_of_page()
    row = table.rows.get()
    steady = queries_of_page()
    assert table.rows.get().pk == row.pk
    funds.pay(
        by=finance.as_actor(), part=building.contracts.get().parts.get(), amount_fen=1_000_000, on=dt.date(2020, 10, 30),
        document="记-2",
    )  # fmt: skip
    assert "7.00" in page_of(client, table)
    assert table.rows.get().paid_fen == 7_000_000
    assert queries_of_page() == steady
    data = {
        "name": "宿舍楼（二期）",
        "programme": building.programme_id,
        "year": 2020,
        "kind": "build",
        "area": building.area_id,
        "schools": [],
        "note": "",
        "seen": Project.objects.get(pk=building.pk).fingerprint,
    }
    assert client.post(reverse("projects:edit", args=[building.pk]), data).status_code == 302
    assert "宿舍楼（二期）" in page_of(client, table)


def test_table_opens_by_itself_is_told_and_told_once_more_when_late(officer, approver, building, on_day):
    on_day("2020-11-01")
    assert base_tables.keep_tables() == 1
    assert base_tables.keep_tables() == 0
    table = BaseTable.objects.get()
    assert Message.objects.filter(to=officer).last().text == "请在 2020-11-10 前报送2020年9—10月双月报基础表"
    assert [todo.text for todo in todos_of(officer) if "双月报" in todo.text] == ["待报送的项目双月报"]
    on_day("2020-11-10")
    assert base_tables.keep_tables() == 0
    on_day("2020-11-13")
    assert (base_tables.keep_tables(), base_tables.keep_tables()) == (1, 0)
    assert [todo.text for todo in todos_of(officer) if "双月报" in todo.text] == ["逾期没有报送的项目双月报"]
    table.refresh_from_db()
    assert table.state_words == "待报送，迟 3 天"


def test_county_that_begins_after_a_deadline_is_not_late(building, on_day):
    on_day("2020-11-27")
    assert (base_tables.keep_tables(), BaseTable.objects.count()) == (0, 0)
    on_day("2021-01-02")
    assert (base_tables.keep_tables(), BaseTable.objects.count()) == (1, 1)


def test_months_under_way_are_not_reported(officer, building, on_day):
    table = opened()
    on_day("2020-10-30")
    with pytest.raises(StepRefused, match="还没有过完"):
        base_tables.submit(by=officer.as_actor(), table=table)


def test_workbook_has_figures_differences_and_words(client, officer, building):
    table = opened()
    base_tables.explain(by=officer.as_actor(), table=table, notes={building.pk: "正常"})
    client.force_login(officer)
    answer = client.get(reverse("projects:base_table_export", args=[table.pk]))
    sheet = openpyxl.load_workbook(BytesIO(answer.content)).active
    found = [[cell.value for cell in row] for row in sheet.iter_rows()]
    line_of = next(row for row in found if row[0] == building.code)
    assert (line_of[1], line_of[12], line_of[13], line_of[-1]) == ("宿舍楼", "在建", 20, "正常")
    assert [line_of[at] for at in (23, 24, 25, 26)] == [300_000, 100_000, 250_000, 60_000]


def test_words_too_long_are_told_and_not_kept(client, officer, building):
    table = opened()
    client.force_login(officer)
    answer = client.post(
        reverse("projects:base_table_notes", args=[table.pk]),
        {f"note-{building.pk}": "长" * 301, "note-x": "", "note-999999": "无此项目", "tab": "nichts", "page": "a"}, follow=True,
    )  # fmt: skip
    assert "说明不超过 300 个字" in answer.content.decode()
    assert table.rows.exclude(note="").count() == 0


def test_table_is_the_countys(client, building, xiazhai):
    table = opened()
    cadre = factories.user("田镇长", ("township_officer", xiazhai.area), username="cadre")
    client.force_login(cadre)
    assert "双月报由县里报送" in client.get(LIST).content.decode()
    assert client.get(table.get_absolute_url()).status_code == 404


def test_pages_take_the_same_queries_for_one_and_for_forty_projects(client, officer, building, xiazhai):
    table = opened()
    client.force_login(officer)
    counts = []
    for turn in range(2):
        with CaptureQueriesContext(connection) as captured:
            page_of(client, table)
        counts.append(len(captured))
        for number in range(39):
            project_at(xiazhai, by=officer.as_actor(), name=f"楼{turn}-{number}", budget={"central": 100})
    assert counts[0] == counts[1]
