"""Facts without a column of their own come in, go out and are undone as columns of the roster."""

import io

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from povertyedu.imports import actions
from povertyedu.imports.models import HeadingAlias
from povertyedu.workbooks.writing import write_template
from povertyedu.workflow.flow import Actor
from students.models import CountyFact, Enrolment, FactChange
from students.resources import RosterResource
from students.resources.roster_export import export_roster, roster_columns
from tests import factories

from .conftest import ROSTER, roster_row, workbook

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
TERM = ("--term", "2020-autumn")
BY = Actor(None, "测试", "")


@pytest.fixture
def own_facts(db):
    factories.county_fact()
    factories.county_fact("class_type", "班型", "choice", choices={"key": "重点班", "plain": "普通班"})
    factories.county_fact("distance", "离校里程", "number")
    factories.county_fact("bus_fee", "校车费", "money")


def book(school, headings, *rows) -> bytes:
    """Return a roster with further columns ``headings``; a child for each of ``rows``."""
    lines = [[*roster_row(school, number), *cells] for number, cells in enumerate(rows, start=1)]
    return workbook(("学生花名册", [[*ROSTER, *headings], *lines]))


def facts() -> list[dict]:
    return list(Enrolment.objects.order_by("student__pk").values_list("facts", flat=True))


def test_facts_come_in_by_heading_alias_and_the_bureaus_own_word(run, xiazhai, village, own_facts):
    HeadingAlias.objects.create(
        kind="roster", column="fact_class_type", text="班类", normal="班类", added_by="周敏"
    )
    headings = (
        "困难认定等级", "是否全日制", "复读（留级）", "在校就餐", "随班就读", "在学月数", "学费（元）", "教科书费", "民族班", "班类", "离校里程",
        "校车费",
    )  # fmt: skip
    content = book(
        xiazhai,
        headings,
        ("特别困难", "否", "√", "Y", "视力残疾随班就读", 5, 1312.5, "0", "是", "重点班", "12", "80.05"),
        ("general", "是", "×", "0", "非随班就读", "", "", "￥7元", "1", "PLAIN", 3.0, ""),
        ("", "", "", "", "", "", "", "", "", "", "", ""),
    )

    answer = run("roster", content, *TERM)

    assert (answer["created"], answer["rejected"]) == (3, 0)
    assert facts() == [
        {
            "tier": "special", "full_time": False, "repeater": True, "eats_at_school": True, "integrated": True, "months": 5,
            "fee_tuition": 131_250, "fee_textbook": 0, "ethnic_class": True, "class_type": "key", "distance": 12, "bus_fee": 8_005,
        },
        {
            "tier": "general", "full_time": True, "repeater": False, "eats_at_school": False, "integrated": False,
            "fee_textbook": 700, "ethnic_class": True, "class_type": "plain", "distance": 3,
        },
        {},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("heading", "cell", "code"),
    [
        ("困难等级", "贫困", "value_unknown"),
        ("民族班", "也许", "value_unknown"),
        ("班型", "重点", "value_unknown"),
        ("离校里程", "12.5", "number_invalid"),
        ("离校里程", "-1", "number_invalid"),
        ("校车费", "八十", "amount_invalid"),
        ("校车费", "80.005", "amount_invalid"),
        ("校车费", "-3", "amount_invalid"),
        ("学费", "10000001", "amount_invalid"),
    ],
)
def test_cell_that_cannot_be_understood_keeps_its_row_out(
    run, xiazhai, village, own_facts, heading, cell, code
):
    answer = run("roster", book(xiazhai, (heading,), (cell,), ("",)), *TERM)

    assert (answer["created"], answer["rejected"], answer["rejected_by_code"]) == (1, 1, {code: 1})


def test_blank_never_erases_and_the_same_file_writes_nothing(run, xiazhai, village, own_facts):
    headings = ("困难等级", "民族班", "校车费")
    run("roster", book(xiazhai, headings, ("困难", "是", "80"), ("", "否", "")), *TERM)
    before, marks = list(Enrolment.objects.order_by("pk").values()), FactChange.objects.count()

    again = run("roster", book(xiazhai, headings, ("困难", "是", "80.00"), ("", "否", "")), *TERM)
    blank = run("roster", book(xiazhai, headings, ("", "", ""), ("", "", "")), *TERM)
    without = run("roster", book(xiazhai, (), (), ()), *TERM)

    assert [answer["unchanged"] for answer in (again, blank, without)] == [2, 2, 2]
    assert list(Enrolment.objects.order_by("pk").values()) == before
    assert FactChange.objects.count() == marks


def test_one_fact_changes_and_the_others_stay(run, checked, administrator, xiazhai, village, own_facts):
    run("roster", book(xiazhai, ("困难等级", "校车费"), ("困难", "80"), ("", "")), *TERM)
    Enrolment.objects.filter(facts={}).update(facts={"chosen": ["meals"]})
    marks = FactChange.objects.count()

    batch = checked(book(xiazhai, ("困难等级", "民族班"), ("特别困难", ""), ("", "否")), by=administrator)

    assert [row.content["changes"] for row in batch.staged.order_by("pk")] == [
        [["困难等级", "困难", "特别困难"]],
        [["民族班", "（空）", "否"]],
    ]
    actions.confirm(batch=batch)
    actions.apply(batch=batch, by=administrator.as_actor())
    assert facts() == [
        {"tier": "special", "bus_fee": 8_000},
        {"chosen": ["meals"], "ethnic_class": False},
    ]
    assert FactChange.objects.count() == marks + 2


