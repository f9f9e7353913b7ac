"""Lists of hardship: dated statuses, the categories of each term, areas and schools, and the command's exits."""

import datetime as dt

import openpyxl
import pytest
from django.core.management.base import CommandError

from povertyedu.orgs.models import Area, School
from povertyedu.sealing import keyed_hash
from students.actions.hardship import derive_categories
from students.enums import HardshipCategory
from students.models import Enrolment, FactChange, HardshipStatus, Household, TargetListEntry
from tests import factories

from .conftest import ROSTER, roster, roster_row, workbook

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
AUTUMN, SPRING = ("--term", "2020-autumn"), ("--term", "2021-spring")
POOR = ("乡镇", "行政村", "户编号", "人编号", "姓名", "证件号码", "与户主关系", "脱贫状态", "识别时间")


@pytest.fixture
def luona(xiazhai, village, autumn):
    """A child enrolled in two terms, with no hardship known."""
    child = factories.student("罗娜", at=xiazhai, during=autumn)
    enrolment = child.enrolments.get()
    enrolment.pk, enrolment.term = None, factories.term("2021-spring")
    enrolment.save(force_insert=True)
    return child


def poor(*people) -> bytes:
    return workbook(("建档立卡人口", [("云岭县建档立卡人口名单",), POOR, *people]))


def member(child, *, status="未脱贫", number="", relation="子女", since="201604") -> tuple:
    return (
        "城关镇",
        "红星村",
        "5299010000000006",
        "52990100000000060",
        child.name,
        number or child.id_number,
        relation,
        status,
        since,
    )


def categories_by_term(child) -> dict[str, int]:
    return dict(child.enrolments.values_list("term_id", "categories"))


def test_registered_poor_household_and_members(run, luona):
    head = factories.id_number(birth="19850209")
    adult = (
        "城关镇",
        "红星村",
        "5299010000000006",
        "52990100000000061",
        "罗丽浩",
        head,
        "户主",
        "已脱贫享受政策",
        "201604",
    )

    answer = run("registered-poor", poor(member(luona, status="已脱贫享受政策"), adult), *AUTUMN)

    assert (answer["rows"], answer["created"]) == (2, 2)
    household = Household.objects.get()
    assert (household.number, household.head_name, household.area_id) == (
        "5299010000000006",
        "罗丽浩",
        "529901100001",
    )
    assert HardshipStatus.objects.filter(household=household).count() == 2
    assert categories_by_term(luona) == {"2020-autumn": 1, "2021-spring": 1}
    assert set(FactChange.objects.values_list("term_id", "student_id")) == {
        ("2020-autumn", luona.pk),
        ("2021-spring", luona.pk),
    }


def test_registered_poor_that_no_longer_enjoys_policies_does_not_count(run, luona):
    run("registered-poor", poor(member(luona, status="已脱贫不享受政策")), *AUTUMN)

    assert categories_by_term(luona) == {"2020-autumn": 0, "2021-spring": 0}
    assert HardshipStatus.objects.get().counts is False


def test_registered_poor_turned_in_spring_leaves_autumn_as_it_was(run, luona):
    run("registered-poor", poor(member(luona)), *AUTUMN)
    turned = poor(member(luona, status="已脱贫不享受政策"))

    assert run("registered-poor", turned, *SPRING)["updated"] == 1

    assert categories_by_term(luona) == {"2020-autumn": 1, "2021-spring": 0}
    assert run("registered-poor", turned, *SPRING)["unchanged"] == 1
    assert derive_categories() == 0


def test_registered_poor_certificate_proves_disability_too(run, luona):
    run("registered-poor", poor(member(luona, number=luona.id_number + "43")), *AUTUMN)

    assert (
        categories_by_term(luona)["2020-autumn"]
        == HardshipCategory.REGISTERED_POOR | HardshipCategory.DISABLED
    )
    assert {s.certificate for s in HardshipStatus.objects.all()} == {luona.id_number + "43"}


def test_registered_poor_household_number_that_became_a_number_is_held(run, luona):
    row = list(member(luona))
    row[2] = 5299010000000006

    answer = run("registered-poor", poor(row), *AUTUMN)

    assert (answer["rejected_by_code"], Household.objects.count()) == ({"id_precision_lost": 1}, 0)


