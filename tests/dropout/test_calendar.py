"""控辍工作历: dated duties make tasks on their day, the responsible are told, tasks are done by a page or by hand."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from dropout.actions import calendar as actions
from dropout.enums import DutyCode, SixSystem
from dropout.models import CalendarDuty, DutyTask
from povertyedu.jobs.tasks import daily
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
YEAR, TASKS = reverse("dropout:calendar"), reverse("dropout:tasks")


@pytest.fixture
def on(monkeypatch):
    """Set the county's date: ``on("2026-02-01")``."""

    def on(day: str) -> dt.date:
        found = dt.date.fromisoformat(day)
        monkeypatch.setattr(timezone, "localdate", lambda *_: found)
        return found

    return on


@pytest.fixture
def township_officer(db):
    return factories.user("石磊", ("township_officer", factories.township()), username="township")


def duty(
    name: str = "走访", place: str = "school", months=(3,), day: int = 20, lead: int = 10, **fields
) -> CalendarDuty:
    fields = {"since": dt.date(2026, 1, 1)} | fields
    return CalendarDuty.objects.create(
        name=name, place=place, months=list(months), day=day, lead=lead, **fields
    )


def shown(client, **query) -> list[tuple]:
    rows = client.get(TASKS, {"year": 2026} | query).context["rows"]
    return [(str(row["it"].place), row["it"].duty.name, row["it"].state.label) for row in rows]


def test_usual_calendar_has_six_systems_and_the_days_of_the_plans(client, basic, on):
    on("2026-01-01")
    client.force_login(basic)
    assert "还没有设工作历" in client.get(YEAR).content.decode()
    client.post(reverse("dropout:duties_take"))
    client.post(reverse("dropout:duties_take"))
    by_name = {}
    for row in CalendarDuty.objects.all():
        by_name.setdefault(row.name, []).append((row.place, row.months, row.day))
    # 四个一: school monthly (by the 28th), county quarterly, city each term, province each year
    assert by_name["学校月报（辍学报告）"] == [("school", list(range(1, 13)), 28)]
    assert by_name["县季度会商"] == [("county", [3, 6, 9, 12], 31)]
    assert by_name["市（州）学期督查"] == [("county", [1, 7], 15)]
    assert by_name["省年度督查"] == [("county", [12], 31)]
    # facts row 8: publicity every February and August; row 53: media before the autumn term
    assert by_name["集中宣传"] == [("school", [2, 8], 31), ("township", [2, 8], 31)]
    assert by_name["秋季开学前媒体宣传"] == [("county", [8], 25)]
    # row 11: 人大、政协 at prefecture and county, each at least once a year
    assert [len(by_name[name][0][1]) for name in ("州人大、政协视察", "县人大、政协视察")] == [1, 1]
    # row 9: home visits in the winter and summer holidays and at Spring Festival
    assert [by_name[name][0][1] for name in ("寒假家访", "春节家访", "暑假家访")] == [[2], [2], [8]]
    # half-yearly tables by 15 March and 25 September
    assert [(months, day) for _, months, day in by_name["学籍核对"]] == [([3], 15), ([9], 25)]
    page = client.get(YEAR, {"year": 2026})
    # row 7: exactly six systems
    assert [system["label"] for system in page.context["systems"]] == [
        "入学通知书", "小学送、中学接", "学籍管理", "排查报告", "劝返复学", "辍学报告",
    ]  # fmt: skip
    assert len(SixSystem) == 6
    assert set(CalendarDuty.objects.exclude(system="").values_list("system", flat=True)) == set(
        SixSystem.values
    )


