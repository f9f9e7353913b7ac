"""教师需求: the state's ratios, teaching points by class, shares by subject, sums; every figure worked out by hand."""

import datetime as dt
import re
from decimal import Decimal
from io import BytesIO

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from teachers.actions import posts
from teachers.models import StaffStandard, SubjectHours
from teachers.queries.need import apportion, reckon
from tests import factories
from tests.factories import teachers

pytestmark = pytest.mark.django_db
NEED = reverse("teachers:need")
DAY = "on=2020-10-01"
SINCE = dt.date(2014, 12, 5)


def standard(stage, amount, basis="pupils", small=0, since=SINCE) -> StaffStandard:
    return StaffStandard.objects.create(
        stage=stage, basis=basis, amount=Decimal(amount), small_up_to=small, since=since
    )


def lessons(stage="primary", **by_subject) -> None:
    for subject, number in by_subject.items():
        SubjectHours.objects.create(stage=stage, subject=subject, lessons=number)


def pupils(school, number, *, classes=2, grade=5) -> None:
    for each in range(number):
        factories.student(
            f"罗{each}", at=school, grade=grade, class_name=f"{each % classes + 1}班", account=False
        )


@pytest.fixture
def county(autumn, xiazhai, qingshi):
    """下寨小学 20 pupils and 3 who teach 语文; its teaching point 8 pupils in 2 classes and one for all; 青石镇 20 pupils, nobody."""
    standard("primary", "19")
    standard("primary", "1.5", "class")
    lessons(chinese=6, mathematics=4)
    point = factories.school("城关镇上寨教学点", kind="teaching_point")
    pupils(xiazhai, 20)
    pupils(point, 8, grade=1)
    pupils(qingshi, 20)
    for name in ("王芳", "赵平", "钱静"):
        teachers.teacher(name, xiazhai)
    teachers.teacher("孙丽", point, subject="all")
    return point


@pytest.mark.parametrize(
    ("stage", "amount", "number", "needed"),
    [
        ("primary", "19", 19, 1), ("primary", "19", 20, 2), ("primary", "19", 190, 10), ("primary", "19", 0, 0),
        ("junior", "13.5", 135, 10), ("junior", "13.5", 136, 11), ("junior", "13.5", 27, 2),
        ("senior", "12.5", 125, 10), ("senior", "12.5", 126, 11), ("senior", "12.5", 1000, 80),
    ],
)  # fmt: skip
def test_state_ratios_in_whole_persons(stage, amount, number, needed):
    held = StaffStandard(stage=stage, basis="pupils", amount=Decimal(amount))
    assert reckon(stage, number, 3, False, {(stage, "pupils"): held}).needed == needed


@pytest.mark.parametrize(
    ("number", "classes", "is_point", "needed", "is_small"),
    [
        (8, 2, True, 3, True),  # 2 x 1.5 = 3, 8 / 19 gives 1
        (90, 2, True, 5, True),  # 90 / 19 gives 5, more than by class
        (60, 6, False, 9, True),  # a small school: 6 x 1.5
        (101, 6, False, 6, False),  # one pupil more than small: 101 / 19
    ],
)
def test_teaching_points_and_small_schools_go_by_class(number, classes, is_point, needed, is_small):
    held = {
        ("primary", "pupils"): StaffStandard(stage="primary", basis="pupils", amount=Decimal(19)),
        ("primary", "class"): StaffStandard(
            stage="primary", basis="class", amount=Decimal("1.5"), small_up_to=100
        ),
    }
    found = reckon("primary", number, classes, is_point, held)
    assert (found.needed, found.is_small) == (needed, is_small)


def test_stage_without_a_standard_is_not_reckoned():
    found = reckon("vocational", 300, 6, False, {})
    assert (found.needed, found.shortage, found.told) == (None, 0, "这个学段还没有定标准")


def test_need_is_shared_by_lessons():
    # 10 by 7 : 5 : 2 of 14 lessons: 5, 3.57, 1.43 -> the one left goes to 3.57
    assert apportion(10, {"a": Decimal(7), "b": Decimal(5), "c": Decimal(2)}) == {"a": 5, "b": 4, "c": 1}


@given(
    st.integers(0, 300),
    st.dictionaries(
        st.text(min_size=1, max_size=3), st.integers(1, 12).map(Decimal), min_size=1, max_size=14
    ),
)
def test_shares_add_up_and_stay_within_one_of_what_they_should_be(number, weights):
    shares = apportion(number, weights)
    assert sum(shares.values()) == number
    total = sum(weights.values())
    assert all(abs(shares[key] - number * weight / total) < 1 for key, weight in weights.items())


