"""整改销号: from found to closed, by two people, with proof; reopened with its history; overdue told by the day's run."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.findings import actions
from povertyedu.findings.models import Evidence, Finding, FindingDecision
from povertyedu.findings.queries import counts_by_place
from povertyedu.inbox.models import Message
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Person
from povertyedu.workflow.flow import StepRefused
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
LIST = reverse("findings:list")


@pytest.fixture
def basic(db):
    return factories.user("宋静", ("basic_education_officer", factories.county()), username="basic")


@pytest.fixture
def head(xiazhai):
    return factories.user("吴国强", ("school_head", xiazhai), username="head")


@pytest.fixture
def officer(db):
    return factories.user("石磊", ("township_officer", factories.township()), username="officer")


def scan():
    return SimpleUploadedFile("整改照片.png", b"\x89PNG and more")


def found_at(place, basic, title="缺勤登记不全", days=10, **more) -> Finding:
    where = {"area": place} if place._meta.label == "orgs.Area" else {"school": place}
    return actions.find(
        by=basic.as_actor(), title=title, due_on=today() + dt.timedelta(days=days), **where, **more
    )


def done_by(user, finding) -> Finding:
    actions.plan(by=user.as_actor(), finding=finding, measure="每日登记，校长抽查")
    return actions.finish(
        by=user.as_actor(), finding=finding, result="已补登九月缺勤", upload=scan(), account=user
    )


def step(client, finding, verb, **data):
    return client.post(reverse("findings:step", args=[finding.pk, verb]), data)


def messages_of(user) -> list[str]:
    return list(Message.objects.filter(to=user).order_by("pk").values_list("text", flat=True))


def test_finding_goes_from_found_to_closed_on_the_pages(client, basic, clerk, xiazhai):
    client.force_login(basic)
    assert "登记问题" in client.get(LIST).content.decode()
    wrong = client.post(reverse("findings:new"), {"source": "audit", "title": "", "due_on": "2000-01-01"})
    assert wrong.status_code == 422
    due = today() + dt.timedelta(days=10)
    new = {
        "source": "inspection",
        "origin": "秋季督导",
        "title": "缺勤登记不全",
        "school": xiazhai.pk,
        "due_on": str(due),
    }
    page = client.post(reverse("findings:new"), new, follow=True)
    finding = Finding.objects.get()
    assert "已登记，并通知城关镇下寨小学" in page.content.decode()
    assert messages_of(clerk) == [f"城关镇下寨小学有新的整改事项：缺勤登记不全，请在 {due} 前完成。"]

    client.force_login(clerk)
    assert step(client, finding, "finish", result="好了").status_code == 422  # no measure, no proof
    owner = Person.objects.create(name="王老师", school=xiazhai)
    assert step(client, finding, "plan", measure="每日登记", owner=owner.pk).status_code == 302
    assert step(client, finding, "finish", result="已补登").status_code == 422
    assert step(client, finding, "finish", result="已补登", scan=scan()).status_code == 302
    assert step(client, finding, "recheck", reason="我自己看过").status_code == 403

    client.force_login(basic)
    assert step(client, finding, "close").status_code == 422  # not re-checked yet
    assert step(client, finding, "recheck", reason="到校查看了登记册").status_code == 302
    assert step(client, finding, "close").status_code == 302
    assert step(client, finding, "close").status_code == 422  # a second click does nothing
    finding.refresh_from_db()
    assert (finding.state, finding.closed_on, finding.owner) == ("closed", today(), owner)
    told = client.get(finding.get_absolute_url())
    assert [entry["text"] for entry in told.context["entries"]] == [
        "登记问题", "填报整改措施", "报告整改完成", "复核通过", "销号",
    ]  # fmt: skip
    answer = client.get(reverse("findings:evidence", args=[Evidence.objects.get().pk]))
    assert b"".join(answer.streaming_content) == b"\x89PNG and more"


def test_who_reported_it_done_does_not_recheck_it(basic, xiazhai):
    both = factories.user("两职", ("basic_education_officer", factories.county()), ("school_clerk", xiazhai))
    finding = done_by(both, found_at(xiazhai, basic))
    with pytest.raises(StepRefused, match="由另一人复核"):
        actions.recheck(by=both.as_actor(), finding=finding, reason="看过")
    with pytest.raises(IntegrityError, match="finding_rechecked_by_another_person"), transaction.atomic():
        Finding.objects.filter(pk=finding.pk).update(state="rechecked", rechecked_by_id=both.pk)
    with pytest.raises(IntegrityError, match="finding_done_has_proof"), transaction.atomic():
        Finding.objects.filter(pk=finding.pk).update(proof=None)


def test_reopened_finding_keeps_what_was_done_and_asks_for_new_proof(basic, clerk, xiazhai):
    finding = done_by(clerk, found_at(xiazhai, basic))
    actions.recheck(by=basic.as_actor(), finding=finding, reason="到校看过")
    actions.close(by=basic.as_actor(), finding=finding)
    actions.reopen(
        by=basic.as_actor(), finding=finding, reason="十月又漏登", due_on=today() + dt.timedelta(days=5)
    )
    finding.refresh_from_db()
    assert (finding.state, finding.proof, finding.closed_on, finding.result) == ("found", None, None, "")
    assert (finding.evidence.count(), finding.decisions.count()) == (1, 6)
    assert FindingDecision.broken_link(finding) is None
    done_by(clerk, finding)
    assert finding.evidence.count() == 2
    actions.send_back(by=basic.as_actor(), finding=finding, reason="照片看不清")
    finding.refresh_from_db()
    assert (finding.state, finding.done_by_id) == ("planned", None)


def test_one_subject_has_one_open_finding(basic, clerk, xiazhai, qingshi):
    first = found_at(xiazhai, basic, subject="indicators.notice:12", url="/indicators/notices/12/")
    assert found_at(xiazhai, basic, subject="indicators.notice:12") == first
    done_by(clerk, first)
    actions.recheck(by=basic.as_actor(), finding=first, reason="看过")
    actions.close(by=basic.as_actor(), finding=first)
    again = found_at(xiazhai, basic, subject="indicators.notice:12")
    assert again != first
    with pytest.raises(StepRefused, match="另有没有销号的整改"):
        actions.reopen(by=basic.as_actor(), finding=first, reason="又漏", due_on=today())
    with pytest.raises(ValidationError, match="请选择一个责任单位"):
        actions.find(by=basic.as_actor(), title="无主", due_on=today())


def test_overdue_finding_is_told_once_per_deadline(on_day, basic, clerk, head, officer, neighbour, xiazhai):
    on_day("2020-10-01")
    finding = found_at(xiazhai, basic, days=10)
    assert actions.tell_overdue() == 0
    Message.objects.all().delete()
    on_day("2020-10-11")  # its last day
    assert actions.tell_overdue() == 0
    on_day("2020-10-12")
    assert (actions.tell_overdue(), actions.tell_overdue()) == (1, 0)
    words = "整改逾期：城关镇下寨小学，缺勤登记不全，期限 2020-10-11。"
    assert [messages_of(user) for user in (clerk, head, officer, basic, neighbour)] == [[words]] * 4 + [[]]
    done_by(clerk, finding)
    actions.send_back(by=basic.as_actor(), finding=finding, reason="不全", due_on=dt.date(2020, 10, 20))
    on_day("2020-10-21")
    assert actions.tell_overdue() == 1


def test_list_filters_prints_exports_and_counts_by_place(
    on_day, client, basic, clerk, officer, neighbour, xiazhai, qingshi
):
    on_day("2020-10-01")
    late = found_at(xiazhai, basic, "门口没有值守", days=1)
    found_at(factories.township(), basic, "排查没有上报", source="screening")
    found_at(qingshi, basic, "食堂留样不全")
    on_day("2020-10-05")

    def titles(user, **query):
        client.force_login(user)
        return [row.title for row in client.get(LIST, query).context["rows"]]

    assert titles(basic) == ["食堂留样不全", "排查没有上报", "门口没有值守"]
    assert titles(officer) == ["排查没有上报", "门口没有值守"]
    assert titles(clerk) == ["门口没有值守"]
    assert titles(neighbour) == ["食堂留样不全"]
    assert titles(basic, late="late") == ["门口没有值守"]
    assert titles(basic, source="screening") == ["排查没有上报"]
    assert titles(basic, township="529901100", q="没有", print="1") == ["排查没有上报", "门口没有值守"]
    assert titles(basic, tab="closed") == []
    client.force_login(neighbour)
    assert client.get(late.get_absolute_url()).status_code == 404
    assert step(client, late, "plan", measure="代填").status_code == 404
    client.force_login(basic)
    answer = client.get(reverse("findings:export"), {"late": "late"})
    assert answer.headers["Content-Type"].startswith("application/vnd.openxml")
    counts = counts_by_place(Finding.objects.all())
    assert counts["school", xiazhai.pk] == {
        "total": 1,
        "open": 1,
        "overdue": 1,
        "closed": 0,
        "closed_late": 0,
    }
    assert counts["area", "529901100"] == {"total": 1, "open": 1, "overdue": 0, "closed": 0, "closed_late": 0}


@pytest.mark.parametrize("address", ["findings:list", "findings:export"])
def test_number_of_queries_does_not_grow_with_findings(client, basic, xiazhai, address):
    client.force_login(basic)
    counts = []
    for number in (1, 29):
        for each in range(number):
            found_at(xiazhai, basic, f"问题{number}-{each}")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(reverse(address)).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
