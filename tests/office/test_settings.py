"""Terms, the working calendar, options."""

import datetime as dt

import pytest
from django.urls import reverse

from povertyedu.audit.models import AuditEvent
from povertyedu.options.registry import option, texts
from povertyedu.orgs.calendar import add_working_days
from povertyedu.orgs.models import CalendarDay, Term
from students.models import FactChange
from tests import factories


@pytest.fixture
def office(client, administrator):
    client.force_login(administrator)
    return client


def test_term_new_has_usual_dates_and_the_county_s_meal_days(office):
    office.post(reverse("office:options"), settings(default_meal_days="95"))

    response = office.post(reverse("office:terms"), {"year": "2026", "season": "spring"})

    term = Term.objects.get()
    assert response.url == reverse("office:term_edit", args=["2026-spring"])
    assert (term.code, term.starts_on, term.meal_days) == ("2026-spring", dt.date(2026, 2, 15), 95)


def test_term_new_twice_is_refused(office, autumn):
    response = office.post(reverse("office:terms"), {"year": "2020", "season": "autumn"})

    assert "这个学期已经有了，请在列表中修改它的日期。" in response.text


def test_term_with_other_meal_days_marks_the_children_who_have_none_of_their_own(office, autumn, xiazhai):
    usual = factories.student(at=xiazhai)
    own = factories.student("罗二", at=xiazhai)
    own.enrolments.update(meal_days=60)

    data = {"starts_on": "2020-09-01", "ends_on": "2021-01-20", "meal_days": "98"}
    office.post(reverse("office:term_edit", args=[autumn.pk]), data)

    assert list(FactChange.objects.values_list("term_id", "student_id")) == [("2020-autumn", usual.pk)]
    assert AuditEvent.objects.get().changes == {
        "ends_on": ["2021-01-31", "2021-01-20"], "meal_days": ["100", "98"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (
            {"starts_on": "2021-02-01", "ends_on": "2020-09-01", "meal_days": "100"},
            "学期结束日期应晚于开始日期",
        ),
        ({"starts_on": "九月一日", "ends_on": "2021-01-20", "meal_days": "100"}, "输入一个有效的日期。"),
        ({"starts_on": "2020-09-01", "ends_on": "2021-01-20", "meal_days": "200"}, "不会超过 140 天"),
    ],
)
def test_term_refused_says_why(office, autumn, data, sentence):
    response = office.post(reverse("office:term_edit", args=[autumn.pk]), data)

    assert sentence in response.text
    assert not AuditEvent.objects.exists()


def test_term_closed_and_opened_again_is_logged(office, autumn):
    reopen = reverse("office:term_reopen", args=[autumn.pk])
    for _ in range(2):
        office.post(reverse("office:term_close", args=[autumn.pk]))
    assert office.post(reopen, {"reason": " "}).status_code == 422
    for _ in range(2):
        office.post(reopen, {"reason": "漏报一所学校"})

    autumn.refresh_from_db()
    assert autumn.is_closed is False
    assert [(event.action, event.changes, event.reason) for event in AuditEvent.objects.order_by("pk")] == [
        ("term.update", {"is_closed": ["否", "是"]}, ""), ("term.reopen", {"is_closed": ["是", "否"]}, "漏报一所学校"),
    ]  # fmt: skip


def test_term_that_is_open_needs_no_opening(office, autumn):
    answer = office.post(reverse("office:term_reopen", args=[autumn.pk]), {"reason": "看错了"})
    assert "没有关闭，不用重新打开" in answer.text


