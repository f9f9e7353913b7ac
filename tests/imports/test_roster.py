"""Rosters: what is taken in, what is held, what blanks leave alone, and in how many queries."""

import pytest
from django.core.management.base import CommandError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from povertyedu.imports import actions
from povertyedu.orgs.models import Term
from povertyedu.sealing import keyed_hash
from students.models import Enrolment, FactChange, Student
from tests import factories

from .conftest import ROSTER, roster, roster_row, workbook

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
TERM = ("--term", "2020-autumn")


def test_roster_first_import_fills_the_registry(run, xiazhai, village):
    answer = run("roster", roster(xiazhai, 2, 性别="", 就读方式="住校"), *TERM)

    assert answer == {
        "rows": 2, "created": 2, "updated": 0, "unchanged": 0, "duplicates": 0, "rejected": 0, "rejected_by_code": {}, "warnings": {},
    }  # fmt: skip
    number = factories.id_number(1, birth="20100202")
    child = Student.objects.get(id_hash=keyed_hash(number))
    assert (child.name, child.id_number, child.student_no, child.phone) == (
        "罗二",
        number,
        f"G{number}",
        "13929962626",
    )
    assert (child.sex, str(child.birth_date), child.home_area_id) == ("male", "2010-02-02", village.code)
    assert (child.guardian.name, child.bank_account.holder, child.bank_account.tail) == (
        "罗丽浩",
        "罗二",
        "0001",
    )
    enrolment = child.enrolments.get()
    assert (enrolment.term_id, enrolment.school, enrolment.boarding) == ("2020-autumn", xiazhai, True)
    assert (enrolment.school_class.name, enrolment.grade_name) == ("1班", "五年级")
    assert (enrolment.school_area, enrolment.home_area) == ("529901100000", "529901100001")
    assert (enrolment.ownership, enrolment.setting) == (xiazhai.ownership, xiazhai.setting)
    assert set(FactChange.objects.values_list("student_id", flat=True)) == set(
        Student.objects.values_list("pk", flat=True)
    )


def test_roster_blank_cells_never_erase(run, xiazhai, village):
    run("roster", roster(xiazhai, 1, 就读方式="住校", 是否留守儿童="是"), *TERM)
    kept = ("学校标识码", "学校名称", "学段", "年级", "姓名", "身份证件号")
    row = roster_row(xiazhai, 1)
    bare = [cell if heading in kept else "" for heading, cell in zip(ROSTER, row, strict=True)]

    answer = run("roster", workbook(("学生花名册", [ROSTER, bare])), *TERM)

    assert (answer["unchanged"], answer["updated"]) == (1, 0)
    child = Student.objects.get()
    assert (child.phone, child.is_left_behind, child.bank_account.tail) == ("13929962626", True, "0001")
    assert (child.enrolments.get().boarding, child.enrolments.get().school_class.name) == (True, "1班")


def test_roster_changed_cells_are_updated_and_marked(run, xiazhai, village):
    run("roster", roster(xiazhai, 3), *TERM)
    FactChange.objects.all().delete()
    rows = [
        roster_row(xiazhai, 1, 就读方式="住校", 联系电话="13900000001"),
        roster_row(xiazhai, 2),
        roster_row(xiazhai, 3, 姓名="罗新"),
    ]

    answer = run("roster", workbook(("学生花名册", [ROSTER, *rows])), *TERM)

    assert (answer["updated"], answer["unchanged"], answer["warnings"]) == (2, 1, {"name_changed": 1})
    assert Enrolment.objects.filter(boarding=True).get().student.phone == "13900000001"
    assert Student.objects.filter(name="罗新").count() == 1
    assert FactChange.objects.count() == 2


def test_roster_new_term_keeps_the_old_one(run, xiazhai, village):
    run("roster", roster(xiazhai, 1), *TERM)

    answer = run("roster", roster(xiazhai, 1, 年级="六年级"), "--term", "2021-autumn")

    assert answer["updated"] == 1
    assert list(Enrolment.objects.order_by("term_id").values_list("term_id", "grade")) == [
        ("2020-autumn", 5),
        ("2021-autumn", 6),
    ]


def test_roster_every_code(run, xiazhai, qingshi, village):
    bad = factories.id_number(90)
    twice = factories.id_number(80)
    rows = [
        roster_row(xiazhai, 1, 身份证件号=bad[:17] + ("0" if bad[17] != "0" else "1")),
        roster_row(xiazhai, 2, 身份证件号=529901201002020021),
        roster_row(xiazhai, 3, 身份证件号="", 全国学籍号=""),
        roster_row(xiazhai, 4, 身份证件号=twice, 姓名="罗甲"),
        roster_row(qingshi, 5, 身份证件号=twice, 姓名="罗甲"),
        roster_row(xiazhai, 6, 姓名="  "),
        roster_row(xiazhai, 7, 学校标识码="2199999999", 学校名称="没有的学校"),
        roster_row(xiazhai, 8, 学段="大学堂"),
        roster_row(xiazhai, 9, 年级="十三年级"),
        roster_row(xiazhai, 10, 出生日期="去年"),
        roster_row(xiazhai, 11, 户籍村="没有村"),
        roster_row(xiazhai, 12, 就读方式="飞"),
        roster_row(xiazhai, 13, 身份证件号="", 全国学籍号="L529901000000000070"),
        roster_row(xiazhai, 14, 性别="男" if int(roster_row(xiazhai, 14)[7][16]) % 2 == 0 else "女"),
        roster_row(xiazhai, 15, 出生日期="2009-01-01"),
        roster_row(xiazhai, 16, 联系电话="一二三"),
        roster_row(xiazhai, 17),
        roster_row(xiazhai, 17),
    ]

    answer = run("roster", workbook(("学生花名册", [ROSTER, *rows])), *TERM)

    assert answer == {
        "rows": 18, "created": 6, "updated": 0, "unchanged": 0, "duplicates": 1, "rejected": 11,
        "rejected_by_code": {
            "area_unknown": 1, "grade_out_of_range": 1, "id_checksum": 1, "id_conflict": 2, "id_missing": 1,
            "id_precision_lost": 1, "name_missing": 1, "school_unknown": 1, "stage_unknown": 1, "value_unknown": 1,
        },
        "warnings": {"birth_mismatch": 1, "date_invalid": 1, "gender_mismatch": 1, "id_missing": 1, "phone_invalid": 1},
    }  # fmt: skip


