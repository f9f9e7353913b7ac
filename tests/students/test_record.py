"""Opening and correcting a record through the form."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.audit.models import AuditEvent
from povertyedu.orgs.models import Term
from povertyedu.sealing import keyed_hash
from students.enums import HardshipCategory
from students.models import Enrolment, FactChange, HardshipStatus, Student
from tests import factories

CREATE = reverse("students:create")


def edit_url(student, term=""):
    return reverse("students:edit", args=[student.pk]) + (f"?term={term}" if term else "")


def as_sent(client, url, **changes):
    """Return what the form at ``url`` would send back untouched, with ``changes``."""
    form = client.get(url).context["form"]
    sent = {}
    for bound in form:
        value = bound.value()
        if value is True:
            sent[bound.name] = "on"
        elif value not in (None, False):
            sent[bound.name] = getattr(value, "pk", value)
    return sent | changes


def errors(response):
    return {name: list(found) for name, found in response.context["form"].errors.items()}


def test_new_child_is_registered_with_everything_typed(client, clerk, filled, xiazhai, autumn):
    client.force_login(clerk)
    answer = client.post(CREATE, filled)
    student = Student.objects.get()
    assert answer.headers["Location"] == reverse("students:detail", args=[student.pk]) + f"?term={autumn.pk}"
    assert (student.name, student.sex, student.birth_date) == ("王小雨", "male", dt.date(2013, 9, 17))
    assert student.id_number == filled["id_number"]
    assert student.id_hash == keyed_hash(filled["id_number"])
    assert student.id_tail_hash == keyed_hash(filled["id_number"][-4:])
    assert (student.guardian.name, student.guardian.relation) == ("王建平", "父亲")
    assert (student.bank_account.number, student.bank_account.tail) == ("6226000011112222333", "2333")
    row = student.enrolments.get()
    assert (row.term_id, row.school_id, row.stage, row.grade, row.boarding) == (
        autumn.pk,
        xiazhai.pk,
        "primary",
        2,
        True,
    )
    assert (row.school_area, row.home_area) == ("529901100000", "529901100001")
    assert (row.ownership, row.setting) == ("public", "rural")
    assert row.categories == HardshipCategory.LEFT_BEHIND
    assert FactChange.objects.filter(term=autumn, student=student).exists()


def test_new_child_takes_its_hardships_from_the_lists(client, clerk, filled, autumn):
    HardshipStatus.objects.create(
        id_hash=keyed_hash(filled["id_number"]), id_number=filled["id_number"], name="王小雨",
        category=HardshipCategory.REGISTERED_POOR, since=dt.date(2016, 1, 1), source="poverty_office",
    )  # fmt: skip
    client.force_login(clerk)
    client.post(CREATE, filled)
    assert Enrolment.objects.get().category_labels == ["建档立卡", "留守儿童"]


def test_log_of_a_registration_has_no_number_in_clear(client, clerk, filled):
    client.force_login(clerk)
    client.post(CREATE, filled | {"remark": f"原号{filled['id_number']}"})
    event = AuditEvent.objects.get(action="students.register")
    kept = str(event.changes)
    assert (event.by_name, event.by_role) == ("杨丽", "学校经办")
    assert event.changes["身份证件号"] == ["", f"529901**********{filled['id_number'][-2:]}"]
    for number in (filled["id_number"], "6226000011112222333", filled["phone"], "2013-09-17"):
        assert number not in kept


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("", "请填写身份证件号码；确实没有证件的，证件类型请选“暂无证件”。"),
        ("5299012013091700", "身份证号应为18位，这里有16位；请对照户口簿逐位核对后重新填写。"),
        ("52990120130917077A", "身份证号含有不应出现的字符；请对照户口簿逐位核对后重新填写。"),
    ],
)
def test_number_that_is_none_is_refused_in_words(client, clerk, filled, typed, message):
    client.force_login(clerk)
    answer = client.post(CREATE, filled | {"id_number": typed})
    assert errors(answer) == {"id_number": [message]}
    assert f'<a href="#id_id_number">身份证件号码：{message}</a>' in answer.content.decode()
    assert not Student.objects.exists()


def test_wrong_check_digit_is_refused_without_telling_the_right_one(client, clerk, filled):
    good = filled["id_number"]
    wrong = good[:-1] + ("1" if good[-1] != "1" else "2")
    client.force_login(clerk)
    answer = client.post(CREATE, filled | {"id_number": wrong})
    assert errors(answer) == {
        "id_number": ["身份证号校验不通过，可能有一位写错；请对照户口簿逐位核对后重新填写。"]
    }
    assert good not in answer.content.decode()


def test_number_that_has_a_record_is_refused(client, clerk, filled, luona):
    client.force_login(clerk)
    answer = client.post(CREATE, filled | {"id_number": luona.id_number})
    assert errors(answer)["id_number"][0].startswith("该身份证件号已有档案，不能重复建档")
    assert Student.objects.count() == 1


def test_student_number_that_has_a_record_is_refused(client, clerk, filled, luona):
    client.force_login(clerk)
    answer = client.post(CREATE, filled | {"student_no": luona.student_no})
    assert errors(answer)["student_no"][0].startswith("该学籍号已有档案")


@pytest.mark.parametrize(
    ("sent", "wrong"),
    [
        ({"name": " "}, ["name"]),
        ({"school": ""}, ["school"]),
        ({"stage": "junior"}, ["stage"]),
        ({"grade": "9"}, ["grade"]),
        ({"grade": "3"}, ["school_class"]),
        ({"boarding": ""}, ["boarding"]),
        ({"phone": "12"}, ["phone"]),
        ({"account_number": "62 26"}, ["account_number"]),
        ({"account_number": ""}, ["account_number"]),
        ({"account_holder": ""}, ["account_holder"]),
        ({"guardian_name": ""}, ["guardian_name"]),
        ({"guardian_id_number": "123"}, ["guardian_id_number"]),
        ({"student_no": "12"}, ["student_no"]),
        ({"entered_on": "去年"}, ["entered_on"]),
        ({"home_township": "529901101"}, ["home_township", "home_village"]),
        ({"id_kind": "none"}, ["id_number", "student_no"]),
        ({"id_kind": "none", "id_number": ""}, ["student_no"]),
        ({"id_kind": "passport", "id_number": "E1"}, ["id_number"]),
        ({"id_kind": "passport", "birth_date": "2090-01-01"}, ["birth_date"]),
        ({"name": "王" * 61}, ["name"]),
        ({"id_number": "９" * 30}, ["id_number"]),
        ({"school": "9" * 30, "grade": "x" * 30}, ["grade", "school"]),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_field_by_field(client, clerk, filled, sent, wrong):
    client.force_login(clerk)
    answer = client.post(CREATE, filled | sent)
    assert answer.status_code == 200
    assert sorted(errors(answer)) == wrong
    assert not Student.objects.exists()


def test_clerk_enrols_at_the_own_schools_only(client, clerk, filled, qingshi):
    client.force_login(clerk)
    answer = client.post(CREATE, filled | {"school": qingshi.pk, "school_class": ""})
    assert "school" in errors(answer)
    assert not Student.objects.exists()


def test_clerk_cannot_enter_a_child_studying_elsewhere(client, clerk, filled):
    client.force_login(clerk)
    client.post(CREATE, filled | {"place": "elsewhere", "outside_school": "外县中学"})
    assert Enrolment.objects.get().place == "in_county"


def test_county_office_enters_a_child_studying_elsewhere(client, aid_officer, filled):
    client.force_login(aid_officer)
    away = {"place": "elsewhere", "school": "", "school_class": ""}
    assert errors(client.post(CREATE, filled | away)) == {
        "outside_school": ["在县外就读的，请填写县外学校名称。"]
    }
    client.post(CREATE, filled | away | {"outside_school": "外县中学", "outside_region": "某市"})
    row = Enrolment.objects.get()
    assert (row.school, row.outside_school, row.school_area, row.home_area) == (
        None,
        "外县中学",
        "",
        "529901100001",
    )


def test_child_without_any_document_is_found_by_its_student_number(client, clerk, filled):
    number = f"L{factories.id_number(90)}"
    client.force_login(clerk)
    client.post(CREATE, filled | {"id_kind": "none", "id_number": "", "student_no": number, "sex": "female"})
    student = Student.objects.get()
    assert (student.id_hash, student.student_no, student.sex) == (None, number, "female")


def test_save_and_next_keeps_school_class_and_township(client, clerk, filled):
    client.force_login(clerk)
    answer = client.post(CREATE, filled | {"save_next": "1"}, follow=True)
    form = answer.context["form"]
    kept = {
        name: str(form[name].value())
        for name in ("school", "stage", "grade", "school_class", "home_township")
    }
    assert kept == {name: str(filled[name]) for name in kept}
    assert form["name"].value() is None
    assert "王小雨：档案已建立" in answer.content.decode()


def test_closed_term_takes_no_more_records(client, clerk, filled, autumn):
    Term.objects.filter(pk=autumn.pk).update(is_closed=True)
    client.force_login(clerk)
    answer = client.post(CREATE, filled)
    assert errors(answer) == {
        "__all__": [f"{autumn}已关闭，不能再建档；请选开放的学期，或联系县教育局数据管理员重新打开。"]
    }
    assert not Student.objects.exists()


def test_form_is_for_who_may_edit(client, leader, neighbour, luona):
    client.force_login(leader)
    assert client.get(CREATE).status_code == 403
    assert client.get(edit_url(luona)).status_code == 403
    client.force_login(neighbour)
    assert client.get(edit_url(luona)).status_code == 404
    assert client.post(edit_url(luona), {"name": "改名"}).status_code == 404


def test_edit_form_carries_no_number(client, clerk, luona):
    client.force_login(clerk)
    page = client.get(edit_url(luona)).content.decode()
    for number in (luona.id_number, luona.student_no, luona.bank_account.number, luona.phone):
        assert number not in page
    assert f"现为 529901**********{luona.id_number[-2:]}，不改请留空" in page


def test_saving_untouched_changes_nothing(client, clerk, luona):
    client.force_login(clerk)
    answer = client.post(edit_url(luona), as_sent(client, edit_url(luona)))
    assert answer.status_code == 302
    after = Student.objects.get()
    assert (after.id_number, after.phone, after.bank_account.number) == (
        luona.id_number,
        luona.phone,
        luona.bank_account.number,
    )
    assert (after.sex, after.guardian.name) == ("female", "罗丽浩")
    assert not AuditEvent.objects.filter(action="students.correct").exists()
    assert not FactChange.objects.exists()


def test_correction_is_kept_in_the_log_and_marked_for_recalculation(client, clerk, luona, autumn):
    client.force_login(clerk)
    client.post(edit_url(luona), as_sent(client, edit_url(luona), boarding="0"))
    assert AuditEvent.objects.get(action="students.correct").changes == {"寄宿": ["是", "否"]}
    assert set(FactChange.objects.values_list("term", "student")) == {(autumn.pk, luona.pk)}


def test_correction_over_another_persons_change_is_refused(client, clerk, aid_officer, luona):
    client.force_login(clerk)
    mine = as_sent(client, edit_url(luona), name="罗娜娜")
    client.force_login(aid_officer)
    client.post(edit_url(luona), as_sent(client, edit_url(luona), ethnicity="苗族"))
    client.force_login(clerk)
    answer = client.post(edit_url(luona), mine)
    assert "该档案已被他人修改" in errors(answer)["__all__"][0]
    assert (Student.objects.get().name, Student.objects.get().ethnicity) == ("罗娜", "苗族")


def test_correction_over_an_imported_change_is_refused(client, clerk, luona):
    """An import leaves no name and no time on the record, yet its facts must not be typed over."""
    client.force_login(clerk)
    mine = as_sent(client, edit_url(luona), name="罗娜娜")
    luona.enrolments.update(boarding=False)
    answer = client.post(edit_url(luona), mine)
    assert "该档案已被他人修改或被批量导入更新" in errors(answer)["__all__"][0]


def test_correction_of_a_phone_asks_for_no_recalculation(client, clerk, luona):
    client.force_login(clerk)
    client.post(edit_url(luona), as_sent(client, edit_url(luona), phone="13800001234"))
    assert Student.objects.get().phone == "13800001234"
    assert not FactChange.objects.exists()


def test_forms_take_the_same_queries_at_1_and_30_rows(client, clerk, luona, xiazhai, autumn):
    client.force_login(clerk)

    def counts():
        found = []
        for url in (CREATE, edit_url(luona), reverse("students:detail", args=[luona.pk])):
            client.get(url)  # what only a first page asks
            with CaptureQueriesContext(connection) as queries:
                assert client.get(url).status_code == 200
            found.append(len(queries))
        return found

    few = counts()
    for number in range(30):
        factories.student(f"学生{number}", at=xiazhai, during=autumn, class_name=f"{number}班")
        factories.village(f"5299011000{number + 10}", f"第{number}村")
    assert counts() == few
    assert max(few) < 31


def test_left_behind_is_taken_into_the_terms_categories(client, clerk, luona, autumn):
    client.force_login(clerk)
    client.post(edit_url(luona), as_sent(client, edit_url(luona), is_left_behind="on"))
    assert luona.enrolments.get().category_labels == ["留守儿童"]
    assert list(FactChange.objects.values_list("term", "student")) == [(autumn.pk, luona.pk)]


@pytest.mark.parametrize("seen", ["", "昨天"])
def test_correction_of_a_record_never_seen_is_refused(client, clerk, luona, seen):
    client.force_login(clerk)
    answer = client.post(edit_url(luona), as_sent(client, edit_url(luona), seen=seen, name="罗娜娜"))
    assert "该档案已被他人修改" in errors(answer)["__all__"][0]


def test_correction_of_a_number_that_has_a_record_is_refused(client, clerk, luona, xiazhai, autumn):
    other = factories.student("王小雨", at=xiazhai, during=autumn)
    client.force_login(clerk)
    answer = client.post(edit_url(luona), as_sent(client, edit_url(luona), id_number=other.id_number))
    assert errors(answer)["id_number"][0].startswith("该身份证件号已有档案")


@pytest.mark.parametrize(("onwards", "later"), [("1", False), ("0", True)])
def test_correction_reaches_later_terms_when_asked(client, clerk, luona, xiazhai, onwards, later):
    """更正范围：从本学期起，或只改本学期；以前的学期不动。"""
    first = luona.enrolments.get()
    for code in ("2020-spring", "2021-spring"):
        Enrolment.objects.create(
            student=luona, term=factories.term(code), school=xiazhai, stage="primary", grade=5, boarding=True,
            school_area=first.school_area, home_area=first.home_area,
        )  # fmt: skip
    client.force_login(clerk)
    url = edit_url(luona, "2020-autumn")
    client.post(url, as_sent(client, url, boarding="0", onwards=onwards))
    boarding = dict(luona.enrolments.values_list("term", "boarding"))
    assert boarding == {"2020-spring": True, "2020-autumn": False, "2021-spring": later}


def test_correction_leaves_the_terms_of_another_school(client, aid_officer, luona, qingshi):
    Enrolment.objects.create(
        student=luona, term=factories.term("2021-spring"), school=qingshi, stage="primary", grade=5, boarding=True,
        school_area="529901101000",
    )  # fmt: skip
    client.force_login(aid_officer)
    url = edit_url(luona, "2020-autumn")
    client.post(url, as_sent(client, url, boarding="0", onwards="1"))
    assert dict(luona.enrolments.values_list("term", "boarding")) == {
        "2020-autumn": False,
        "2021-spring": True,
    }


def test_school_that_lost_the_pupil_cannot_edit(client, clerk, luona, qingshi):
    Enrolment.objects.create(
        student=luona, term=factories.term("2021-spring"), school=qingshi, stage="primary", grade=5
    )
    client.force_login(clerk)
    assert client.get(edit_url(luona, "2020-autumn")).status_code == 403
