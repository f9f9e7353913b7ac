"""学校月报、县季度会商: frozen when submitted, reviewed by others, who has not reported."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from dropout.actions import case_steps
from dropout.actions import reports as actions
from dropout.actions.cases import open_case
from dropout.models import Absence, CalendarDuty, Case, ClassDay, DutyTask, Report
from dropout.queries.report_figures import month_of, quarter_of
from povertyedu.audit.models import AccessEvent
from povertyedu.jobs.tasks import daily
from povertyedu.workflow.flow import Actor
from tests import factories

from .cases import evidence

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
PAGE = reverse("dropout:reports")


@pytest.fixture
def on(monkeypatch):
    def on(day: str) -> dt.date:
        found = dt.date.fromisoformat(day)
        monkeypatch.setattr(timezone, "localdate", lambda *_: found)
        return found

    return on


@pytest.fixture
def centre(xiazhai):
    """The centre school that reviews 下寨小学, and its reviewer."""
    school = factories.school("城关镇中心学校")
    type(xiazhai).objects.filter(pk=xiazhai.pk).update(centre=school)
    return factories.user("何志明", ("centre_reviewer", school), username="centre")


@pytest.fixture
def away(on, basic, xiazhai, autumn):
    """罗娜, of the fifth grade, suspected of having dropped out on 10 October."""
    on("2020-10-10")
    child = factories.student("罗娜", at=xiazhai, during=autumn, phone="13900000001", home_address="三组")
    factories.student("在校", at=xiazhai, during=autumn)
    open_case(
        by=basic.as_actor(),
        student=child,
        term=autumn,
        origin="report",
        kind="suspected",
        since=dt.date(2020, 10, 2),
        note="随父务工",
    )
    return Case.objects.get()


def opened_for(child, term) -> int:
    by = Actor(9001, "罗雪", "班主任")
    since = timezone.localdate()
    return open_case(by=by, student=child, term=term, origin="report", kind="suspected", since=since).pk


def names(page) -> list[str]:
    return [str(line["cells"][0]["text"]) for line in page.context["rows"]]


def step(client, report, verb: str, **typed):
    return client.post(reverse("dropout:report_step", args=[report.pk, verb]), typed, follow=True)


def total(page) -> dict[str, int]:
    return {label: count for label, _, count in page.context["figures"]}


def opened(client, school, month: str = "2020-10") -> Report:
    client.get(reverse("dropout:report_open"), {"school": school.pk, "month": month})
    return Report.objects.get(school=school)


def test_month_is_reported_reviewed_and_accepted_by_three_people(
    client, on, away, clerk, centre, basic, xiazhai
):
    CalendarDuty.objects.create(
        name="学校月报",
        place="school",
        months=list(range(1, 13)),
        day=28,
        lead=8,
        since=dt.date(2020, 10, 1),
        code="monthly_report",
    )
    on("2020-10-20")
    daily()
    client.force_login(clerk)
    assert (names(client.get(PAGE)), [f["value"] for f in client.get(PAGE).context["figures"]]) == (
        ["城关镇下寨小学"],
        [1, 0, 0, 1],
    )
    report = opened(client, xiazhai)
    page = client.get(reverse("dropout:report", args=[report.pk]))
    assert total(page) == {
        "在籍学生": 2, "疑似辍学": 1, "辍学": 0, "失学": 0, "本期新发现": 1, "本期劝返复学": 0, "本期销号": 0, "期末未销号": 1, "其中已返校、送教、缓学休学": 0,
        "本期未准假缺勤（人次）": 0, "其中未跟进（人次）": 0,
    }  # fmt: skip
    assert page.context["figures"][1][1] == [1, 0, 0]  # 小学, 初中, 其他
    step(client, report, "submit", conclusion="已上门两次")
    task = DutyTask.objects.get(school=xiazhai)
    assert (str(task.due_on), task.state) == ("2020-10-28", "done")
    assert names(client.get(PAGE)) == []
    client.force_login(basic)
    assert "请先由中心学校或乡镇审核" in step(client, report, "accept").content.decode()
    client.force_login(centre)
    step(client, report, "review")
    client.force_login(basic)
    step(client, report, "accept")
    report.refresh_from_db()
    assert [(d.verb, d.by_name) for d in report.decisions.all()] == [
        ("submit", "杨丽"),
        ("review", "何志明"),
        ("accept", "宋静"),
    ]
    assert report.state == "accepted"


def test_report_counts_who_was_away_without_leave_and_who_was_not_asked_after(
    client, away, clerk, xiazhai, autumn
):
    of_class = factories.school_class(xiazhai)
    child = away.student_id
    for day, reason, excused in (
        ("09-30", "unknown", False),
        ("10-09", "unknown", False),
        ("10-10", "ill", True),
    ):
        date = dt.date.fromisoformat(f"2020-{day}")
        entered = ClassDay.objects.create(
            school_class=of_class, term=autumn, date=date, enrolled=2, absent=1, entered_by="罗雪"
        )
        Absence.objects.create(
            class_day=entered, student_id=child, term=autumn, date=date, reason=reason, excused=excused
        )
    client.force_login(clerk)
    page = client.get(reverse("dropout:report", args=[opened(client, xiazhai).pk]))

    assert (total(page)["本期未准假缺勤（人次）"], total(page)["其中未跟进（人次）"]) == (1, 1)


def test_figures_and_names_stay_as_they_were_submitted(client, on, away, clerk, basic, xiazhai):
    client.force_login(clerk)
    report = opened(client, xiazhai)
    step(client, report, "submit")
    Case.objects.update(kind="dropout")
    away.student.name = "改名"
    away.student.save()
    page = client.get(reverse("dropout:report", args=[report.pk]))
    assert (total(page)["疑似辍学"], total(page)["辍学"], [line.name for line in page.context["lines"]]) == (
        1,
        0,
        ["罗娜"],
    )
    assert page.context["it"].is_frozen
    again = step(client, report, "submit")
    assert "已被处理或不在这一步" in again.content.decode()
    client.force_login(basic)
    assert "必须填写理由" in step(client, report, "return", reason="").content.decode()
    step(client, report, "return", reason="承包老师没有填")
    assert "被退回：承包老师没有填" in clerk.inbox.first().text
    client.force_login(clerk)
    assert names(client.get(PAGE, {"month": "2020-10"})) == ["城关镇下寨小学"]
    step(client, report, "submit")
    page = client.get(reverse("dropout:report", args=[report.pk]))
    assert (total(page)["辍学"], [line.name for line in page.context["lines"]]) == (1, ["改名"])


def test_columns_of_the_monthly_list_are_for_who_works_the_case(client, away, clerk, leader, xiazhai):
    client.force_login(clerk)
    report = opened(client, xiazhai)
    step(client, report, "submit")
    text = client.get(reverse("dropout:report", args=[report.pk])).content.decode()
    # facts 3.4 W9
    for head in (
        "姓名",
        "学校",
        "年级班级",
        "去向",
        "承包老师",
        "劝返情况",
        "处理措施",
        "家长姓名",
        "家庭住址",
        "联系电话",
        "辍学原因",
    ):
        assert f'<th scope="col">{head}</th>' in text
    assert all(word in text for word in ("随父务工", "13900000001", "罗丽浩", "三组"))
    assert AccessEvent.objects.filter(fields__startswith="辍学原因").exists()
    client.force_login(leader)
    text = client.get(reverse("dropout:report", args=[report.pk])).content.decode()
    assert ("罗娜" in text, "随父务工" in text, "13900000001" in text) == (True, False, False)


def test_return_in_the_month_is_counted_and_the_next_month_begins_without_it(
    client, on, away, clerk, xiazhai
):
    on("2020-11-20")
    Case.objects.update(state="returned", returned_on=dt.date(2020, 11, 3))
    client.force_login(clerk)
    page = client.get(reverse("dropout:report", args=[opened(client, xiazhai, "2020-11").pk]))
    assert (total(page)["本期新发现"], total(page)["本期劝返复学"], total(page)["期末未销号"]) == (0, 1, 1)


def test_child_that_is_back_or_taught_at_home_is_no_suspected_dropout(
    client, on, away, clerk, xiazhai, autumn
):
    """As the ledgers and the rates count it (away_on): still followed, but in school."""
    for name, state in (("监测", "monitored"), ("送教", "home_taught")):
        child = factories.student(name, at=xiazhai, during=autumn)
        found = Case.objects.get(pk=opened_for(child, autumn))
        ended = {"outcome": "home_taught", "proposed_by_id": 1, "closed_by_id": 2, "evidence": evidence()}
        back = {"returned_on": found.since, "monitored_until": found.since}
        Case.objects.filter(pk=found.pk).update(state=state, **(back if state == "monitored" else ended))
    client.force_login(clerk)
    page = client.get(reverse("dropout:report", args=[opened(client, xiazhai).pk]))
    told = total(page)
    assert [told[name] for name in ("疑似辍学", "期末未销号", "其中已返校、送教、缓学休学")] == [1, 3, 2]


def test_what_happens_after_a_month_was_frozen_is_in_the_next_one(on, away, basic, clerk, xiazhai, autumn):
    on("2020-10-28")
    october = actions.open_report(place=xiazhai, period=month_of(dt.date(2020, 10, 28)))
    actions.submit(by=clerk.as_actor(), report=october)
    on("2020-10-30")
    case = Case.objects.get(pk=opened_for(factories.student("王强", at=xiazhai, during=autumn), autumn))
    case_steps.return_to_school(by=clerk.as_actor(), case=case, on=dt.date(2020, 10, 30))
    on("2020-11-28")
    november = actions.open_report(place=xiazhai, period=month_of(dt.date(2020, 11, 28)))
    actions.submit(by=clerk.as_actor(), report=november)
    found = [
        (
            f"{each.first}",
            f"{each.counted_to}",
            *(sum(each.figures[name].values()) for name in ("found", "returned")),
        )
        for each in Report.objects.order_by("last")
    ]
    assert found == [("2020-10-01", "2020-10-28", 1, 0), ("2020-10-29", "2020-11-28", 1, 1)]


def test_month_that_is_handed_in_again_takes_no_day_of_the_next(on, away, basic, clerk, xiazhai):
    on("2020-10-28")
    october = actions.open_report(place=xiazhai, period=month_of(dt.date(2020, 10, 28)))
    actions.submit(by=clerk.as_actor(), report=october)
    on("2020-11-28")
    november = actions.open_report(place=xiazhai, period=month_of(dt.date(2020, 11, 28)))
    actions.submit(by=clerk.as_actor(), report=november)
    actions.send_back(by=basic.as_actor(), report=october, reason="漏填")
    actions.submit(by=clerk.as_actor(), report=october)
    assert (f"{october.first}", f"{october.counted_to}") == ("2020-10-01", "2020-10-28")


def test_quarter_of_the_county_is_reviewed_by_a_second_person(client, on, away, basic, clerk):
    on("2020-12-20")
    assert [(str(p.first), str(p.last)) for p in (quarter_of(dt.date(2020, 12, 20)), month_of(dt.date(2020, 2, 9)))] == [
        ("2020-10-01", "2020-12-31"), ("2020-02-01", "2020-02-29"),
    ]  # fmt: skip
    client.force_login(basic)
    client.post(f"{reverse('dropout:report_open')}?area=529901&month=2020-12")
    report = Report.objects.get()
    page = client.get(reverse("dropout:report", args=[report.pk]))
    assert (report.period, total(page)["疑似辍学"], total(page)["在籍学生"]) == ("2020年第4季度", 1, 2)
    step(client, report, "submit", conclusion="下月逐户走访")
    assert "须由不同的人办理" in step(client, report, "accept").content.decode()
    client.force_login(factories.user("韦科", ("basic_education_officer", factories.county())))
    step(client, report, "accept")
    report.refresh_from_db()
    assert (report.state, report.conclusion) == ("accepted", "下月逐户走访")
    client.force_login(clerk)
    assert client.get(reverse("dropout:report", args=[report.pk])).status_code == 404


def test_neighbour_and_other_township_get_404(client, away, clerk, neighbour, centre, xiazhai):
    client.force_login(clerk)
    report = opened(client, xiazhai)
    step(client, report, "submit")
    officer = factories.user("别镇", ("township_officer", factories.township("529901101", "青石镇")))
    for user in (neighbour, officer):
        client.force_login(user)
        assert client.get(reverse("dropout:report", args=[report.pk])).status_code == 404
        assert client.post(reverse("dropout:report_step", args=[report.pk, "submit"])).status_code == 404
        assert client.get(reverse("dropout:report_open"), {"school": xiazhai.pk}).status_code == 404
    client.force_login(officer)
    assert client.post(reverse("dropout:report_step", args=[report.pk, "review"])).status_code == 404
    client.force_login(centre)
    assert client.post(reverse("dropout:report_step", args=[report.pk, "accept"])).status_code == 404


def test_teacher_reads_no_report_of_the_whole_school(client, away, clerk, xiazhai):
    client.force_login(clerk)
    report = opened(client, xiazhai)
    next_class = factories.school_class(xiazhai, grade=4)
    client.force_login(factories.user("李芳", ("class_teacher", next_class)))
    assert client.get(reverse("dropout:report", args=[report.pk])).status_code == 404
    assert names(client.get(PAGE)) == []


def test_who_reads_no_schools_report_is_not_told_that_all_are_in(client, away, xiazhai):
    client.force_login(factories.user("韦明", ("village_cadre", factories.village())))
    page = client.get(PAGE)
    assert [figure["value"] for figure in page.context["figures"]] == [0, 0, 0, 0]
    assert ("没有由您查看月报的学校" in page.content.decode(), "都已报送" in page.content.decode()) == (
        True,
        False,
    )


@pytest.mark.parametrize("month", ["9999-12", "0001-01", "2020-13", "x", ""])
def test_month_of_no_calendar_is_this_month(client, on, basic, xiazhai, month):
    on("2020-10-10")
    client.force_login(basic)
    for page in (PAGE, reverse("dropout:report_open")):
        assert client.get(page, {"month": month, "area": "529901"}, follow=True).status_code == 200
    assert client.get(PAGE, {"month": month}).context["note"] == "2020年10月"


def test_pages_take_the_same_queries_for_one_and_for_thirty(client, away, basic, clerk, xiazhai, autumn):
    report = actions.open_report(place=xiazhai, period=month_of(dt.date(2020, 10, 10)))
    client.force_login(basic)

    def queries() -> list[int]:
        found = []
        for page in (PAGE, f"{PAGE}?tab=in", reverse("dropout:report", args=[report.pk])):
            with CaptureQueriesContext(connection) as caught:
                assert client.get(page).status_code == 200
            found.append(len(caught))
        return found

    few = queries()
    for number in range(30):
        child = factories.student(f"学生{number}", at=xiazhai, during=autumn)
        open_case(
            by=basic.as_actor(),
            student=child,
            term=autumn,
            origin="report",
            kind="suspected",
            since=dt.date(2020, 10, 2),
        )
        other = factories.school(f"第{number}小学")
        actions.submit(
            by=basic.as_actor(),
            report=actions.open_report(place=other, period=month_of(dt.date(2020, 10, 10))),
        )
    assert queries() == few