def test_shortage_surplus_and_full_subject_by_township_and_county(client, personnel, county):
    client.force_login(personnel)
    page = client.get(f"{NEED}?{DAY}")
    told = [
        (each.label, each.schools, each.pupils, each.needed, each.staff, each.shortage, each.surplus, each.full_shortage, each.without_teacher)
        for each in page.context["townships"]
    ]  # fmt: skip
    # 下寨 20/19 -> 2, has 3; 教学点 2 x 1.5 = 3, has 1 of two who should teach all; 青石 20/19 -> 2, has none
    assert told == [("城关镇", 2, 28, 5, 4, 2, 1, 1, 1), ("青石镇", 1, 20, 2, 0, 2, 0, 0, 1)]
    sums = page.context["sums"]
    assert (sums.needed, sums.staff, sums.shortage, sums.surplus, sums.ratio) == (7, 4, 4, 1, Decimal("12.0"))
    (stage,) = page.context["stages"]
    assert (stage.pupils, stage.classes, stage.needed, stage.staff) == (48, 6, 7, 4)


def test_private_schools_hire_their_own_teachers_and_are_not_counted(client, personnel, county):
    client.force_login(personnel)
    before = client.get(f"{NEED}?{DAY}").context["sums"]
    for number, ownership in enumerate(("private", "inclusive_private")):
        pupils(factories.school(f"民办{number}", ownership=ownership), 40)
    after = client.get(f"{NEED}?{DAY}").context["sums"]
    assert (after.schools, after.needed) == (before.schools, before.needed) == (3, 7)


def test_kindergarten_by_class_lacks_no_teacher_of_all_subjects(client, personnel, autumn):
    """4 classes x 2 = 8 posts for 学前教育, of whom 3 are there."""
    standard("preschool", "2", "class", small=2000)
    lessons("preschool", preschool=20)
    garden = factories.school("城关镇幼儿园", kind="kindergarten")
    for number in range(4):
        factories.student(
            f"幼{number}", at=garden, stage="preschool", grade=1, class_name=f"{number}班", account=False
        )
    for name in ("甲", "乙", "丙"):
        teachers.teacher(name, garden, stage="preschool", subject="preschool")
    client.force_login(personnel)
    need = client.get(f"{reverse('teachers:school_need', args=[garden.pk])}?{DAY}").context["need"]
    (stage,) = need.stages
    assert (stage.needed, stage.shortage, stage.full_needed, stage.lacking) == (8, 5, 0, [])
    assert [(each.subject, each.needed, each.shortage) for each in stage.subjects] == [("preschool", 8, 5)]


def test_need_by_subject_and_the_subjects_nobody_teaches(client, personnel, county, xiazhai):
    client.force_login(personnel)
    told = {
        each.label: (each.needed, each.staff, each.shortage, each.surplus, each.without)
        for each in client.get(f"{NEED}?tab=subject&{DAY}").context["subjects"]
    }
    # of 2 by 6 : 4 lessons 语文 has 1.2, 数学 0.8: one each; at the point 全科 2, has 1
    assert told == {"语文": (2, 3, 1, 2, 1), "数学": (2, 0, 2, 0, 2), "全科": (2, 1, 1, 0, 0)}
    page = client.get(f"{reverse('teachers:school_need', args=[xiazhai.pk])}?{DAY}")
    need = page.context["need"]
    assert (need.words, need.without_teacher, need.ratio) == ("缺学科，超 1 名", ["数学"], Decimal("6.7"))
    assert "20 名学生 ÷ 19 = 应配 2 名" in page.content.decode()


def test_tabs_have_the_schools_with_the_problem(client, personnel, county, xiazhai, qingshi):
    client.force_login(personnel)
    rows = {
        tab: [each.school for each in client.get(f"{NEED}?tab={tab}&{DAY}").context["rows"]]
        for tab in ("short", "lacking", "surplus")
    }
    assert rows == {"short": [county, qingshi], "lacking": [xiazhai, qingshi], "surplus": [xiazhai]}


def buttons(client, url) -> list[tuple[str, str]]:
    """Return (kind, text) of the links beside the title that lead on."""
    page = client.get(url).content.decode()
    head = page[page.index('class="page-head"') : page.index("</div></div>", page.index('class="page-head"'))]
    return re.findall(r'class="btn btn-sm btn-(primary|outline-primary)" href="[^"]*">([^<]+)</a>', head)