def test_retired_fact_is_no_column_any_more(run, xiazhai, village, own_facts):
    run("roster", book(xiazhai, ("民族班",), ("是",)), *TERM)
    CountyFact.objects.filter(name="ethnic_class").update(is_active=False)

    answer = run("roster", book(xiazhai, ("民族班",), ("否",)), *TERM)

    assert answer["unchanged"] == 1
    assert facts() == [{"ethnic_class": True}]


def test_undo_brings_the_facts_back(run, checked, administrator, xiazhai, village, own_facts):
    run("roster", book(xiazhai, ("困难等级", "校车费"), ("困难", "80"), ("", "")), *TERM)
    before = list(Enrolment.objects.order_by("pk").values())
    batch = checked(
        book(xiazhai, ("困难等级", "民族班"), ("特别困难", "是"), ("困难", ""), ("困难", "是")),
        by=administrator,
    )
    actions.confirm(batch=batch)
    actions.apply(batch=batch, by=administrator.as_actor())
    changed = facts()

    actions.ask_to_undo(batch=batch)
    actions.undo(batch=batch, by=administrator.as_actor())

    assert changed == [
        {"tier": "special", "bus_fee": 8_000, "ethnic_class": True},
        {"tier": "difficult"},
        {"tier": "difficult", "ethnic_class": True},
    ]
    assert list(Enrolment.objects.order_by("pk").values()) == before


def test_child_whose_facts_were_changed_since_is_left_out_of_the_undo(
    checked, administrator, xiazhai, village
):
    batch = checked(book(xiazhai, ("困难等级",), ("困难",), ("困难",)), by=administrator)
    actions.confirm(batch=batch)
    actions.apply(batch=batch, by=administrator.as_actor())
    Enrolment.objects.filter(pk=Enrolment.objects.earliest("pk").pk).update(facts={"tier": "special"})

    actions.ask_to_undo(batch=batch)
    actions.undo(batch=batch, by=administrator.as_actor())

    assert facts() == [{"tier": "special"}]
    assert len(batch.left_out_list) == 1


def test_queries_do_not_grow_with_rows(xiazhai, village, autumn, administrator, own_facts, count_queries):
    headings = ("困难等级", "班型", "校车费")

    def imported(count: int, tier: str) -> int:
        content = book(xiazhai, headings, *[(tier, "重点班", "80")] * count)
        batch = actions.receive(
            chunks=[content], name="花名册.xlsx", kind="roster", term=autumn, by=administrator
        )
        return count_queries(lambda: actions.carry_out(batch=batch))

    imported(1, "困难")  # the first of all makes the class
    few, many = imported(2, "困难"), imported(40, "困难")
    assert many == few
    assert imported(2, "特别困难") == imported(40, "一般困难")
    assert {row["tier"] for row in facts()} == {"general"}


def test_template_offers_the_countys_facts(own_facts, tmp_path):
    CountyFact.objects.filter(name="distance").update(is_active=False)
    resource = RosterResource()

    write_template(tmp_path / "模板.xlsx", resource, "学生花名册模板")

    sheet = load_workbook(tmp_path / "模板.xlsx")["数据"]
    headings = [cell.value for cell in sheet[2]]
    assert headings[-3:] == ["民族班", "班型", "校车费（元）"]
    choices = load_workbook(tmp_path / "模板.xlsx")["选项"]
    column = headings.index("班型") + 1
    assert [choices.cell(row, column).value for row in (1, 2, 3)] == ["重点班", "普通班", None]
    assert [choices.cell(row, column - 1).value for row in (1, 2)] == ["是", "否"]


def test_what_goes_out_comes_in_again_without_change(xiazhai, autumn, own_facts):
    every = {
        "tier": "general", "full_time": False, "repeater": False, "eats_at_school": True, "integrated": False, "months": 0,
        "fee_tuition": 123_456_78, "fee_misc": 5, "ethnic_class": False, "class_type": "plain", "distance": 0, "bus_fee": 8_000,
    }  # fmt: skip
    for given in (every, {"tier": "special"}, {}):
        child = factories.student(at=xiazhai, during=autumn, birth_date="2010-05-12")
        sex = "male" if int(child.id_number[16]) % 2 else "female"
        type(child).objects.filter(pk=child.pk).update(sex=sex)
        child.enrolments.update(facts=given)
    before, marks = list(Enrolment.objects.order_by("pk").values()), FactChange.objects.count()
    out = io.BytesIO()

    export_roster(
        out, by=BY, term=autumn, rows=Enrolment.objects.of(autumn), words=[], full=True,
        columns=[name for name, _ in roster_columns()],
    )  # fmt: skip
    batch = actions.receive(chunks=[out.getvalue()], name="花名册.xlsx", kind="roster", term=autumn, by=None)
    counts = actions.carry_out(batch=batch)[0].counts

    assert (counts["rows"], counts["unchanged"]) == (3, 3)
    assert list(Enrolment.objects.order_by("pk").values()) == before
    assert FactChange.objects.count() == marks
    cells = [cell for row in load_workbook(io.BytesIO(out.getvalue())).active.values for cell in row]
    assert "123456.78" in cells
    assert "普通班" in cells


def test_alias_page_knows_the_columns(client, administrator, own_facts):
    client.force_login(administrator)
    page = reverse("imports:aliases") + "?kind=roster"

    client.post(page, {"column": "fact_class_type", "text": "班类"})
    again = client.post(page, {"column": "fact_bus_fee", "text": "班类"})

    assert HeadingAlias.objects.get().column == "fact_class_type"
    assert again.context["form"].errors == {"text": ["“班类”已经认作“班型”列，不用再添加。"]}
