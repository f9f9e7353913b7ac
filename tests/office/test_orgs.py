"""Areas, schools, classes, people: edited with a diff in the log; facts follow from the term named."""

import pytest
from django.urls import reverse

from povertyedu.audit.models import AuditEvent
from povertyedu.orgs.models import Area, Person, School, SchoolClass
from students.models import Enrolment, FactChange
from tests import factories


@pytest.fixture
def office(client, administrator):
    client.force_login(administrator)
    return client


def last_event() -> tuple:
    event = AuditEvent.objects.latest("pk")
    return event.by_name, event.by_role, event.action, event.subject_label, event.changes


@pytest.mark.parametrize(
    ("code", "name", "level"), [("529901188", "白云镇", "township"), ("529901100188", "新村", "village")]
)
def test_area_new_finds_level_and_parent_from_its_code(office, code, name, level):
    factories.township()

    office.post(reverse("office:area_new"), {"code": code, "name": name})

    area = Area.objects.get(pk=code)
    assert (area.level, area.parent_id) == (level, code[:-3])
    assert last_event()[:4] == ("陈数据", "数据管理员", "area.create", name)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"code": "5299", "name": "某镇"}, "区划代码应为 6、9 或 12 位数字，请核对。"),
        ({"code": "529901199001", "name": "某村"}, "没有找到上级 529901199，请先登记上级，或核对代码。"),
        ({"code": "529902100", "name": "邻镇"}, "没有找到上级 529902，请先登记上级，或核对代码。"),
        ({"code": "529903", "name": "某县"}, "县在系统安装时登记，这里只登记乡镇和村。"),
        ({"code": "529901188", "name": "某镇", "is_poor_village": "on"}, "只有村才能标为贫困村。"),
    ],
)
def test_area_new_refused_says_why(office, data, sentence):
    count = Area.objects.count()

    response = office.post(reverse("office:area_new"), data)

    assert sentence in response.text
    assert Area.objects.count() == count


def test_area_edit_tells_old_and_new(office):
    village = factories.village()

    office.post(
        reverse("office:area_edit", args=[village.code]),
        {"code": "1", "name": "红旗村", "is_poor_village": "on"},
    )

    assert last_event()[2:] == (
        "area.update", "红旗村", {"name": ["红星村", "红旗村"], "is_poor_village": ["否", "是"]},
    )  # fmt: skip


def test_area_edit_without_a_change_writes_nothing(office):
    village = factories.village()

    office.post(reverse("office:area_edit", args=[village.code]), {"name": village.name})

    assert not AuditEvent.objects.exists()


def of(school: School, **changes) -> dict:
    """Return what the school's form sends when nothing but ``changes`` is altered."""
    data = {
        "code": school.code, "name": school.name, "kind": school.kind, "stages": school.stages,
        "ownership": school.ownership, "setting": school.setting, "area": school.area_id, "is_open": "on",
    }  # fmt: skip
    return data | changes


def test_school_new_takes_the_usual_stages_of_its_kind(office):
    factories.township()
    data = {
        "code": "3152990001", "name": "云岭县第一中学", "kind": "complete", "ownership": "public", "setting": "urban",
        "area": "529901100", "is_open": "on",
    }  # fmt: skip

    office.post(reverse("office:school_new"), data)

    assert School.objects.get().stages == ["junior", "senior"]
    assert last_event()[4]["stages"] == ["", "初中、普通高中"]


def test_school_change_of_setting_asks_from_which_term(office, xiazhai, autumn):
    factories.student(at=xiazhai)

    response = office.post(reverse("office:school_edit", args=[xiazhai.pk]), of(xiazhai, setting="urban"))

    xiazhai.refresh_from_db()
    assert "改了办学性质、城乡类型、所在乡镇或学校标签，请选择从哪个学期起算。" in response.text
    assert xiazhai.setting == "rural"


@pytest.mark.sql
def test_school_change_reaches_its_students_from_that_term_on(office, xiazhai, qingshi):
    terms = [factories.term(code) for code in ("2020-autumn", "2021-spring", "2021-autumn")]
    child = factories.student(at=xiazhai, during=terms[0])
    for term in terms[1:]:
        factories.school_class(xiazhai)
        first = child.enrolments.get(term=terms[0])
        first.pk, first._state.adding, first.term = None, True, term
        first.save()
    factories.student("别校", at=qingshi, during=terms[1])
    town = factories.township("529901102", "白云镇")

    data = of(xiazhai, setting="urban", ownership="private", area=town.pk, from_term="2021-spring")
    office.post(reverse("office:school_edit", args=[xiazhai.pk]), data)

    rows = Enrolment.objects.filter(school=xiazhai).order_by("term__starts_on")
    assert list(rows.values_list("term_id", "setting", "ownership", "school_area")) == [
        ("2020-autumn", "rural", "public", "529901100000"),
        ("2021-spring", "urban", "private", "529901102000"),
        ("2021-autumn", "urban", "private", "529901102000"),
    ]
    assert set(FactChange.objects.values_list("term_id", "student_id")) == {
        ("2021-spring", child.pk), ("2021-autumn", child.pk),
    }  # fmt: skip
    assert Enrolment.objects.get(school=qingshi).setting == "rural"
    assert last_event()[4] == {
        "ownership": ["公办", "民办"], "setting": ["乡村", "城区"], "area": ["城关镇", "白云镇"],
        "from_term": ["", "2020—2021学年 春季学期，涉及 2 条学籍"],
    }  # fmt: skip


