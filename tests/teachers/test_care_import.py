"""Insurances, checks, titles, candidates and plans of help by workbook: told by row and field, written once, handed over again."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.audit.models import AuditEvent
from povertyedu.imports import actions as imports
from povertyedu.imports.models import StagedRow
from povertyedu.indicators.definitions import Period
from teachers.actions import housing
from teachers.actions.care import Insured, put_up_all, take_in_insurances
from teachers.actions.housing_import import Lodged, take_in_housing
from teachers.models import (
    HealthCheck,
    HelpActivity,
    HousingRequest,
    Insurance,
    Occupancy,
    TiltEntry,
    TiltList,
    TitleRecord,
)
from teachers.queries.rotation import staff_of
from tests import factories
from tests.factories import teachers
from tests.imports.conftest import workbook
from tests.teachers.caring import room_at

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


@pytest.fixture
def wang(xiazhai):
    return teachers.teacher("王芳", xiazhai)


def problems(by, kind: str, *rows) -> list[tuple]:
    """Return (row, column) of each problem of a file."""
    batch = imports.receive(
        chunks=[workbook(("名单", list(rows)))], name="名单.xlsx", kind=kind, term=None, by=by
    )
    imports.check(batch=batch)
    found = StagedRow.objects.filter(batch=batch).order_by("pk")
    return [(row.number, problem[0]) for row in found for problem in row.content["errors"]]


INSURANCES = ("工号", "姓名", "险种", "起缴日期", "停缴日期", "说明")


def test_insurances_come_in_once_end_and_begin_again(client, run, personnel, wang):
    content = workbook(
        (
            "参保",
            [
                INSURANCES,
                (wang.code, "王芳", "公积金", "2015-09-01", "", ""),
                (wang.code, "", "养老", "2015-09-01", "", ""),
            ],
        )
    )
    assert run("insurances", content)["created"] == 2
    assert run("insurances", content)["unchanged"] == 2
    moved = workbook(
        (
            "参保",
            [
                INSURANCES,
                (wang.code, "", "公积金", "2015-09-01", "2020-08-31", "调动"),
                (wang.code, "", "公积金", "2020-09-01", "", ""),
            ],
        )
    )
    second = run("insurances", moved)
    assert (second["created"], second["updated"]) == (1, 1)
    rows = (
        Insurance.objects.filter(kind="housing_fund").order_by("since").values_list("since", "until", "note")
    )
    assert list(rows) == [
        (dt.date(2015, 9, 1), dt.date(2020, 8, 31), "调动"), (dt.date(2020, 9, 1), None, ""),
    ]  # fmt: skip
    client.force_login(personnel)
    exported = client.get(reverse("teachers:insurance_export")).content
    assert run("insurances", exported)["unchanged"] == 3


def test_wrong_insurances_are_told_by_row_and_school(clerk, personnel, wang, qingshi):
    other = teachers.teacher("张红", qingshi)
    Insurance.objects.create(teacher=wang, kind="medical", since=dt.date(2019, 1, 1))
    rows = (
        INSURANCES, (wang.code, "王方", "医保", "2019-01-01", "", ""), ("T999", "", "医保", "2019-01-01", "", ""),
        (wang.code, "", "车险", "2019-01-01", "", ""), (wang.code, "", "医保", "2020-01-01", "", ""),
        (wang.code, "", "失业", "2020-01-01", "2019-01-01", ""), (other.code, "", "医保", "2020-01-01", "", ""),
    )  # fmt: skip
    found = [(2, "name"), (3, "code"), (4, "kind_"), (5, "since"), (6, "until")]
    assert problems(personnel, "insurances", *rows) == found
    assert problems(clerk, "insurances", *rows) == [*found, (7, "code")]  # another school's staff


def test_checks_come_in_without_results(client, run, personnel, clerk, wang, xiazhai, on_day):
    on_day("2020-10-20")
    li = teachers.teacher("李明", xiazhai)
    HealthCheck.objects.create(teacher=wang, year=2020, invited_on=dt.date(2020, 10, 8), hospital="县医院")
    heads = ("工号", "姓名", "年度", "体检机构", "体检日期", "未检原因")
    content = workbook(
        (
            "体检",
            [
                heads,
                (wang.code, "王芳", 2020, "", "2020-10-12", ""),
                (li.code, "", 2020, "县医院", "", "产假"),
            ],
        )
    )
    first = run("health-checks", content)
    assert (first["created"], first["updated"]) == (1, 1)
    assert run("health-checks", content)["unchanged"] == 2
    rows = HealthCheck.objects.order_by("teacher__person__name").values_list(
        "teacher__person__name", "done_on", "missed"
    )
    assert list(rows) == [("李明", None, "产假"), ("王芳", dt.date(2020, 10, 12), "")]
    assert problems(
        personnel, "health-checks", heads, (wang.code, "", 2020, "", "2020-10-07", ""), (li.code, "", 2020, "", "2020-10-21", ""),
        (li.code, "", 2019, "", "2020-10-07", ""), (wang.code, "", 2018, "", "", ""),
    ) == [(2, "done_on"), (3, "done_on"), (4, "hospital"), (5, "done_on")]  # fmt: skip
    assert problems(personnel, "health-checks", heads, (wang.code, "", 2020, "", "", "事假")) == [
        (2, "missed")
    ]
    client.force_login(clerk)
    exported = client.get(reverse("teachers:health_export"), {"year": "2020"}).content
    assert run("health-checks", exported)["unchanged"] == 2


def test_titles_and_ranks_come_in_with_their_days(run, personnel, wang, xiazhai, on_day):
    """骨干 since 1 October 2020: no backbone teacher on 1 September, one a year later."""
    on_day("2021-10-20")
    teachers.place(xiazhai, is_quality=True)
    heads = ("工号", "姓名", "职称", "骨干", "取得日期", "文号")
    content = workbook(
        (
            "职称",
            [
                heads,
                (wang.code, "王芳", "二级", "", "2012-12-01", ""),
                (wang.code, "", "高级", "", "2019-12-01", "云人社〔2019〕3号"),
                (wang.code, "", "", "县级", "2020-10-01", ""),
            ],
        )
    )
    assert run("title-records", content)["created"] == 3
    assert run("title-records", content)["unchanged"] == 3
    wang.refresh_from_db()
    assert (wang.title, wang.backbone, TitleRecord.objects.count()) == ("senior", "county", 3)
    backbone = [
        staff_of(Period(year, dt.date(year + 1, 8, 31)))[0].is_backbone for year in (2019, 2020, 2021)
    ]
    assert backbone == [False, False, True]
    assert problems(
        personnel, "title-records", heads, (wang.code, "", "未评", "", "2012-12-01", ""), (wang.code, "", "一级", "省级", "2012-12-01", ""),
        (wang.code, "", "", "", "2012-12-01", ""), (wang.code, "", "一级", "", "2021-10-21", ""),
    ) == [(2, "title"), (3, "title"), (4, "title"), (5, "on")]  # fmt: skip


def test_candidates_of_a_round_come_in_with_rural_months_reckoned(
    client, run, personnel, wang, xiazhai, on_day
):
    """At a rural school from 1 September 2015 to 20 October 2020: 61 whole months, 5 years, 5 points."""
    on_day("2020-10-20")
    tilt = TiltList.objects.create(
        kind="title", name="高级教师", year=2020, document="云人社〔2020〕3号", points_per_year=100, most_points=1000, by_name="唐人事"
    )  # fmt: skip
    heads = ("名称", "年度", "工号", "姓名", "评分")
    assert (
        run("tilt-candidates", workbook(("人选", [heads, ("高级教师", 2020, wang.code, "王芳", 80.5)])))[
            "created"
        ]
        == 1
    )
    entry = TiltEntry.objects.get()
    assert (entry.base_points, entry.rural_months, entry.rural_points) == (8050, 61, 500)
    client.force_login(personnel)
    exported = client.get(reverse("teachers:tilt_export", args=[tilt.pk])).content
    assert run("tilt-candidates", exported)["unchanged"] == 1
    assert (
        run("tilt-candidates", workbook(("人选", [heads, ("高级教师", 2020, wang.code, "", "81.25分")])))[
            "updated"
        ]
        == 1
    )
    assert problems(
        personnel, "tilt-candidates", heads, ("特级教师", 2020, wang.code, "", 80), ("高级教师", 2020, wang.code, "", "优秀"),
    ) == [(2, "round"), (3, "points")]  # fmt: skip
    TiltList.objects.update(closed_on=dt.date(2020, 10, 20))
    assert problems(personnel, "tilt-candidates", heads, ("高级教师", 2020, wang.code, "", 90)) == [
        (2, "round")
    ]


HELP = ("形式", "帮扶学校", "受援学校", "学科", "内容", "教师工号", "计划日期", "计划课时")


def test_plans_of_help_come_in_and_go_out(client, run, clerk, personnel, wang, xiazhai, qingshi, autumn):
    li = teachers.teacher("李明", qingshi)
    content = workbook(
        (
            "计划",
            [
                HELP,
                (
                    "送课下乡",
                    xiazhai.name,
                    qingshi.name,
                    "语文",
                    "古诗教学",
                    f"{wang.code}、{li.code}",
                    "2020-10-12",
                    2,
                ),
                ("同步课堂", xiazhai.code, qingshi.code, "", "英语口语", "", "2020-10-13", 1),
            ],
        )
    )
    assert run("help-activities", content)["created"] == 2
    assert run("help-activities", content)["unchanged"] == 2
    made = HelpActivity.objects.get(topic="古诗教学")
    assert (made.term, sorted(teacher.name for teacher in made.teachers.all())) == (autumn, ["李明", "王芳"])
    client.force_login(personnel)
    assert run("help-activities", client.get(reverse("teachers:help_export")).content)["unchanged"] == 2
    third = factories.school("第三小学")
    other = teachers.teacher("别校", third)
    wrong = (
        HELP, ("送课下乡", xiazhai.name, xiazhai.name, "", "作文", "", "2020-10-12", 2), ("送课下乡", qingshi.name, third.name, "", "作文", "", "2020-10-12", 2),
        ("送课下乡", xiazhai.name, qingshi.name, "", "作文", other.code, "2020-10-12", 2), ("送课下乡", xiazhai.name, qingshi.name, "", "作文", "", "2030-10-12", 2),
        ("送课下乡", xiazhai.name, qingshi.name, "", "作文", "", "2020-10-12", 0),
    )  # fmt: skip
    assert problems(clerk, "help-activities", *wrong) == [
        (2, "to_school"), (3, "from_school"), (4, "codes"), (5, "planned_on"), (6, "hours"),
    ]  # fmt: skip


def test_only_staff_of_the_two_schools_is_named_on_the_page_too(client, clerk, xiazhai, qingshi, autumn):
    other = teachers.teacher("别校", factories.school("第三小学"))
    client.force_login(clerk)
    data = {
        "kind": "lessons", "term": autumn.pk, "from_school": xiazhai.pk, "to_school": qingshi.pk, "topic": "古诗教学", "teachers": other.code,
        "planned_on": "2020-10-12", "planned_hours": "2", "times": "1", "every_weeks": "1",
    }  # fmt: skip
    answer = client.post(reverse("teachers:help_new"), data).content.decode()
    assert (f"这两所学校没有工号为“{other.code}”的教师" in answer, "别校" in answer) == (True, False)


HOUSING = ("学校", "楼名", "房号", "床位数", "面积", "状态", "工号", "姓名", "入住日期", "退房日期")


def test_rooms_and_residents_come_in_move_out_and_go_out_again(client, run, personnel, wang, xiazhai, on_day):
    on_day("2020-10-20")
    li, chen = (teachers.teacher(name, xiazhai) for name in ("李明", "陈静"))
    by = personnel.as_actor()
    housing.ask(by=by, school=xiazhai, teacher=li, asked_on=dt.date(2020, 9, 1), reason="家在外乡")
    content = workbook(("宿舍", [
        HOUSING, (xiazhai.name, "教师楼", "101", 2, "35.5㎡", "在用", wang.code, "王芳", "2019-09-01", ""),
        (xiazhai.code, "教师楼", "101", "", "", "", li.code, "", "2020-09-01", ""), (xiazhai.name, "教师楼", "102", 1, "", "维修", "", "", "", ""),
    ]))  # fmt: skip
    assert run("housing", content)["created"] == 3
    assert run("housing", content)["unchanged"] == 3
    assert HousingRequest.objects.get().state == "housed"
    client.force_login(personnel)
    assert run("housing", client.get(reverse("teachers:housing_export")).content)["unchanged"] == 3
    moved = workbook(("宿舍", [
        HOUSING, (xiazhai.name, "教师楼", "101", 1, "", "", wang.code, "", "2019-09-01", "2020-09-30"),
        (xiazhai.name, "教师楼", "101", "", "", "", li.code, "", "2020-09-01", "2020-10-09"),
        (xiazhai.name, "教师楼", "101", "", "", "", chen.code, "", "2020-10-10", ""),
        (xiazhai.name, "教师楼", "102", "", "", "可用", wang.code, "", "2020-10-01", ""),
    ]))  # fmt: skip
    counts = run("housing", moved)
    assert (counts["created"], counts["updated"]) == (2, 2)
    shown = client.get(reverse("teachers:housing")).context["sums"]
    assert (shown["rooms"], shown["places"], shown["occupied"], shown["free"]) == (2, 2, 2, 0)
    living = Occupancy.objects.in_force(dt.date(2020, 10, 20)).order_by("room__number")
    assert [(stay.teacher, stay.room.number) for stay in living] == [(chen, "101"), (wang, "102")]
    told = (
        AuditEvent.objects.filter(action="housing.room").exclude(changes__capacity=[None, 1]).order_by("pk")
    )
    assert told.last().changes in ({"capacity": ["2", "1"]}, {"state": ["repair", "in_use"]})


def test_wrong_rooms_and_residents_are_told(clerk, personnel, wang, xiazhai, qingshi):
    room = room_at(xiazhai, by=personnel.as_actor(), number="101", capacity=1)
    housing.move_in(by=personnel.as_actor(), room=room, teacher=wang, since=dt.date(2020, 9, 1))
    li, other = teachers.teacher("李明", xiazhai), teachers.teacher("张红", qingshi)
    house = (xiazhai.name, room.building.name)
    rows = (
        HOUSING, (*house, "101", "", "", "", li.code, "", "2020-09-05", ""), (*house, "201", "", "", "", "", "", "", ""),
        (*house, "202", 30, "", "", "", "", "", ""), (*house, "203", 1, "", "", wang.code, "", "2020-10-01", ""),
        (*house, "204", 2, "", "", "", "", "2020-10-01", ""), (*house, "205", 2, "很大", "", "", "", "", ""),
        (*house, "206", 2, "", "", li.code, "", "2020-09-05", "2020-09-01"), (*house, "207", 2, "", "", "", "", "", ""),
        (*house, "207", 3, "", "", li.code, "", "2020-09-05", ""), (*house, "208", 1, "", "停用", li.code, "", "2020-09-05", ""),
        ("没有的学校", "楼", "1", 1, "", "", "", "", "", ""), (qingshi.name, "楼", "1", 1, "", "", other.code, "", "2020-09-05", ""),
    )  # fmt: skip
    found = [
        (2, "number"), (3, "capacity"), (4, "capacity"), (5, "since"), (6, "code"), (7, "area"), (8, "until"), (10, "capacity"), (11, "state"),
        (12, "school"),
    ]  # fmt: skip
    assert problems(personnel, "housing", *rows) == found
    assert problems(clerk, "housing", *rows) == [
        *found,
        (13, "code"),
        (13, "school"),
    ]  # another school's staff and room


def test_queries_do_not_grow_with_the_rows(personnel, xiazhai):
    by = personnel.as_actor()
    tilt = TiltList.objects.create(
        kind="award", name="优秀教师", year=2020, document="云教〔2020〕1号", points_per_year=100, most_points=1000, by_name="唐人事"
    )  # fmt: skip
    people = [teachers.teacher(f"教师{number}", xiazhai) for number in range(31)]

    def queries(some) -> int:
        with CaptureQueriesContext(connection) as seen:
            take_in_insurances(
                by=by, rows=[Insured(each.pk, "medical", dt.date(2020, 1, 1), None) for each in some]
            )
            house = f"{len(some)}号楼"
            take_in_housing(
                by=by,
                rows=[
                    Lodged(xiazhai.pk, house, each.code, 1, None, None, each.pk, dt.date(2020, 1, 1))
                    for each in some
                ],
            )
            put_up_all(by=by, tilt=tilt, candidates=[(each, 8000) for each in some])
        return len(seen)

    assert queries(people[:1]) == queries(people[1:])
    assert AuditEvent.objects.filter(action="tilt.put_up").count() == 31
