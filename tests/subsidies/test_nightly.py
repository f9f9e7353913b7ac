"""夜间自动重算: what changed by day is recalculated by the hourly call after midnight, and who was to press the button is told."""

import datetime as dt

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from povertyedu.inbox.models import Message
from povertyedu.jobs import tasks
from povertyedu.jobs.models import Job, JobState
from povertyedu.options.registry import set_option
from povertyedu.orgs.calendar import today
from students.actions.hardship import mark_changed
from students.enums import ChangeCause
from students.models import FactChange
from subsidies.actions import nightly
from subsidies.actions.nightly import recalculate_nightly
from subsidies.models import Recalculation
from subsidies.queries.readers import READERS
from tests import factories
from tests.factories import policies

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
MIDNIGHT = timezone.make_aware(dt.datetime.combine(today(), dt.time()))
HOME = "/"


@pytest.fixture
def boarder(xiazhai, autumn):
    """A boarder whom the policy owes 500 yuan, registered the evening before and not recalculated."""
    policies.published(applies_from="2020-autumn")
    child = factories.student("罗娜", at=xiazhai, during=autumn, boarding=True)
    mark_changed(autumn, [child.pk], ChangeCause.RECORD)
    marked_at(MIDNIGHT - dt.timedelta(seconds=1))
    return child


def marked_at(moment):
    FactChange.objects.update(marked_at=moment)


def waits(client, user) -> bool:
    client.force_login(user)
    return "资料有变动、待重算的学生" in client.get(HOME).text


def test_child_marked_yesterday_is_recalculated_and_the_to_do_gives_way_to_the_result(
    client, boarder, autumn, aid_officer, administrator, clerk
):
    before = waits(client, aid_officer), waits(client, clerk)

    tasks.daily()
    job = Job.objects.get(kind="subsidies.recalculate")
    tasks.run(job.pk)

    run = Recalculation.objects.get()
    told = f"夜间自动重算 {autumn}：核对了有变动的 1 名学生（新增、更正档案 1 人），应享新增 1 项、变动 0 项、终止 0 项。"
    assert (before, waits(client, aid_officer)) == ((True, False), False)
    assert (run.cause, run.marks, run.by_name, run.created) == ("nightly", {"record": 1}, "系统", 1)
    assert list(boarder.entitlements.values_list("amount_fen", flat=True)) == [50_000]
    assert set(Message.objects.values_list("to__name", "text")) == {("周敏", told), ("陈数据", told)}
    assert told in client.get(HOME).text
    page = client.get(reverse("subsidies:calculation"), {"term": autumn.pk, "cause": "nightly"})
    assert page.context["runs"][0] == run


def test_mark_of_today_waits_for_the_night(boarder):
    marked_at(MIDNIGHT)

    assert recalculate_nightly() == []


def test_to_do_says_since_when_the_first_child_waits(client, boarder, aid_officer):
    marked_at(MIDNIGHT - dt.timedelta(days=6))
    client.force_login(aid_officer)

    assert f"最早 {today() - dt.timedelta(days=6)}（已等 6 天）" in client.get(HOME).text


def test_closed_term_and_term_without_policy_are_left_alone(boarder, xiazhai, autumn):
    mark_changed(factories.term("2020-spring"), [boarder.pk])  # no policy applies to it
    marked_at(MIDNIGHT - dt.timedelta(hours=1))
    autumn.is_closed = True
    autumn.save()
    closed = recalculate_nightly()
    autumn.is_closed = False
    autumn.save()

    assert (closed, [job.arguments["term"] for job in recalculate_nightly()]) == ([], [autumn.pk])


def test_each_term_has_a_job_of_its_own_the_earliest_first(boarder, autumn):
    spring = factories.term("2021-spring")
    mark_changed(spring, [boarder.pk])
    marked_at(MIDNIGHT - dt.timedelta(hours=1))

    assert [job.arguments["term"] for job in recalculate_nightly()] == [autumn.pk, spring.pk]


@pytest.mark.parametrize("state", [JobState.QUEUED, JobState.INTERRUPTED])
def test_term_that_already_waits_to_be_recalculated_is_left_alone(client, boarder, aid_officer, state):
    client.force_login(aid_officer)
    client.post(reverse("subsidies:recalculate"))
    Job.objects.update(state=state)

    assert recalculate_nightly() == []
    assert Job.objects.count() == 1


def test_once_a_day_even_where_it_did_not_come_about(boarder):
    (job,) = recalculate_nightly()
    Job.objects.update(state=JobState.FAILED, ended_at=timezone.now())

    assert recalculate_nightly() == []
    Job.objects.update(created_at=MIDNIGHT - dt.timedelta(minutes=1))
    assert len(recalculate_nightly()) == 1


