"""Establishments and rosters by the import wizard: told by sheet, row and field, moved by date, written once."""

import datetime as dt
from dataclasses import replace
from io import BytesIO

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.imports import actions as imports
from povertyedu.imports.models import StagedRow
from povertyedu.orgs.models import Person
from teachers.actions.places import Placed, keep_places
from teachers.models import Appointment, Establishment, EstablishmentChange, SchoolPlace, ServiceTerm, Teacher
from tests import factories
from tests.factories import teachers
from tests.imports.conftest import workbook

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
POSTS = ("学校", "核定编制", "核定日期", "文号")
HEADS = (
    "工号", "姓名", "身份证号", "学段", "学科", "全科", "职称", "骨干", "来源", "参加工作时间", "任教学校", "到校日期", "是否在编", "服务期", "服务期起", "服务期止", "状态",
)  # fmt: skip


def line(number: int, school, **cells) -> list:
    good = dict(zip(HEADS, (
        f"YL{number:04d}", f"石{'一二三四五六七八九十'[number % 10]}", factories.id_number(2 * number, birth="19900816"), "小学", "语文", "否", "二级", "", "特岗",
        "2017-09-01", school.name if school else "", "2017-09-01" if school else "", "在编", "", "", "", "在职",
    ), strict=True))  # fmt: skip
    return list((good | cells).values())


def roster(*lines) -> bytes:
    return workbook(("教师名册", [HEADS, *lines]))


def posts(*lines) -> bytes:
    return workbook(("编制", [POSTS, *lines]))


def wrong(run, content: bytes, kind: str = "teachers") -> list[tuple]:
    """Return (sheet, row, heading, sentence) of each problem of a file."""
    batch = imports.receive(chunks=[content], name="名册.xlsx", kind=kind, term=None, by=run)
    imports.check(batch=batch)
    return [
        (row.sheet, row.number, problem[0], problem[2])
        for row in StagedRow.objects.filter(batch=batch).order_by("pk")
        for problem in row.content["errors"]
    ]


def test_roster_comes_in_once_with_posts_and_terms(run, xiazhai, qingshi):
    teachers.establishment(xiazhai, 2)
    teachers.establishment(qingshi, 1)
    content = roster(
        line(1, xiazhai, 服务期="特岗服务期", 服务期起="2017-09-01"), line(2, xiazhai, 骨干="县级"), line(3, qingshi, 是否在编="编外"), line(4, None),
    )  # fmt: skip
    first = run("teachers", content)
    assert (first["created"], first["rejected"]) == (4, 0)
    assert {e.school.name: e.filled for e in Establishment.objects.all()} == {
        xiazhai.name: 2,
        qingshi.name: 0,
    }
    shi = Teacher.objects.get(code="YL0001")
    assert (shi.sex, shi.birth_on, shi.origin, shi.post.school) == (
        "female",
        dt.date(1990, 8, 16),
        "special_post",
        xiazhai,
    )
    assert ServiceTerm.objects.get().until == dt.date(2020, 8, 31)
    assert Teacher.objects.get(code="YL0002").backbone == "county"
    again = run("teachers", content)
    assert (again["unchanged"], again["created"], again["updated"]) == (4, 0, 0)
    assert (Teacher.objects.count(), Appointment.objects.count(), ServiceTerm.objects.count()) == (4, 3, 1)


def test_changed_school_is_a_move_from_the_day_given_and_blanks_erase_nothing(run, xiazhai, qingshi):
    teachers.establishment(xiazhai, 1)
    teachers.establishment(qingshi, 1)
    run("teachers", roster(line(1, xiazhai, 骨干="县级")))
    number = Teacher.objects.get().id_number
    told = run(
        "teachers",
        roster(line(1, qingshi, 身份证号="", 骨干="", 学科="", 职称="一级", 到校日期="2020-09-01")),
    )
    assert told["updated"] == 1
    shi = Teacher.objects.get()
    assert (shi.title, shi.backbone, shi.subject, shi.id_number) == ("first", "county", "chinese", number)
    assert list(Appointment.objects.order_by("since").values_list("school", "until", "subject")) == [
        (xiazhai.pk, dt.date(2020, 8, 31), "chinese"),
        (qingshi.pk, None, "chinese"),
    ]
    assert {e.school_id: e.filled for e in Establishment.objects.all()} == {xiazhai.pk: 0, qingshi.pk: 1}
    assert shi.person.school == qingshi