def test_need_leads_on_to_what_fills_it(client, personnel, school_head, county, xiazhai, qingshi):
    client.force_login(personnel)
    plan, suggest = "拟订招聘计划", "交流建议方案"
    assert buttons(client, f"{NEED}?{DAY}")[:2] == [("primary", plan), ("outline-primary", suggest)]
    short = reverse("teachers:school_need", args=[qingshi.pk])
    assert buttons(client, f"{short}?{DAY}")[:2] == [("primary", plan), ("outline-primary", suggest)]
    over = reverse("teachers:school_need", args=[xiazhai.pk])
    assert buttons(client, f"{over}?{DAY}")[:1] == [("primary", suggest)]
    client.force_login(school_head)
    assert buttons(client, f"{over}?{DAY}") == [("primary", "起草派出"), ("outline-primary", "编制与教职工")]


def test_who_has_left_or_retired_is_no_staff_and_a_day_before_counts_them(client, personnel, county, xiazhai):
    wang = xiazhai.appointments.first().teacher
    posts.leave(
        by=personnel.as_actor(), teacher=wang, state="retired", on=dt.date(2020, 9, 30), reason="到龄"
    )
    client.force_login(personnel)
    url = reverse("teachers:school_need", args=[xiazhai.pk])
    staff = [client.get(f"{url}?on={day}").context["need"].staff for day in ("2020-09-30", "2020-10-01")]
    assert staff == [3, 2]


def test_standard_holds_from_its_day_on(client, personnel, county, xiazhai):
    client.force_login(personnel)
    data = {
        "stage": "primary",
        "basis": "pupils",
        "amount": "5",
        "small_up_to": "",
        "since": "2020-10-15",
        "document": "云编〔2020〕9号",
    }
    client.post(reverse("teachers:standard_new"), data)
    url = reverse("teachers:school_need", args=[xiazhai.pk])
    needed = [client.get(f"{url}?on={day}").context["need"].needed for day in ("2020-10-14", "2020-10-15")]
    assert needed == [2, 4]
    again = client.post(reverse("teachers:standard_new"), data)
    assert "在这一天已有标准" in again.content.decode()


def test_state_standards_are_taken_over_once(client, personnel, school_head):
    client.force_login(personnel)
    assert "先采用国家标准" in client.get(NEED).content.decode()
    for _ in range(2):
        client.post(reverse("teachers:standards_take"))
    assert list(StaffStandard.objects.order_by("pk").values_list("stage", "amount")) == [
        ("primary", Decimal(19)), ("junior", Decimal("13.5")), ("senior", Decimal("12.5")),
    ]  # fmt: skip
    page = client.get(reverse("teachers:standards")).content.decode()
    assert ("1:19" in page, "1:13.5" in page, "1:12.5" in page) == (True, True, True)
    client.force_login(school_head)
    assert client.post(reverse("teachers:standards_take")).status_code == 403


def test_lessons_are_changed_on_their_page(client, personnel):
    lessons(chinese=6, mathematics=4)
    client.force_login(personnel)
    client.post(reverse("teachers:hours", args=["primary"]), {"chinese": "7", "art": "1.5"})
    assert SubjectHours.objects.by_stage() == {"primary": {"chinese": Decimal(7), "art": Decimal("1.5")}}
    assert client.post(reverse("teachers:hours", args=["primary"]), {"chinese": "41"}).status_code == 422
    assert client.get(reverse("teachers:hours", args=["nowhere"])).status_code == 404


def test_head_sees_the_need_of_the_own_school(client, school_head, county, xiazhai):
    client.force_login(school_head)
    page = client.get(f"{NEED}?tab=school&{DAY}")
    assert [each.school for each in page.context["rows"]] == [xiazhai]


def test_workbook_has_the_sums_of_the_page(client, personnel, county):
    client.force_login(personnel)
    content = client.get(f"{reverse('teachers:need_export')}?{DAY}").content
    book = openpyxl.load_workbook(BytesIO(content), data_only=True)
    totals = {}
    for sheet in book:
        rows = list(sheet.iter_rows(values_only=True))
        head = next(row for row in rows if "应配" in row)
        total = next(row for row in rows if row[0] and str(row[0]).startswith("总计"))
        totals[sheet.title] = [
            dict(zip(head, total, strict=True))[name] for name in ("应配", "现有", "缺", "超")
        ]
    # by subject 6, not 7: the point's third post beside its two classes is no subject's
    assert totals == {"学校需求": [7, 4, 4, 1], "学科需求": [6, 4, 4, 2], "学科合计": [6, 4, 4, 2]}


def test_page_takes_the_same_queries_for_three_and_for_thirty_schools(client, personnel, county):
    client.force_login(personnel)

    def queries() -> int:
        with CaptureQueriesContext(connection) as made:
            assert client.get(f"{NEED}?tab=school&{DAY}").status_code == 200
        return len(made)

    queries()
    few = queries()
    for number in range(27):
        teachers.teacher(f"教师{number}", factories.school(f"学校{number}"))
    assert queries() == few