def test_run_by_hand_today_does_not_keep_the_night_from_what_came_since(boarder, client, aid_officer):
    client.force_login(aid_officer)
    client.post(reverse("subsidies:recalculate"))
    Job.objects.update(state=JobState.DONE, ended_at=timezone.now())

    assert len(recalculate_nightly()) == 1


def test_switched_off_by_the_county_nothing_starts(client, boarder, aid_officer):
    set_option("nightly_recalculation", "否", by_name="陈数据")

    tasks.daily()

    assert not Job.objects.filter(kind="subsidies.recalculate").exists()
    assert waits(client, aid_officer)


def test_what_cannot_be_read_is_told_and_the_child_goes_on_waiting(monkeypatch, client, boarder, aid_officer):
    policies.published(
        policies.TEXT.replace("boarding = true", 'boarding = true\nsex = ["female"]'),
        applies_from="2020-autumn",
    )
    monkeypatch.delitem(READERS, "sex")

    tasks.run(recalculate_nightly()[0].pk)

    assert Job.objects.get().state == JobState.FAILED
    told = Message.objects.get(to=aid_officer)
    assert (
        told.tone,
        f"“夜间自动重算 {boarder.enrolments.get().term}”失败：政策的规则要看“性别”" in told.text,
    ) == ("bad", True)
    assert waits(client, aid_officer)


FAILED = "夜间自动重算失败、待重算的学期"


def test_unexpected_failure_is_told_and_stands_in_the_to_dos_until_the_term_is_recalculated(
    monkeypatch, client, boarder, autumn, aid_officer, administrator, clerk
):
    (job,) = recalculate_nightly()
    monkeypatch.setitem(settings.JOB_KINDS, job.kind, "tests.subsidies.test_nightly.nothing_of_this_name")
    tasks.run(job.pk)
    monkeypatch.undo()
    page = reverse("subsidies:calculation")

    told = f"“夜间自动重算 {autumn}”失败：{tasks.UNEXPECTED.format(job.pk)}"
    assert set(Message.objects.values_list("to__name", "tone", "text")) == {
        ("周敏", "bad", told),
        ("陈数据", "bad", told),
    }
    for user, shown in ((aid_officer, True), (administrator, True), (clerk, False)):
        client.force_login(user)
        assert (FAILED in client.get(HOME).text) is shown
    client.force_login(aid_officer)
    assert "夜间自动重算失败，有变动的学生还没有重算" in client.get(page).text

    client.post(reverse("subsidies:recalculate"))
    tasks.run(Job.objects.get(by=aid_officer).pk)

    assert FAILED not in client.get(HOME).text
    assert "夜间自动重算失败" not in client.get(page).text


def test_night_that_cannot_even_begin_is_told_once_a_day(
    monkeypatch, client, boarder, aid_officer, administrator
):
    def broken(terms):
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(nightly, "policies_for", broken)
        tasks.daily()
        tasks.daily()

    found = Message.objects.values_list("to__name", "tone", "text")
    assert sorted(found) == sorted((name, "bad", nightly.NOT_STARTED) for name in ("周敏", "陈数据"))
    assert waits(client, aid_officer)
    assert len(recalculate_nightly()) == 1  # the next hour


def test_what_a_nightly_run_marks_in_a_later_term_is_recalculated_in_the_same_night(autumn, xiazhai):
    """A grant that a child gets once in a lifetime: its spring changes when the autumn before does."""
    once = policies.TEXT.replace('per = "year"', 'per = "once"')
    policies.published(once, applies_from="2020-autumn")
    spring = factories.term("2021-spring")
    child = factories.student("罗娜", at=xiazhai, during=spring, boarding=True)
    mark_changed(spring, [child.pk])
    marked_at(MIDNIGHT - dt.timedelta(seconds=1))
    tasks.run(recalculate_nightly()[0].pk)
    before = set(child.entitlements.values_list("term", "amount_fen"))

    earlier = child.enrolments.get()
    earlier.pk, earlier._state.adding, earlier.term = None, True, autumn
    earlier.save()
    mark_changed(autumn, [child.pk], ChangeCause.RECORD)
    marked_at(MIDNIGHT - dt.timedelta(seconds=1))
    Job.objects.update(created_at=MIDNIGHT - dt.timedelta(hours=1))
    tasks.run(recalculate_nightly()[0].pk)
    (following,) = Job.objects.live()
    tasks.run(following.pk)

    assert before == {(spring.pk, 100_000)}
    assert following.label == f"夜间自动重算 {spring}"
    assert set(child.entitlements.values_list("term", "amount_fen")) == {(autumn.pk, 100_000)}
    assert not FactChange.objects.exists()
    assert not Job.objects.live().exists()
