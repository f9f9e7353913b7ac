"""项目公开: yearly fund plan and progress (facts 2 rows 24, 25), approved by another person, public without login, nobody in it."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.home.todos import todos_of
from povertyedu.inbox.models import Message
from povertyedu.options.registry import set_option
from povertyedu.publicity import publications
from povertyedu.publicity.models import Publication
from povertyedu.workflow.flow import StepRefused
from projects.actions import disclosures, funds
from projects.models import Disclosure, DisclosureDecision
from tests import factories
from tests.projects.building import line, programme, project_at, signed

pytestmark = pytest.mark.django_db
LIST, NEW = reverse("projects:disclosures"), reverse("projects:disclosure_new")
OPEN = reverse("publicity:publications")


@pytest.fixture
def year(officer, finance, xiazhai, qingshi, on_day):
    """2020: a dormitory of 50万 (paid 6万) and toilets of 12.5万 of another programme."""
    on_day("2020-12-01")
    by = officer.as_actor()
    dormitory = project_at(
        xiazhai, by=by, name="宿舍楼", budget={"central": 30_000_000, "county": 20_000_000}
    )
    funds.arrive(
        by=finance.as_actor(),
        line=line(dormitory),
        amount_fen=10_000_000,
        on=dt.date(2020, 10, 8),
        document="拨1",
    )
    contract = signed(dormitory, by=by, parts={"central": 25_000_000})
    funds.pay(
        by=finance.as_actor(),
        part=contract.parts.get(),
        amount_fen=6_000_000,
        on=dt.date(2020, 11, 2),
        document="记-1",
    )
    project_at(
        qingshi,
        by=by,
        name="厕所改造",
        of=programme("厕所革命", "toilets"),
        budget={"central": 12_500_000},
        due_on=dt.date(2020, 11, 30),
    )
    return 2020


def step(client, found, verb, **data):
    return client.post(reverse("projects:disclosure_step", args=[found.pk, verb]), data)


def published(officer, approver, kind="plan", year=2020) -> Disclosure:
    made = disclosures.draw_up(by=officer.as_actor(), kind=kind, year=year, on=dt.date(2020, 12, 1))
    disclosures.submit(by=officer.as_actor(), disclosure=made)
    return disclosures.publish(by=approver.as_actor(), disclosure=made)


def test_fund_plan_is_drawn_up_approved_by_another_person_and_public(client, officer, approver, year):
    client.force_login(officer)
    assert "还没有公开过" in client.get(LIST).content.decode()
    client.post(
        NEW, {"kind": "plan", "year": year, "on": "2020-12-01", "note": "依据云政发〔2020〕3号分配。"}
    )
    found = Disclosure.objects.get()
    page = client.get(found.get_absolute_url()).content.decode()
    assert "批准并公开" not in page
    assert step(client, found, "submit").status_code == 302
    with pytest.raises(StepRefused, match="审批人不能是拟稿人"):
        disclosures.publish(by=officer.as_actor(), disclosure=found)
    assert [todo.text for todo in todos_of(approver) if "公开" in todo.text] == ["待审批的项目公开"]
    client.force_login(approver)
    assert step(client, found, "publish").status_code == 302
    found.refresh_from_db()
    assert (found.state, DisclosureDecision.broken_link(found)) == ("published", None)
    client.logout()
    public = client.get(found.publication.get_absolute_url())
    html = public.content.decode()
    assert public.status_code == 200
    for shown in (
        "2020年学校建设与设备年度资金计划",
        "专户管理、专款专用",
        "谁使用谁负责",
        "城关镇下寨小学",
        "中央资金",
        "42.50",
        "62.50",
        "依据云政发〔2020〕3号分配",
        "0000-0000000",
    ):
        assert shown in html, shown
    assert found.title in client.get(OPEN).content.decode()


def test_public_page_has_nobody_and_no_contractor(client, officer, approver, finance, year):
    for kind in ("plan", "progress"):
        paper = published(officer, approver, kind).publication
        html = client.get(paper.get_absolute_url()).content.decode()
        for hidden in (
            officer.name,
            approver.name,
            finance.name,
            officer.username,
            "云岭建筑公司",
            "记-1",
            "HT-1",
        ):
            assert hidden not in html, (kind, hidden)


def test_progress_has_what_came_in_and_was_paid_of_each_source_and_project(officer, approver, year):
    paper = published(officer, approver, "progress").publication
    source, of_programme, projects = paper.content["sections"]
    assert source["rows"] == [
        ["中央资金", 2, 42_500_000, 10_000_000, 6_000_000, 14], ["县级资金", 1, 20_000_000, 0, 0, 0],
    ]  # fmt: skip
    assert source["total"] == ["合计", 2, 62_500_000, 10_000_000, 6_000_000, 9]
    assert [row[0:3] for row in of_programme["rows"]] == [["全面改薄", 1, 0], ["厕所革命", 1, 0]]
    assert projects["rows"][1] == [
        "厕所改造", "青石镇", "青石镇中心小学", "前期，超期", 0, "2020-11-30", "", 12_500_000, 0, 0,
    ]  # fmt: skip
    assert projects["total"][-3:] == [62_500_000, 10_000_000, 6_000_000]


def test_new_version_takes_the_place_of_the_last_which_leads_to_it(client, officer, approver, finance, year):
    first = published(officer, approver)
    second = published(officer, approver)
    first.refresh_from_db()
    first.publication.refresh_from_db()
    assert (first.state, first.publication.state, second.version, second.publication.version) == (
        "replaced",
        "replaced",
        2,
        2,
    )
    old = client.get(first.publication.get_absolute_url()).content.decode()
    assert "看第 2 版" in old
    assert "第 1 版（2020-12-01）" in client.get(second.publication.get_absolute_url()).content.decode()
    listed = client.get(OPEN).content.decode()
    assert listed.index("第 2 版") < listed.index("存档") < listed.index("第 1 版")


def test_one_is_under_way_at_a_time(client, officer, year):
    by = officer.as_actor()
    disclosures.draw_up(by=by, kind="plan", year=2020, on=dt.date(2020, 12, 1))
    client.force_login(officer)
    again = client.post(NEW, {"kind": "plan", "year": year, "on": "2020-12-01", "note": ""})
    assert (again.status_code, "已有一份在办" in again.content.decode()) == (422, True)
    disclosures.draw_up(by=by, kind="progress", year=2020, on=dt.date(2020, 12, 1))


def test_returned_draft_is_worked_out_again(client, officer, approver, finance, year):
    made = disclosures.draw_up(by=officer.as_actor(), kind="progress", year=2020, on=dt.date(2020, 10, 31))
    assert made.content["sections"][0]["total"][4] == 0  # paid on 2 November
    disclosures.submit(by=officer.as_actor(), disclosure=made)
    client.force_login(officer)
    edit = reverse("projects:disclosure_edit", args=[made.pk])
    assert "请审批人退回" in client.post(edit, {"on": "2020-12-01", "note": ""}).content.decode()
    client.force_login(approver)
    step(client, made, "return", reason="截至日期改到 12 月")
    assert "截至日期改到 12 月" in Message.objects.filter(to=officer).last().text
    client.force_login(officer)
    assert client.post(edit, {"on": "2020-12-01", "note": ""}).status_code == 302
    made.refresh_from_db()
    assert (made.content["sections"][0]["total"][4], made.state) == (6_000_000, "returned")


def test_page_ends_after_its_days_as_archive_or_gone(client, officer, approver, year, on_day):
    kept = published(officer, approver).publication
    set_option("disclosure_after", "撤下", by_name="测试")
    gone = published(officer, approver, "progress").publication
    assert str(kept.closes_on) == "2020-12-31"  # 30 days by default
    on_day("2020-12-31")
    assert client.get(gone.get_absolute_url()).status_code == 200
    assert publications.end_expired() == 0
    on_day("2021-01-01")
    assert client.get(gone.get_absolute_url()).status_code == 410
    assert "存档备查" in client.get(kept.get_absolute_url()).content.decode()
    assert (publications.end_expired(), publications.end_expired()) == (2, 0)
    assert "存档备查" in client.get(kept.get_absolute_url()).content.decode()
    answer = client.get(gone.get_absolute_url())
    assert (answer.status_code, "宿舍楼" in answer.content.decode()) == (410, False)
    listed = client.get(OPEN).content.decode()
    assert (kept.title in listed, gone.title in listed) == (True, False)


def test_withdrawn_page_is_gone_at_once(client, officer, approver, year):
    found = published(officer, approver)
    client.force_login(approver)
    assert "理由" in step(client, found, "withdraw", reason="").content.decode()
    step(client, found, "withdraw", reason="数字有误")
    found.publication.refresh_from_db()
    assert found.publication.state == "withdrawn"
    client.logout()
    assert client.get(found.publication.get_absolute_url()).status_code == 410
    assert published(officer, approver).version == 2


@pytest.mark.parametrize(
    "text",
    [
        "联系 13912342716",
        "证件 529901201005120014",
        "账号 6217 0000 1234 5678 901",
        "李某 52990119760102001X",
    ],
)
def test_text_with_a_persons_number_is_not_drawn_up(client, officer, year, text):
    client.force_login(officer)
    answer = client.post(NEW, {"kind": "plan", "year": year, "on": "2020-12-01", "note": text})
    assert (answer.status_code, "不能公开" in answer.content.decode()) == (422, True)
    assert not Disclosure.objects.exists()


def test_project_with_a_persons_number_in_its_name_is_told_by_row(officer, year, xiazhai):
    project_at(xiazhai, by=officer.as_actor(), name="张某13912342716捐建图书室")
    with pytest.raises(StepRefused, match="“项目清单”第 2 行的“项目”"):
        disclosures.draw_up(by=officer.as_actor(), kind="plan", year=2020, on=dt.date(2020, 12, 1))


def test_year_without_projects_and_day_to_come_are_told(client, officer, year):
    client.force_login(officer)
    answer = client.post(NEW, {"kind": "plan", "year": 2019, "on": "2020-12-01", "note": ""})
    assert "2019年还没有项目" in answer.content.decode()
    assert (
        "不能晚于今天"
        in client.post(NEW, {"kind": "plan", "year": 2020, "on": "2020-12-02", "note": ""}).content.decode()
    )


@pytest.mark.sql
def test_database_keeps_what_was_submitted_and_who_approved(officer, approver, year):
    found = published(officer, approver)
    rows = Disclosure.objects.filter(pk=found.pk)
    for change in (
        lambda: rows.update(content={"paragraphs": [], "sections": []}),
        lambda: rows.update(decided_by_id=officer.pk),
        lambda: rows._raw_delete("default"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
    with pytest.raises(IntegrityError), transaction.atomic():
        Publication.objects.create(
            area=found.area, about="x", series=found.series, version=9, title="x", content={}, opens_on=dt.date(2020, 12, 1), phone="0", digest="",
        )  # fmt: skip


def test_digest_is_that_of_the_content(officer, approver, year):
    paper = published(officer, approver).publication
    assert paper.digest == Publication.digest_of(paper.content)
    assert paper.content == Disclosure.objects.get().content


def test_disclosure_is_the_countys(client, year, officer, xiazhai):
    made = disclosures.draw_up(by=officer.as_actor(), kind="plan", year=2020, on=dt.date(2020, 12, 1))
    cadre = factories.user("田镇长", ("township_officer", xiazhai.area), username="cadre")
    client.force_login(cadre)
    assert client.get(made.get_absolute_url()).status_code == 404


def test_public_page_takes_the_same_queries_for_one_and_for_forty_projects(
    client, officer, approver, year, xiazhai
):
    counts = []
    for turn in range(2):
        paper = published(officer, approver).publication
        Publication.objects.exclude(pk=paper.pk).update(
            state="withdrawn", ended_at=dt.datetime(2020, 12, 1, tzinfo=dt.UTC), keep=False
        )
        with CaptureQueriesContext(connection) as captured:
            client.get(paper.get_absolute_url())
        counts.append(len(captured))
        for number in range(39):
            project_at(xiazhai, by=officer.as_actor(), name=f"楼{turn}-{number}", budget={"central": 100})
    assert counts[0] == counts[1]