def test_tasks_begin_on_their_day_for_every_place_once_and_the_responsible_are_told(
    on, clerk, neighbour, township_officer, xiazhai
):
    factories.school("县幼儿园", kind="kindergarten")
    duty(lead=10), duty("集中宣传", place="township", lead=10), duty("会商", place="county", lead=10)
    on("2026-03-09")
    daily()
    assert not DutyTask.objects.exists()
    on("2026-03-10")
    daily()
    daily()
    made = sorted(
        (str(task.place), task.duty.name, str(task.opens_on), str(task.due_on))
        for task in DutyTask.objects.with_place()
    )
    assert made == [
        ("云岭县", "会商", "2026-03-10", "2026-03-20"), ("城关镇", "集中宣传", "2026-03-10", "2026-03-20"),
        ("城关镇下寨小学", "走访", "2026-03-10", "2026-03-20"), ("青石镇", "集中宣传", "2026-03-10", "2026-03-20"),
        ("青石镇中心小学", "走访", "2026-03-10", "2026-03-20"),
    ]  # fmt: skip
    assert [[message.text for message in user.inbox.all()] for user in (clerk, neighbour, township_officer)] == [
        ["新的应办事项：走访。"], ["新的应办事项：走访。"], ["新的应办事项：集中宣传。"],
    ]  # fmt: skip
    factories.school("新开小学")
    daily()
    assert DutyTask.objects.filter(duty__name="走访").count() == 3


def test_overdue_task_is_marked_and_told_once_and_done_late(client, on, clerk, xiazhai):
    duty()
    on("2026-03-10")
    daily()
    client.force_login(clerk)
    assert shown(client) == [("城关镇下寨小学", "走访", "没有办")]
    on("2026-03-20")
    daily()
    assert shown(client, state="late") == []
    on("2026-03-21")
    daily()
    daily()
    assert shown(client, state="late") == [("城关镇下寨小学", "走访", "逾期未办")]
    assert [message.text for message in clerk.inbox.order_by("pk")] == [
        "新的应办事项：走访。",
        "逾期未办的事项：走访。",
    ]
    task = DutyTask.objects.get()
    address = reverse("dropout:task", args=[task.pk])
    scan = SimpleUploadedFile("照片.png", b"\x89PNG")
    assert client.post(address, {"note": "3 月 19 日全员走访", "scan": scan}).status_code == 302
    assert shown(client) == [("城关镇下寨小学", "走访", "逾期办结")]
    again = client.post(address, {"note": "再记一次"})
    assert (again.status_code, "已经办结" in again.content.decode()) == (422, True)
    task.refresh_from_db()
    assert (task.note, task.done_on, task.done_by) == ("3 月 19 日全员走访", dt.date(2026, 3, 21), "杨丽")
    assert b"".join(client.get(reverse("dropout:task_file", args=[task.pk]))) == b"\x89PNG"


def test_days_that_no_worker_ran_are_caught_up_and_a_new_duty_leaves_nothing_behind(on, xiazhai):
    duty("月报", months=range(1, 13), day=31, lead=5, since=dt.date(2026, 2, 10))
    on("2026-04-01")
    daily()
    # February has 28 days; January is before the county began
    assert [str(task.due_on) for task in DutyTask.objects.all()] == ["2026-02-28", "2026-03-31"]


def test_changed_day_moves_what_is_not_done_and_keeps_what_is(client, on, basic, clerk, xiazhai, qingshi):
    row = duty()
    on("2026-03-12")
    daily()
    done = DutyTask.objects.get(school=xiazhai)
    actions.do_task(by=clerk.as_actor(), task=done, note="已办")
    client.force_login(basic)
    form = {
        "name": "走访",
        "place": "school",
        "months": ["3", "9"],
        "day": "25",
        "lead": "20",
        "is_active": "on",
    }
    assert client.post(reverse("dropout:duty_edit", args=[row.pk]), form).status_code == 302
    wrong = client.post(reverse("dropout:duty_edit", args=[row.pk]), form | {"day": "32", "months": []})
    assert wrong.status_code == 422
    daily()
    days = DutyTask.objects.order_by("due_on").values_list("school__name", "due_on", "done_on")
    assert [(name, str(due), bool(done)) for name, due, done in days] == [
        ("城关镇下寨小学", "2026-03-20", True), ("青石镇中心小学", "2026-03-25", False),
    ]  # fmt: skip


