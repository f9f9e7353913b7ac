"""What a plan said before stays: who changed what, when, from what to what; and an earlier day shows it as it stood."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from projects.actions import acceptances, requests, work
from projects.models import PlanChange, Project
from projects.queries import as_of
from projects.queries.programmes import lines_of
from tests.projects.building import line, project_at, signed
from tests.projects.equipping import came, desks, ordered

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
DUE = dt.date(2021, 8, 20)


def act(client, project, verb, **data):
    return client.post(reverse("projects:act", args=[project.pk, verb]), data)


def changes() -> list[tuple]:
    return list(PlanChange.objects.values_list("field", "about", "old", "new", "by_name"))


def test_changed_plan_is_shown_with_who_changed_what_and_why(client, officer, dormitory, on_day):
    on_day("2020-10-01")
    client.force_login(officer)
    assert "计划变动" not in client.get(dormitory.get_absolute_url()).content.decode()
    act(client, dormitory, "plan", kind="finish", planned_on="2021-10-31", reason="雨季停工")
    act(client, dormitory, "plan", kind="finish", planned_on="2021-10-31")
    act(client, dormitory, "plan", kind="tender", planned_on="2020-11-05")
    act(client, dormitory, "quantity", item="床位", unit="张", planned="100", done="0")
    act(client, dormitory, "quantity", item="床位", unit="张", planned="120", done="60", reason="增加两间")
    assert changes() == [
        ("day", "finish", "2021-08-20", "2021-10-31", "马项目"),
        ("day", "tender", "", "2020-11-05", "马项目"),
        ("planned", "床位", "", "100", "马项目"),
        ("planned", "床位", "100", "120", "马项目"),
        ("done", "床位", "0", "60", "马项目"),
    ]
    page = client.get(dormitory.get_absolute_url()).content.decode()
    shown = [
        words in page
        for words in ("计划变动", "竣工计划日期", "2021-08-20", "雨季停工", "床位完成数", "没有定")
    ]
    assert shown == [True] * 6


def test_earlier_day_shows_the_plan_as_it_stood(client, officer, xiazhai, on_day):
    on_day("2020-09-01")
    by = officer.as_actor()
    made = project_at(xiazhai, by=by, starts_on=dt.date(2020, 9, 1), due_on=DUE)
    client.force_login(officer)
    on_day("2020-10-01")
    act(client, made, "quantity", item="床位", unit="张", planned="100", done="0")
    on_day("2020-11-01")
    act(client, made, "plan", kind="finish", planned_on="2021-12-31")
    act(client, made, "quantity", item="床位", unit="张", planned="120", done="60")
    on_day("2020-12-01")
    act(client, made, "quantity", item="床位", unit="张", planned="120", done="90")
    on_day("2021-01-01")

    def stood(day: str) -> tuple:
        [found] = as_of.picture(Project.objects.all(), dt.date.fromisoformat(day))
        return str(found.due_on), found.content_done

    assert [stood(day) for day in ("2020-09-30", "2020-10-31", "2020-11-01", "2020-12-01", "2021-01-01")] == [
        ("2021-08-20", "床位 0/100张"),
        ("2021-08-20", "床位 0/100张"),
        ("2021-12-31", "床位 60/120张"),
        ("2021-12-31", "床位 90/120张"),
        ("2021-12-31", "床位 90/120张"),
    ]
    ledger = client.get(reverse("projects:ledgers"), {"on": "2020-10-31"}).content.decode()
    assert ("2021-08-20" in ledger, "2021-12-31" in ledger) == (True, False)
    done = [
        lines_of([made.programme], dt.date.fromisoformat(day))[0].done
        for day in ("2020-10-31", "2020-11-30", "2021-01-01")
    ]
    assert done == [0, 60, 90]


def test_what_was_planned_first_holds_for_earlier_days(officer, dormitory, on_day):
    for day, planned in (("2020-10-01", dt.date(2020, 11, 1)), ("2020-10-20", dt.date(2020, 12, 1))):
        on_day(day)
        work.plan_milestone(by=officer.as_actor(), project=dormitory, kind="start", planned_on=planned)
    on_day("2020-12-01")
    days = (dt.date(2020, 9, 30), dt.date(2020, 10, 19), dt.date(2020, 10, 20))
    found = [as_of.picture(Project.objects.all(), day)[0].starts_on for day in days]
    assert found == [dt.date(2020, 11, 1), dt.date(2020, 11, 1), dt.date(2020, 12, 1)]


def test_change_of_contract_and_delivery_leave_their_trace(officer, approver, finance, clerk, head, xiazhai):
    by = officer.as_actor()
    made = project_at(xiazhai, by=by, budget={"central": 30_000_000}, due_on=DUE)
    contract = signed(made, by=by, parts={"central": 10_000_000})
    asked = requests.ask(
        by=finance.as_actor(),
        project=made,
        kind="change",
        days=30,
        part=contract.parts.get(),
        reason="地基加固",
    )
    requests.approve(by=approver.as_actor(), request=asked)
    made.quantities.create(item="课桌椅", unit="套", planned=Decimal(40))
    purchase = ordered(
        desks({xiazhai: 40}), by=by, approver=approver.as_actor(), project=made, line=line(made)
    )
    slip = came(purchase, xiazhai, (38, 0), by=clerk.as_actor())
    acceptances.confirm(by=head.as_actor(), acceptance=slip)
    assert changes() == [
        ("day", "finish", "2021-08-20", "2021-09-19", "李建国"),
        ("done", "课桌椅", "0", "38", "吴校长"),
    ]
    assert [change.reason for change in PlanChange.objects.all()] == ["合同变更：地基加固", str(slip)]


def test_database_refuses_to_change_or_delete_a_change_of_plan(officer, dormitory):
    work.plan_milestone(by=officer.as_actor(), project=dormitory, kind="start", planned_on=DUE)
    made = PlanChange.objects.get()
    with pytest.raises(IntegrityError, match="计划变动不得修改"), transaction.atomic():
        PlanChange.objects.filter(pk=made.pk).update(old="2019-01-01")
    with pytest.raises(IntegrityError, match="计划变动不得删除"), transaction.atomic():
        made.delete()
    with pytest.raises(IntegrityError, match="plan_change_changes_something"), transaction.atomic():
        PlanChange.objects.create(
            project=dormitory, field="done", about="床位", old="1", new="1", on=DUE, by_name="x"
        )


def test_school_reads_the_changes_of_its_project_and_no_other_does(
    client, officer, clerk, neighbour, dormitory
):
    work.plan_milestone(
        by=officer.as_actor(), project=dormitory, kind="start", planned_on=DUE, reason="等图纸"
    )
    client.force_login(clerk)
    assert "等图纸" in client.get(dormitory.get_absolute_url()).content.decode()
    client.force_login(neighbour)
    assert client.get(dormitory.get_absolute_url()).status_code == 404