@pytest.mark.parametrize("by_column", [False, True])
def test_categories_by_sheet_or_by_column(run, luona, by_column):
    child = (luona.name, luona.id_number, "201901")
    if by_column:
        rows = [
            ("姓名", "身份证号", "起始时间", "类别"),
            (*child, "孤儿"),
            (*child, "农村低保"),
            (*child, "低保"),
        ]
        content = workbook(("名单", rows))
    else:
        head = ("姓名", "身份证号", "起始时间")
        content = workbook(("孤儿", [head, child]), ("农村低保", [head, child]), ("低保", [head, child]))

    answer = run("categories", content, *AUTUMN)

    assert (answer["created"], answer["rejected_by_code"]) == (2, {"value_unknown": 1})
    assert categories_by_term(luona)["2020-autumn"] == HardshipCategory.ORPHAN | HardshipCategory.RURAL_DIBAO


def test_categories_earlier_start_moves_the_start_later_one_does_not(run, luona):
    def listed(since: str) -> dict:
        return run(
            "categories",
            workbook(("孤儿", [("姓名", "身份证号", "起始时间"), (luona.name, luona.id_number, since)])),
            *AUTUMN,
        )

    listed("201901")
    assert listed("201903")["unchanged"] == 1
    assert listed("201801")["updated"] == 1
    assert HardshipStatus.objects.get().since == dt.date(2018, 1, 1)


def test_status_that_ended_and_is_listed_again_begins_with_the_term(run, luona):
    HardshipStatus.objects.create(
        id_hash=keyed_hash(luona.id_number), id_number=luona.id_number, name="罗娜", category=HardshipCategory.ORPHAN,
        since=dt.date(2015, 1, 1), until=dt.date(2019, 12, 31), source="department_list",
    )  # fmt: skip

    run(
        "categories",
        workbook(("孤儿", [("姓名", "身份证号", "起始时间"), (luona.name, luona.id_number, "201501")])),
        *SPRING,
    )

    assert categories_by_term(luona) == {"2020-autumn": 0, "2021-spring": HardshipCategory.ORPHAN}


def test_derive_counts_left_behind_from_the_childs_own_field(luona):
    luona.is_left_behind = True
    luona.save()

    assert derive_categories(student_ids=[luona.pk]) == 2
    assert categories_by_term(luona)["2020-autumn"] == HardshipCategory.LEFT_BEHIND
    assert derive_categories() == 0


def test_derive_of_one_child_leaves_the_others(luona, xiazhai, autumn):
    other = factories.student("严宇", at=xiazhai, during=autumn, categories=1)

    derive_categories(autumn, id_hashes=[luona.id_hash])

    assert other.enrolments.get().categories == 1
    assert derive_categories(autumn) == 1
    assert other.enrolments.get().categories == 0


def test_target_list_against_the_roster(run, luona, xiazhai, autumn):
    off_list = factories.student(
        "严宇", at=xiazhai, during=autumn, categories=HardshipCategory.REGISTERED_POOR
    )
    rows = [
        ("姓名", "身份证号", "学段", "就读学校"),
        (luona.name, luona.id_number, "小学", "某小学"),
        ("某人", factories.id_number(77), "", ""),
    ]

    answer = run("target-list", workbook(("省下达名单", rows)), *AUTUMN)

    assert [
        answer[figure] for figure in ("rows", "on_roster", "not_on_roster", "registered_poor_off_list")
    ] == [2, 1, 1, 1]
    assert TargetListEntry.objects.filter(term="2020-autumn").count() == 2
    assert off_list.enrolments.count() == 1


def test_list_problem_rows(run, luona):
    good = luona.id_number
    wrong = good[:17] + (
        "1" if good[17] != "1" else "2"
    )  # not 000 at the end, which Excel writes for lost digits
    people = [
        member(luona, number=wrong), member(luona, number=" "), member(luona), member(luona, relation="孙子"),
        ("没有乡", "红星村", "1", "2", "甲", factories.id_number(61), "子女", "未脱贫", "201604"),
        ("城关镇", "红星村", "1", "2", "乙", factories.id_number(62), "子女", "说不清", "201604"),
        ("城关镇", "红星村", "1", "2", "", factories.id_number(63), "子女", "未脱贫", "上个月"),
    ]  # fmt: skip

    answer = run("registered-poor", poor(*people), *AUTUMN)

    assert answer["rejected"] == 7
    assert answer["rejected_by_code"] == {
        "area_unknown": 1, "date_invalid": 1, "id_checksum": 1, "id_conflict": 2, "id_missing": 1, "name_missing": 1, "value_unknown": 1,
    }  # fmt: skip