def test_wrong_rows_are_told_by_sheet_row_and_field(personnel, xiazhai, qingshi):
    teachers.establishment(xiazhai, 1)
    held = teachers.teacher("赵平", xiazhai, code="YL0009")
    found = wrong(
        personnel,
        roster(
            line(1, xiazhai), line(2, qingshi), line(3, None, 任教学校="云上小学"), line(4, None, 身份证号=held.id_number),
            line(5, None, 来源="", 学段=""), line(6, None, 学科="武术"), line(9, xiazhai, 身份证号="", 状态="退休"),
        ),
    )  # fmt: skip
    assert [(sheet, row, field) for sheet, row, field, _ in found] == [
        ("教师名册", 2, "school"), ("教师名册", 3, "school"), ("教师名册", 4, "school"), ("教师名册", 5, "id_number"), ("教师名册", 6, "stage"),
        ("教师名册", 6, "origin"), ("教师名册", 7, "subject"), ("教师名册", 8, "state"),
    ]  # fmt: skip
    sentences = [sentence for *_, sentence in found]
    assert "核定编制 1 名，批准超编 0 名，已有在编 1 名" in sentences[0]
    assert "还没有核定编制" in sentences[1]
    assert "没有叫“云上小学”的学校" in sentences[2]
    assert "已登记在工号 YL0009 名下" in sentences[3]
    assert "新登记的教师要填“学段”" in sentences[4]
    assert "请先在教师页里办理离任" in sentences[7]


def test_rows_of_one_file_take_no_more_than_the_free_places(personnel, xiazhai):
    teachers.establishment(xiazhai, 2)
    found = wrong(personnel, roster(*(line(number, xiazhai) for number in range(1, 5))))
    assert [row for _, row, *_ in found] == [4, 5]
    assert "文件里前面的行又占 2 名" in found[0][3]


def test_homeroom_teacher_on_file_is_the_same_person(run, xiazhai):
    teachers.establishment(xiazhai, 2)
    person = Person.objects.create(name="石一", school=xiazhai, title="班主任")
    run("teachers", roster(line(1, xiazhai)))
    shi = Teacher.objects.get()
    assert (shi.name, shi.person_id == person.pk, Person.objects.filter(name=shi.name).count()) == (
        "石二",
        False,
        1,
    )
    Person.objects.create(name="石四", school=xiazhai)
    run("teachers", roster(line(3, xiazhai)))
    assert Person.objects.filter(name="石四").count() == 1


def test_establishments_come_in_once_and_keep_what_was_before(run, personnel, xiazhai, qingshi):
    content = posts([xiazhai.name, 12, "2020-01-01", "云编〔2020〕1号"], [qingshi.code, 30, "2020-01-01", ""])
    assert run("establishments", content)["created"] == 2
    assert run("establishments", content)["unchanged"] == 2
    teachers.teacher(at=xiazhai)
    assert run("establishments", posts([xiazhai.name, 9, "2020-09-01", ""]))["updated"] == 1
    held = Establishment.objects.get(school=xiazhai)
    assert (held.authorised, held.filled, held.document) == (9, 1, "云编〔2020〕1号")
    assert list(EstablishmentChange.objects.filter(establishment=held).values_list("before", "after")) == [
        (12, 9),
        (None, 12),
    ]
    found = wrong(
        personnel, posts([xiazhai.name, 0, "2020-10-01", ""], ["云上小学", 3, "2020-10-01", ""], [qingshi.name, -1, "2020-10-01", ""]), "establishments",
    )  # fmt: skip
    assert [(row, field) for _, row, field, _ in found] == [
        (2, "authorised"),
        (3, "school"),
        (4, "authorised"),
    ]
    assert "已有在编 1 名，批准超编 0 名，核定 0 名不够" in found[0][3]