@pytest.mark.sql
def test_public_holidays_are_loaded_once_and_leave_the_county_s_own_days(office):
    CalendarDay.objects.create(date=dt.date(2024, 10, 1), is_working=True, note="县里加班")
    url = reverse("office:calendar_load")

    first = office.post(url, {"year": "2024"}, follow=True)
    second = office.post(url, {"year": "2024"}, follow=True)

    count = CalendarDay.objects.count() - 1
    assert f"已载入 2024 年国家节假日 {count} 天；本县已登记的日子没有改动。" in first.text
    assert "已载入 2024 年国家节假日 0 天" in second.text
    assert CalendarDay.objects.get(pk=dt.date(2024, 10, 1)).note == "县里加班"
    worked = CalendarDay.objects.get(pk=dt.date(2024, 10, 12))
    assert (worked.is_working, worked.note) == (True, "国庆节调休上班")
    # 30 September 2024 was a Monday; the 2nd to the 7th were holidays, the 12th (a Saturday) was worked.
    assert add_working_days(dt.date(2024, 9, 30), 5) == dt.date(2024, 10, 11)
    assert AuditEvent.objects.filter(action="calendarday.load").count() == 1


def test_public_holidays_of_a_year_not_announced_are_told(office):
    response = office.post(reverse("office:calendar_load"), {"year": "2099"}, follow=True)

    assert "系统里没有 2099 年的国家节假日安排，请按国务院办公厅通知逐日登记。" in response.text
    assert not CalendarDay.objects.exists()


def test_calendar_day_entered_and_deleted(office):
    office.post(
        reverse("office:calendar"), {"date": "2026-07-25", "is_working": "no", "note": "州庆", "year": "2026"}
    )
    entered = list(CalendarDay.objects.values_list("date", "is_working", "note"))
    office.post(reverse("office:day_delete", args=[dt.date(2026, 7, 25)]))

    assert entered == [(dt.date(2026, 7, 25), False, "州庆")]
    assert not CalendarDay.objects.exists()
    assert [event.action for event in AuditEvent.objects.order_by("pk")] == [
        "calendarday.create", "calendarday.delete",
    ]  # fmt: skip


@pytest.mark.parametrize("year", ["abc", "99999", "²⁰²⁰", "0000"])
def test_calendar_of_no_year_is_this_year_s(office, year):
    assert office.get(reverse("office:calendar"), {"year": year}).status_code == 200
    assert office.get("/office/terms/calendar/2026-02-30/delete/").status_code == 404


def settings(**changes) -> dict:
    """Return what the page of options sends when nothing but ``changes`` is altered."""
    return texts() | changes


def test_option_of_several_words_is_kept_as_one_text(office, administrator):
    office.post(reverse("office:options"), settings(funds_unchecked_sources=["社会捐助", "来源比例待定"]))
    assert texts()["funds_unchecked_sources"] == "社会捐助、来源比例待定"
    assert option("funds_unchecked_sources") == ("社会捐助", "来源比例待定")
    page = office.get(reverse("office:options"))
    assert page.context["form"]["funds_unchecked_sources"].value() == ["社会捐助", "来源比例待定"]
    office.post(reverse("office:options"), settings(funds_unchecked_sources=[]))
    assert option("funds_unchecked_sources") == ()
    refused = office.post(reverse("office:options"), settings(funds_unchecked_sources=["月亮"]))
    assert refused.status_code == 200
    assert option("funds_unchecked_sources") == ()


def test_options_saved_tell_old_and_new(office, administrator):
    office.post(reverse("office:options"), settings(publicity_working_days="7", publicity_print_only="是"))

    assert option("publicity_working_days") == 7
    assert option("publicity_print_only") is True
    assert list(AuditEvent.objects.order_by("pk").values_list("by_name", "action", "changes")) == [
        ("陈数据", "option.update", {"公示工作日": ["5", "7"]}),
        ("陈数据", "option.update", {"公示只张贴不上网": ["否", "是"]}),
    ]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"publicity_working_days": "0"}, "请填写 1 到 30 之间的整数。"),
        ({"publicity_working_days": "五"}, "请填写 1 到 30 之间的整数。"),
        ({"publicity_working_days": "²"}, "请填写 1 到 30 之间的整数。"),
        ({"county_name": ""}, "请填写县（市、区）名称"),
    ],
)
def test_options_with_one_wrong_value_save_none(office, changes, sentence):
    response = office.post(reverse("office:options"), settings(aid_office_phone="0859-1234567") | changes)

    assert sentence in response.text
    assert option("aid_office_phone") == "0000-0000000"
    assert not AuditEvent.objects.exists()