def test_areas_and_schools(run, db):
    areas = [
        ("区划代码", "名称", "级别", "上级代码", "是否贫困村"), ("529901100001", "红星村", "村", "529901100", "是"),
        ("529901100", "城关镇", "乡镇", "529901", ""), ("529901", "云岭县", "县", "", ""), ("529901999001", "无乡村", "村", "", ""),
        ("5299", "太短", "", "", ""),
    ]  # fmt: skip
    answer = run("areas", workbook(("行政区划", areas)))
    assert (answer["created"], answer["rejected_by_code"]) == (3, {"area_unknown": 1, "value_unknown": 1})
    assert Area.objects.get(pk="529901100001").is_poor_village is True

    head = ("学校标识码", "学校名称", "办学类型", "办学性质", "城乡类型", "所在乡镇", "是否寄宿制")
    schools = [
        head,
        ("3452000048", "县民族中学", "完全中学", "公办", "城区", "城关镇", "是"),
        ("1", "短", "小学", "公办", "城区", "无镇", "是"),
    ]
    answer = run("schools", workbook(("学校名册", schools)))
    assert (answer["created"], answer["rejected_by_code"]) == (1, {"area_unknown": 1, "value_unknown": 1})
    school = School.objects.get()
    assert (school.stages, school.takes_boarders, school.area_id) == (["junior", "senior"], True, "529901100")

    schools[1] = ("3452000048", "县民族中学", "完全中学", "公办", "镇区", "城关镇", "")
    assert run("schools", workbook(("学校名册", schools[:2])))["updated"] == 1
    school.refresh_from_db()
    assert (school.setting, school.takes_boarders) == ("town", True)


@pytest.mark.parametrize(
    ("kind", "content", "options", "code"),
    [
        ("roster", b"not a workbook", AUTUMN, 1),
        ("roster", workbook(("Sheet1", [["项目", "金额"], ["电费", 3]])), AUTUMN, 1),
        ("roster", workbook(("花名册", [ROSTER])), AUTUMN, 1),
        ("roster", workbook(("花名册", [ROSTER])), ("--term", "二〇二〇"), 2),
        ("roster", workbook(("花名册", [ROSTER])), (), 2),
        ("nothing", b"x", (), 2),
    ],
)
def test_command_says_no_with_the_right_exit_code(run, db, kind, content, options, code):
    with pytest.raises(CommandError) as refused:
        run(kind, content, *options)

    # A wrong KIND is argparse's own error; manage.py itself makes 2 of it.
    assert refused.value.returncode == code or kind == "nothing"
    assert Enrolment.objects.count() == 0


def test_command_writes_the_errors_where_told(run, xiazhai, village, tmp_path):
    out = tmp_path / "错误.xlsx"
    rows = [roster_row(xiazhai, 1), roster_row(xiazhai, 2, 姓名="")]

    run("roster", workbook(("学生花名册", [ROSTER, *rows])), *AUTUMN, "--errors", str(out))

    sheet = openpyxl.load_workbook(out)["学生花名册"]
    assert sheet.cell(3, len(ROSTER) + 1).value == "没有填写姓名；请补填后重新上传。"


def test_command_writes_no_errors_where_there_are_none(run, xiazhai, village, tmp_path):
    out = tmp_path / "错误.xlsx"

    run("roster", roster(xiazhai, 1), *AUTUMN, "--errors", str(out))

    assert openpyxl.load_workbook(out).active.max_row == 1


def exits(run, village, number: str, *pairs) -> list:
    """Import one child's line for each (term, exit status) and return what the registry says of it."""
    for term, words in pairs:
        heads = ("乡镇", "行政村", "户编号", "姓名", "身份证号", "与户主关系", "脱贫状态")
        line = ["城关镇", "红星村", "5299010001", "罗娜", number, "子女", words]
        run("registered-poor", workbook(("名单", [heads, line])), "--term", term)
    rows = HardshipStatus.objects.order_by("since")
    return [(str(row.since), str(row.until or ""), row.exit_status) for row in rows]


def test_exit_from_poverty_keeps_past_terms_and_marks_the_child(run, village, xiazhai, autumn):
    spring = factories.term("2021-spring")
    child = factories.student("罗娜", at=xiazhai, during=autumn)
    row = child.enrolments.get()
    row.pk, row._state.adding, row.term = None, True, spring
    row.save()
    exits(run, village, child.id_number, (autumn.pk, "未脱贫"))
    FactChange.objects.all().delete()

    told = exits(run, village, child.id_number, (spring.pk, "已脱贫享受政策"))
    marked = set(FactChange.objects.values_list("term", "student"))
    FactChange.objects.all().delete()
    again = exits(run, village, child.id_number, (spring.pk, "已脱贫享受政策"), (autumn.pk, "未脱贫"))

    assert told == [
        ("2020-09-01", "2021-02-14", "not_exited"),
        ("2021-02-15", "", "exited_enjoying"),
    ]
    assert marked == {(autumn.pk, child.pk), (spring.pk, child.pk)}
    assert again == told
    assert not FactChange.objects.exists()
