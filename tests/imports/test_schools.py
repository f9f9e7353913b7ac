"""Schools with their set of stages, the school above a teaching point, the reviewing centre, and mergers."""

import pytest

from povertyedu.imports import actions
from povertyedu.orgs.models import School, Term
from students.models import FactChange
from tests import factories

from .conftest import roster, workbook
from .test_samples import TERM

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
HEADER = (
    "学校标识码",
    "学校名称",
    "办学类型",
    "办学性质",
    "城乡类型",
    "所在乡镇",
    "学段",
    "主管学校",
    "中心学校",
    "办学状态",
    "并入学校",
)
USUAL = ("公办", "乡村", "城关镇")


def schools(*rows) -> bytes:
    return workbook(("学校", [HEADER, *rows]))


@pytest.fixture(autouse=True)
def township(db):
    return factories.township()


def row(
    code: int, name: str, kind: str = "小学", stages="", parent="", centre="", state="", merged=""
) -> list:
    return [f"21{code:08d}", name, kind, *USUAL, stages, parent, centre, state, merged]


def test_school_has_the_stages_its_row_names_else_those_of_its_kind(run):
    run(
        "schools",
        schools(
            row(1, "云岭一中", "完全中学"), row(2, "云岭特校", "特殊教育学校", "学前、小学，初中/职业高中")
        ),
    )

    first, special = School.objects.order_by("code")
    assert first.stages == ["junior", "senior"]
    assert special.stages == ["preschool", "primary", "junior", "vocational"]


def test_stages_of_a_later_list_replace_the_set_and_a_blank_keeps_it(run):
    run("schools", schools(row(1, "云岭一中", "完全中学")))

    changed = run("schools", schools(row(1, "云岭一中", "完全中学", "普通高中")))
    blank = run("schools", schools(row(1, "云岭一中", "完全中学")))

    assert (changed["updated"], blank["unchanged"]) == (1, 1)
    assert School.objects.get().stages == ["senior"]


def test_stage_that_is_none_is_told(run):
    answer = run("schools", schools(row(1, "云岭一中", "完全中学", "初中、大学堂")))

    assert answer["rejected_by_code"] == {"stage_unknown": 1}


def test_teaching_point_names_its_school_and_centre_by_code_or_name_in_any_order(run):
    point = row(2, "岩脚教学点", "教学点", parent="城关镇中心小学", centre="2100000001")
    run("schools", schools(point, row(1, "城关镇中心小学", centre="城关镇中心小学")))

    centre, point = School.objects.order_by("code")
    assert (point.parent, point.centre) == (centre, centre)
    assert (centre.parent, centre.centre) == (None, None)


def test_school_that_is_not_known_or_not_one_is_told(run):
    content = schools(
        row(1, "红星小学"),
        row(2, "红星小学"),
        row(3, "甲小学", parent="红星小学"),
        row(4, "乙小学", centre="没有小学"),
    )

    assert run("schools", content)["rejected_by_code"] == {"school_unknown": 2}


def test_merged_school_is_closed_and_keeps_code_and_history(run, village, xiazhai, qingshi):
    run("roster", roster(xiazhai, 3), *TERM)
    merged = [xiazhai.code, xiazhai.name, "小学", *USUAL, "", "", "", "", qingshi.name]

    answer = run("schools", schools(merged))

    xiazhai.refresh_from_db()
    assert answer["updated"] == 1
    assert (xiazhai.is_open, xiazhai.merged_into) == (False, qingshi)
    assert xiazhai.enrolments.count() == 3
    assert run("schools", schools(merged))["unchanged"] == 1


def test_open_school_cannot_be_merged(run, xiazhai, qingshi):
    content = schools([xiazhai.code, xiazhai.name, "小学", *USUAL, "", "", "", "在办", qingshi.name])

    assert run("schools", content)["rejected_by_code"] == {"value_unknown": 1}
    assert School.objects.get(pk=xiazhai.pk).is_open is True


def test_closed_school_may_open_again(run, xiazhai):
    School.objects.filter(pk=xiazhai.pk).update(is_open=False)

    run("schools", schools([xiazhai.code, xiazhai.name, "小学", *USUAL, "", "", "", "在办", ""]))

    assert School.objects.get(pk=xiazhai.pk).is_open is True


def test_merged_school_does_not_open_by_a_list(run, xiazhai, qingshi):
    School.objects.filter(pk=xiazhai.pk).update(is_open=False, merged_into=qingshi)

    answer = run("schools", schools([xiazhai.code, xiazhai.name, "小学", *USUAL, "", "", "", "在办", ""]))

    assert answer["rejected_by_code"] == {"value_unknown": 1}


TAGS = HEADER + ("学校标签",)


def tagged(*rows) -> bytes:
    return workbook(("学校", [TAGS, *rows]))


def tags() -> list:
    return list(School.objects.order_by("code").values_list("tags", flat=True))


def test_tags_come_in_a_blank_keeps_them_and_order_does_not_matter(run):
    first = run("schools", tagged([*row(1, "下寨小学"), "示范校，民族班;示范校"], [*row(2, "青石小学"), ""]))
    kept = tags()

    again = run("schools", tagged([*row(1, "下寨小学"), "民族班、示范校"], [*row(2, "青石小学"), ""]))
    without = run("schools", schools(row(1, "下寨小学"), row(2, "青石小学")))
    changed = run("schools", tagged([*row(1, "下寨小学"), "寄宿制 示范校"]))

    assert kept == [["示范校", "民族班"], []]
    assert (first["created"], again["unchanged"], without["unchanged"]) == (2, 2, 2)
    assert changed["updated"] == 1
    assert tags() == [["寄宿制 示范校"], []]


def test_tag_that_is_too_long_keeps_its_row_out(run):
    answer = run("schools", tagged([*row(1, "下寨小学"), "示" * 21]))

    assert answer["rejected_by_code"] == {"value_unknown": 1}


def test_new_tags_mark_the_students_of_open_terms(run, checked, administrator, xiazhai, autumn, village):
    closed = factories.term("2020-spring")
    for term in (closed, autumn):
        factories.student(at=xiazhai, during=term)
    Term.objects.filter(pk=closed.pk).update(is_closed=True)
    line = [xiazhai.code, xiazhai.name, "小学", *USUAL, "", "", "", "", ""]

    batch = checked(tagged([*line, "示范校"]), by=administrator, kind="schools")
    actions.confirm(batch=batch)
    actions.apply(batch=batch, by=administrator.as_actor())
    marked = list(FactChange.objects.values_list("term", flat=True))
    named, former = tags(), School.objects.get(pk=xiazhai.pk).former_tags
    run("schools", tagged([*line, "示范校"]))
    again = FactChange.objects.count()
    actions.ask_to_undo(batch=batch)
    actions.undo(batch=batch, by=administrator.as_actor())

    assert (marked, named, former, again) == ([autumn.pk], [["示范校"]], [["2020-autumn", []]], 1)
    assert (tags(), School.objects.get(pk=xiazhai.pk).former_tags) == ([[]], [])
    assert FactChange.objects.count() == 2