def test_school_change_leaves_closed_terms(office, xiazhai, autumn):
    spring = factories.term("2021-spring")
    factories.student(at=xiazhai, during=autumn)
    factories.student("罗二", at=xiazhai, during=spring)
    spring.is_closed = True
    spring.save()

    data = of(xiazhai, setting="urban", from_term=autumn.pk)
    office.post(reverse("office:school_edit", args=[xiazhai.pk]), data)

    assert dict(Enrolment.objects.values_list("term_id", "setting")) == {
        "2020-autumn": "urban", "2021-spring": "rural",
    }  # fmt: skip


def test_school_change_of_name_marks_nobody(office, xiazhai, autumn):
    factories.student(at=xiazhai)

    office.post(reverse("office:school_edit", args=[xiazhai.pk]), of(xiazhai, name="下寨完小"))

    assert last_event()[4] == {"name": ["城关镇下寨小学", "下寨完小"]}
    assert not FactChange.objects.exists()


def test_school_code_that_is_none_is_refused_in_place(office, xiazhai):
    response = office.post(reverse("office:school_edit", args=[xiazhai.pk]), of(xiazhai, code="12ab"))

    assert "学校标识码应为 10 位数字" in response.text


def test_class_new_with_a_homeroom_teacher_of_the_school(office, xiazhai, qingshi):
    ours = Person.objects.create(name="王老师", school=xiazhai)
    theirs = Person.objects.create(name="外人", school=qingshi)
    url = reverse("office:classes", args=[xiazhai.pk])
    data = {"stage": "primary", "grade": "3", "name": "2班"}

    refused = office.post(url, data | {"homeroom_teacher": theirs.pk})
    office.post(url, data | {"homeroom_teacher": ours.pk})

    assert refused.status_code == 200
    assert SchoolClass.objects.get().homeroom_teacher == ours
    assert last_event()[2] == "schoolclass.create"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"stage": "primary", "grade": "7", "name": "1班"}, "小学的年级是 1 到 6，请核对。"),
        ({"stage": "primary", "grade": "5", "name": "1班"}, "这个年级已有同名班级，请核对。"),
        ({"stage": "junior", "grade": "1", "name": "1班"}, "选择一个有效的选项"),
    ],
)
def test_class_refused_says_why(office, xiazhai, data, sentence):
    factories.school_class(xiazhai)

    response = office.post(reverse("office:classes", args=[xiazhai.pk]), data)

    assert sentence in response.text
    assert SchoolClass.objects.count() == 1


def test_class_with_pupils_keeps_stage_and_grade(office, xiazhai, autumn):
    factories.student(at=xiazhai)
    school_class = SchoolClass.objects.get()

    office.post(
        reverse("office:class_edit", args=[school_class.pk]),
        {"stage": "primary", "grade": "1", "name": "甲班"},
    )

    school_class.refresh_from_db()
    assert (school_class.grade, school_class.name) == (5, "甲班")


def test_person_needs_a_place(office, xiazhai):
    url = reverse("office:person_new")

    refused = office.post(url, {"name": "王老师"})
    office.post(url, {"name": "王老师", "school": xiazhai.pk, "title": "教导主任"})

    assert "学校和乡镇（村）至少选一项" in refused.text
    assert Person.objects.get().title == "教导主任"


def test_people_are_filtered_by_township(office, xiazhai, qingshi):
    Person.objects.create(name="王老师", school=xiazhai)
    Person.objects.create(name="村支书", area=factories.village())
    Person.objects.create(name="外乡人", school=qingshi)

    page = office.get(reverse("office:people"), {"township": "529901100"}).context["page"]

    assert [person.name for person in page.rows] == ["村支书", "王老师"]


@pytest.mark.sql
def test_school_tags_are_edited_logged_and_hold_from_a_term_on(office, xiazhai, autumn):
    closed, spring = factories.term("2020-spring"), factories.term("2021-spring")
    for term in (closed, autumn, spring):
        factories.student(at=xiazhai, during=term)
    closed.is_closed = True
    closed.save()
    page = reverse("office:school_edit", args=[xiazhai.pk])

    asked = office.post(page, of(xiazhai, tags="示范校"))
    office.post(page, of(xiazhai, tags=" 示范校，民族班,示范校 ", from_term=spring.pk))
    shown = office.get(page).context["form"]["tags"].value()
    again = office.post(page, of(xiazhai, tags="民族班、示范校"))  # the same, in another order
    xiazhai.refresh_from_db()

    assert (xiazhai.tags, shown, again.status_code) == (["示范校", "民族班"], "示范校、民族班", 302)
    assert "改了办学性质、城乡类型、所在乡镇或学校标签，请选择从哪个学期起算" in asked.text
    assert last_event()[4]["tags"] == ["", "示范校、民族班"]
    assert AuditEvent.objects.count() == 1
    assert list(FactChange.objects.values_list("term", flat=True)) == [spring.pk]
    assert "2020—2021学年 春季学期以前：无" in office.get(page).text
    office.post(page, of(xiazhai, tags="", from_term=spring.pk))
    xiazhai.refresh_from_db()
    assert (xiazhai.tags, xiazhai.former_tags) == ([], [["2021-spring", []]])


@pytest.mark.sql
def test_school_tags_of_a_closed_term_stay(office, xiazhai, autumn):
    factories.student(at=xiazhai, during=autumn)
    spring = factories.term("2021-spring")
    spring.is_closed = True
    spring.save()
    page = reverse("office:school_edit", args=[xiazhai.pk])

    refused = office.post(page, of(xiazhai, tags="示范校", from_term=autumn.pk))

    xiazhai.refresh_from_db()
    assert "2020—2021学年 春季学期已关闭，学校标签只能从它以后的学期改起" in refused.text
    assert xiazhai.tags == []


def test_school_tag_that_is_too_long_is_refused_in_place(office, xiazhai):
    response = office.post(reverse("office:school_edit", args=[xiazhai.pk]), of(xiazhai, tags="示" * 21))

    assert "学校标签用顿号分开，每个最多 20 个字" in response.text
