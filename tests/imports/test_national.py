"""The 72-column form of the national registry comes in as it is (facts.md 3.1)."""

import pytest

from students.models import Guardian, Student
from tests import factories

from .conftest import workbook
from .test_samples import TERM

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

PUPIL = [
    "姓名★",
    "性别★",
    "出生日期★",
    "出生地★",
    "籍贯★",
    "民族★",
    "国籍/地区★",
    "身份证件类型★",
    "身份证件号",
    "港澳台侨外★",
    "政治面貌",
    "健康状况★",
    "照片",
    "姓名拼音",
    "曾用名",
    "身份证件有效期",
    "户口所在地★",
    "户口性质★",
    "特长",
    "学籍辅号",
    "班内学号",
    "年级★",
    "班级★",
    "入学年月★",
    "入学方式★",
    "就读方式★",
    "学生来源",
    "现住址★",
    "通信地址★",
    "家庭地址★",
    "联系电话★",
    "邮政编码★",
    "电子信箱",
    "主页地址",
    "是否独生子女★",
    "是否受过学前教育★",
    "是否留守儿童",
    "是否进城务工人员随迁子女",
    "是否孤儿",
    "是否烈士或优抚子女",
    "随班就读",
    "残疾类型",
    "是否由政府购买学位",
    "是否需要申请资助",
    "是否享受一补",
    "上下学距离",
    "上下学方式",
    "是否需要乘坐校车",
]
MEMBER = [
    "成员姓名",
    "关系",
    "关系说明",
    "民族",
    "工作单位",
    "现住址",
    "户口所在地",
    "联系电话",
    "是否监护人",
    "身份证件类型",
    "身份证件号",
    "职务",
]
HEADER = [*PUPIL, *MEMBER, *MEMBER]
FATHER, MOTHER = factories.id_number(11, birth="19800512"), factories.id_number(12, birth="19820512")


def pupil(number: int = 1, *, guardian: str = "father", **cells) -> list:
    """A row as the national registry exports it: codes, digits, empty cells."""
    id_number = factories.id_number(number * 2, birth="20100512")
    good = dict.fromkeys(PUPIL, "") | {
        "姓名★": "罗娜", "性别★": "2", "出生日期★": "20100512", "民族★": "03", "身份证件类型★": "1", "身份证件号": id_number,
        "户口所在地★": "529901100001", "户口性质★": "1", "年级★": "15", "班级★": "1班", "入学年月★": "201609", "就读方式★": "2",
        "联系电话★": "13929962626", "是否留守儿童": "2",
    } | cells  # fmt: skip
    father = [
        "罗大",
        "父亲",
        "",
        "01",
        "",
        "",
        "",
        "13900000001",
        "1" if guardian == "father" else "0",
        "1",
        FATHER,
        "",
    ]
    mother = [
        "何花",
        "母亲",
        "",
        "01",
        "",
        "",
        "",
        "13900000002",
        "1" if guardian == "mother" else "0",
        "1",
        MOTHER,
        "",
    ]
    return [*good.values(), *father, *mother]


def test_header_has_the_72_columns_of_the_form():
    assert len(HEADER) == 72


@pytest.mark.parametrize(
    "title",
    [
        [["全国中小学生学籍信息"], ["学校名称：城关镇下寨小学", "", "学校标识码：{code}"]],
        [["学校名称", "城关镇下寨小学"]],
        [["学校标识码", "{code}", "填表日期", "2020-09-10"]],
    ],
)
def test_form_of_the_national_registry_comes_in_with_its_school_from_the_title(run, village, xiazhai, title):
    above = [[cell.format(code=xiazhai.code) for cell in row] for row in title]

    answer = run("roster", workbook(("学生", [*above, HEADER, pupil()])), *TERM)

    assert (answer["created"], answer["rejected_by_code"], answer["warnings"]) == (1, {}, {})
    student = Student.objects.get()
    row = student.enrolments.get()
    assert (student.name, student.sex, str(student.birth_date), student.ethnicity) == (
        "罗娜",
        "female",
        "2010-05-12",
        "回族",
    )
    assert (student.id_kind, student.hukou, student.is_left_behind, student.phone) == (
        "id_card",
        "rural",
        True,
        "13929962626",
    )
    assert (row.school, row.stage, row.grade, row.school_class.name) == (xiazhai, "primary", 5, "1班")
    assert (row.boarding, str(row.entered_on), row.home_area) == (True, "2016-09-01", "529901100001")


@pytest.mark.parametrize(
    ("who", "name", "number"),
    [("father", "罗大", FATHER), ("mother", "何花", MOTHER), ("nobody", "罗大", FATHER)],
)
def test_guardian_is_the_member_marked_as_such(run, village, xiazhai, who, name, number):
    content = workbook(
        ("学生", [["学校标识码", "学校名称", *HEADER], [xiazhai.code, xiazhai.name, *pupil(guardian=who)]])
    )

    run("roster", content, *TERM)

    guardian = Guardian.objects.get()
    relation = "母亲" if who == "mother" else "父亲"
    assert (guardian.name, guardian.relation, guardian.id_number) == (name, relation, number)


@pytest.mark.parametrize(
    ("code", "stage", "grade"),
    [("11", "primary", 1), ("16", "primary", 6), ("21", "junior", 1), ("23", "junior", 3)],
)
def test_grade_code_tells_the_stage_where_a_school_has_several(run, village, code, stage, grade):
    nine = factories.school("石桥镇学校", kind="nine_year")
    content = workbook(("学生", [["学校标识码", *HEADER], [nine.code, *pupil(**{"年级★": code})]]))

    assert run("roster", content, *TERM)["created"] == 1

    row = Student.objects.get().enrolments.get()
    assert (row.stage, row.grade) == (stage, grade)


def test_township_code_of_12_digits_and_a_code_of_another_county(run, village, xiazhai):
    rows = [pupil(1, **{"户口所在地★": "529901100000"}), pupil(2, **{"户口所在地★": "529902100001"})]
    content = workbook(("学生", [["学校标识码", *HEADER], *[[xiazhai.code, *row] for row in rows]]))

    answer = run("roster", content, *TERM)

    assert (answer["created"], answer["warnings"]) == (2, {"home_outside": 1})
    areas = list(Student.objects.order_by("pk").values_list("home_area", flat=True))
    assert areas == ["529901100", None]


def test_the_same_form_again_changes_nothing(run, village, xiazhai):
    content = workbook(("学生", [["学校标识码", *HEADER], [xiazhai.code, *pupil()]]))
    run("roster", content, *TERM)

    answer = run("roster", content, *TERM)

    assert (answer["created"], answer["updated"], answer["unchanged"]) == (0, 0, 1)