def test_year_counts_each_duty_within_the_scope(client, on, basic, clerk, neighbour, xiazhai):
    duty()
    on("2026-03-12")
    daily()
    actions.do_task(by=clerk.as_actor(), task=DutyTask.objects.get(school=xiazhai), note="已办")

    def entry(user):
        client.force_login(user)
        march = client.get(YEAR, {"year": 2026}).context["months"][0]
        return march.number, march.entries[0].finished, march.entries[0].total, march.entries[0].t

    assert [entry(user) for user in (basic, clerk, neighbour)] == [
        (3, 1, 2, "办理中"),
        (3, 1, 1, "按时办结"),
        (3, 0, 1, "办理中"),
    ]
    on("2026-03-21")
    assert entry(basic) == (3, 1, 2, "逾期 1")


def test_inspections_of_prefecture_and_county_are_entered_with_what_was_said(client, on, basic):
    factories.county()
    actions.take_usual_duties(by=basic.as_actor())
    CalendarDuty.objects.update(since=dt.date(2026, 1, 1))
    on("2026-10-15")
    daily()
    client.force_login(basic)
    for name in ("州人大、政协视察", "县人大、政协视察"):
        task = DutyTask.objects.get(duty__name=name)
        client.post(reverse("dropout:task", args=[task.pk]), {"note": "10 月 12 日视察 3 校，意见 2 条"})
        assert DutyTask.objects.get(pk=task.pk).state == "done"


def test_duty_of_a_page_is_not_ticked_by_hand(client, on, clerk, xiazhai):
    duty("集中宣传", code=DutyCode.CAMPAIGN)
    on("2026-03-12")
    daily()
    task = DutyTask.objects.get()
    client.force_login(clerk)
    refused = client.post(reverse("dropout:task", args=[task.pk]), {"note": "做了"})
    assert (refused.status_code, "自动办结" in refused.content.decode()) == (422, True)
    assert actions.finish(by=clerk.as_actor(), code=DutyCode.CAMPAIGN, place=xiazhai) == task
    assert actions.finish(by=clerk.as_actor(), code=DutyCode.CAMPAIGN, place=xiazhai) is None


def test_neighbour_and_other_township_get_404(client, on, neighbour, xiazhai):
    duty()
    on("2026-03-12")
    daily()
    task = DutyTask.objects.get(school=xiazhai)
    officer = factories.user("别镇", ("township_officer", factories.township("529901101", "青石镇")))
    for user in (neighbour, officer):
        client.force_login(user)
        address = reverse("dropout:task", args=[task.pk])
        assert (client.get(address).status_code, client.post(address, {"note": "x"}).status_code) == (
            404,
            404,
        )
        assert client.get(reverse("dropout:task_file", args=[task.pk])).status_code == 404


def test_database_holds_one_task_per_place_and_day(on, xiazhai):
    row = duty()
    on("2026-03-12")
    daily()
    day = dt.date(2026, 3, 20)
    for wrong in ({"school": xiazhai}, {}, {"school": xiazhai, "area": factories.county()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            DutyTask.objects.create(duty=row, opens_on=day, due_on=day, **wrong)


def test_pages_and_the_daily_run_take_the_same_queries_for_one_and_for_thirty(client, on, basic, xiazhai):
    duty("甲"), duty("乙", months=(3, 9))
    on("2026-03-12")

    def queries(act) -> int:
        with CaptureQueriesContext(connection) as caught:
            act()
        return len(caught)

    client.force_login(basic)
    acts = (
        actions.keep_calendar,
        lambda: client.get(YEAR, {"year": 2026}),
        lambda: client.get(TASKS, {"year": 2026}),
    )
    actions.keep_calendar()
    few = [queries(act) for act in acts]
    for number in range(30):
        factories.school(f"第{number}小学")
    actions.keep_calendar()
    assert [queries(act) for act in acts] == few