def test_places_of_schools_come_in_once_and_keep_the_tier_that_was(run, personnel, xiazhai, qingshi, on_day):
    on_day("2020-11-20")
    heads = ("学校名称", "偏远程度", "优质学校", "纬度", "经度", "执行日期", "文号")

    def places(*rows) -> bytes:
        return workbook(("位置", [heads, *rows]))

    content = places(
        [xiazhai.name, "二类", "", "25.12345", "101.5", "", ""],
        [qingshi.code, "乡镇驻地", "是", "", "", "", ""],
    )
    assert run("school-places", content)["created"] == 2
    assert run("school-places", content)["unchanged"] == 2
    later = places([xiazhai.name, "三类", "", "", "", "2020-11-01", "云教发〔2020〕21号"])
    assert (run("school-places", later)["updated"], run("school-places", later)["unchanged"]) == (1, 1)
    place = SchoolPlace.objects.get(school=xiazhai)
    assert (
        place.tier_on(dt.date(2020, 10, 31)),
        place.tier_on(dt.date(2020, 11, 1)),
        str(place.latitude),
    ) == (
        2,
        3,
        "25.12345",
    )
    assert SchoolPlace.objects.get(school=qingshi).is_quality
    found = wrong(
        personnel,
        places(
            ["云上小学", "一类", "", "", "", "", ""],
            [xiazhai.name, "五类", "", "", "", "", ""],
            [qingshi.name, "", "", "101.5", "25.1", "2020-12-01", ""],
        ),
        "school-places",
    )
    assert [(row, field) for _, row, field, _ in found] == [(2, "school"), (3, "remoteness"), (4, "since")]


def test_places_take_the_same_queries_for_one_and_for_thirty(personnel):
    def queries(number: int) -> int:
        schools = [factories.school(f"村小{number}{serial}") for serial in range(number)]
        rows = [Placed(school.pk, 2, is_quality=False, since=dt.date(2020, 9, 1)) for school in schools]
        keep_places(by=personnel.as_actor(), rows=rows)
        moved = [replace(row, remoteness=3) for row in rows]
        with CaptureQueriesContext(connection) as seen:
            keep_places(by=personnel.as_actor(), rows=moved)
        return len(seen)

    assert queries(1) == queries(30)


def test_exported_roster_reads_back_without_a_change(run, client, personnel, xiazhai):
    teachers.establishment(xiazhai, 3)
    run(
        "teachers",
        roster(
            line(1, xiazhai, 服务期="特岗服务期", 服务期起="2017-09-01"),
            line(2, xiazhai, 全科="是"),
            line(3, None),
        ),
    )
    client.force_login(personnel)
    content = client.get(reverse("teachers:export")).content
    assert run("teachers", content)["unchanged"] == 3
    back = client.get(reverse("teachers:establishment_export")).content
    assert run("establishments", back)["unchanged"] == 1


def test_template_has_the_columns(client, personnel):
    client.force_login(personnel)
    answer = client.get(reverse("imports:template", args=["teachers"]))
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    assert "任教学科" in str(list(openpyxl.load_workbook(BytesIO(body)).active.iter_rows(values_only=True)))


def test_queries_do_not_grow_with_the_rows(run, xiazhai, django_assert_max_num_queries):
    teachers.establishment(xiazhai, 500)
    run("teachers", roster(line(0, xiazhai)))
    with django_assert_max_num_queries(95) as few:
        run("teachers", roster(*(line(number, xiazhai) for number in range(1, 4))), name="二.xlsx")
    with django_assert_max_num_queries(95) as many:
        run("teachers", roster(*(line(number, xiazhai) for number in range(10, 60))), name="三.xlsx")
    assert len(few) == len(many)