def test_roster_errors_never_tell_the_check_digit(run, xiazhai, village, administrator, checked):
    good = factories.id_number(90)
    wrong = good[:17] + ("0" if good[17] != "0" else "1")
    batch = checked(roster(xiazhai, 1, 身份证件号=wrong), by=administrator)

    (row,) = batch.staged.all()
    assert [code for _, code, _ in row.content["errors"]] == ["id_checksum"]
    assert good not in str(row.content["errors"])


def test_roster_one_student_number_for_two_children_holds_both(run, xiazhai, village):
    number = "L529901000000000070"
    rows = [roster_row(xiazhai, 1, 全国学籍号=number), roster_row(xiazhai, 2, 全国学籍号=number)]

    answer = run("roster", workbook(("学生花名册", [ROSTER, *rows])), *TERM)

    assert answer["rejected_by_code"] == {"id_conflict": 2}


def test_roster_child_with_temporary_number_gets_the_id_later(run, xiazhai, village):
    run("roster", roster(xiazhai, 1, 身份证件号="", 全国学籍号="L529901000000000070"), *TERM)

    answer = run("roster", roster(xiazhai, 1, 全国学籍号="L529901000000000070"), *TERM)

    assert (answer["created"], answer["updated"]) == (0, 1)
    child = Student.objects.get()
    assert child.id_number == factories.id_number(1, birth="20100202")
    assert child.id_hash == keyed_hash(child.id_number)


def queries_of(action) -> list[str]:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        action()
    return [query["sql"] for query in captured.captured_queries]


def test_roster_queries_do_not_grow_with_rows(checked, xiazhai, administrator):
    few, many = roster(xiazhai, 3), roster(xiazhai, 60)
    factories.school_class(xiazhai)
    by = administrator.as_actor()
    checks, applies = [], []
    for content in (few, many):
        batch = checked(content, by=administrator)
        checks.append(len(queries_of(lambda: actions.check(batch=batch))))  # noqa: B023  called at once
        actions.confirm(batch=batch)
        applies.append(len(queries_of(lambda: actions.apply(batch=batch, by=by))))  # noqa: B023
        Enrolment.objects.all().delete()
        Student.objects.all().delete()

    assert checks[0] == checks[1]
    assert applies[0] == applies[1]


def test_roster_unchanged_file_writes_no_row_of_the_registry(checked, xiazhai, administrator):
    for _ in range(2):
        batch = checked(roster(xiazhai, 5), by=administrator)
        actions.confirm(batch=batch)
        written = queries_of(lambda: actions.apply(batch=batch, by=administrator.as_actor()))  # noqa: B023  called at once

    touching = [
        sql
        for sql in written
        if sql.lstrip().startswith(("INSERT INTO", "UPDATE", "COPY")) and "students_" in sql
    ]
    assert [sql for sql in touching if "keys_" not in sql] == []
    assert batch.counts["unchanged"] == 5


def test_command_without_term_takes_the_latest(run, xiazhai, village):
    Term.objects.named("2020-autumn")
    Term.objects.named("2021-spring")

    run("roster", roster(xiazhai, 1))

    assert Enrolment.objects.get().term_id == "2021-spring"


def test_command_refuses_a_list_of_errors_it_cannot_write_before_any_work(run, xiazhai, village, tmp_path):
    with pytest.raises(CommandError, match="写不了文件"):
        run("roster", roster(xiazhai, 2), *TERM, "--errors", str(tmp_path / "nowhere" / "errors.xlsx"))

    assert Student.objects.count() == 0


def test_command_dry_run_leaves_nothing(run, xiazhai, village):
    answer = run("roster", roster(xiazhai, 2), *TERM, "--dry-run")

    assert answer["created"] == 2
    assert (Student.objects.count(), Term.objects.count()) == (0, 0)


def test_roster_that_tells_another_hukou_marks_every_open_term(run, xiazhai, village, autumn):
    spring = factories.term("2021-spring")
    content = workbook(("学生花名册", [[*ROSTER, "户口性质"], [*roster_row(xiazhai, 1), "农业"]]))
    for term in (autumn, spring):
        run("roster", content, "--term", term.pk)
    FactChange.objects.all().delete()

    run(
        "roster",
        workbook(("学生花名册", [[*ROSTER, "户口性质"], [*roster_row(xiazhai, 1), "非农业"]])),
        "--term",
        autumn.pk,
    )

    assert set(FactChange.objects.values_list("term", flat=True)) == {autumn.pk, spring.pk}
