"""支教轮岗: asked, approved by another, agreed to by both schools, begun, ended, extended; no day taken twice, whatever writes."""

import datetime as dt
import threading
import time
from io import BytesIO

import docx
import openpyxl
import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from povertyedu.imports import actions as imports
from povertyedu.imports.models import StagedRow
from povertyedu.inbox.models import Message
from povertyedu.jobs.tasks import daily
from povertyedu.workflow.flow import Actor, StepRefused
from teachers.actions import deployment as actions
from teachers.actions import deployment_days as days
from teachers.actions import posts
from teachers.enums.deployment import BINDING
from teachers.models import Deployment, DeploymentDecision, Teacher
from teachers.queries.staff import working_at
from tests import factories
from tests.factories import teachers
from tests.imports.conftest import workbook
from tests.teachers.deploying import SINCE, UNTIL, deployment, people

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
LIST, NEW = reverse("teachers:deployments"), reverse("teachers:deployment_new")
DAY = dt.timedelta(days=1)


@pytest.fixture
def folk(xiazhai, qingshi, approver):
    return people(xiazhai, qingshi, approver)


@pytest.fixture
def wang(xiazhai) -> Teacher:
    return teachers.teacher("王芳", at=xiazhai)


def step(client, row, verb, **data):
    return client.post(reverse("teachers:deployment_step", args=[row.pk, verb]), data)


def test_who_teaches_elsewhere_comes_back_before_the_post_is_ended(folk, wang, qingshi, on_day):
    on_day("2020-10-01")
    row = deployment(wang, qingshi)

    with pytest.raises(StepRefused, match="王芳正在青石镇.*轮岗交流；请先在派遣里办理返回或提前结束"):
        posts.leave(
            by=folk.officer.as_actor(), teacher=wang, state="retired", on=dt.date(2020, 10, 1), reason="到龄"
        )
    assert wang.appointments.standing().exists()

    days.end_early(by=folk.officer.as_actor(), deployment=row, on=dt.date(2020, 9, 30), reason="到龄")
    gone = posts.leave(
        by=folk.officer.as_actor(), teacher=wang, state="retired", on=dt.date(2020, 10, 1), reason="到龄"
    )
    assert (gone.state, gone.appointments.standing().exists()) == ("retired", False)


def test_who_teaches_elsewhere_comes_back_before_the_post_moves(folk, wang, qingshi, on_day):
    on_day("2020-10-01")
    deployment(wang, qingshi)
    other = factories.school("城关镇第六小学")
    teachers.establishment(other)
    for school in (other, qingshi):
        with pytest.raises(
            StepRefused, match="王芳正在青石镇.*轮岗交流；请先在派遣里办理返回或提前结束，再办理调动"
        ):
            posts.appoint(
                by=folk.officer.as_actor(),
                teacher=wang,
                school=school,
                subject="chinese",
                since=dt.date(2020, 10, 1),
            )
    line = ("工号", "姓名", "学校", "聘任日期"), (wang.code, "王芳", other.name, "2020-10-01")
    batch = imports.receive(
        chunks=[workbook(("名册", line))], name="名册.xlsx", kind="teachers", term=None, by=folk.officer
    )
    imports.check(batch=batch)
    told = [problem[2] for row in StagedRow.objects.filter(batch=batch) for problem in row.content["errors"]]
    assert told == [f"王芳正在{qingshi.name}轮岗交流；请先在派遣里办理返回或提前结束，再办理调动。"]
    assert wang.appointments.get().until is None


def test_round_goes_from_school_to_bureau_to_both_schools_and_back(
    client, folk, wang, xiazhai, qingshi, on_day
):
    on_day("2020-08-20")
    client.force_login(folk.sender)
    data = {
        "teacher": wang.pk, "kind": "exchange", "receiving": qingshi.pk, "since": "2020-09-01", "until": "2021-07-15", "reason": "数学教师紧缺", "ask": "1",
    }  # fmt: skip
    assert client.post(NEW, data).status_code == 302
    row = Deployment.objects.get()
    assert (row.state, row.sending, row.asked_by_id) == ("asked", xiazhai, folk.sender.pk)
    assert step(client, row, "approve").status_code == 403
    client.force_login(folk.receiver)
    assert step(client, row, "agree").status_code == 422
    client.force_login(folk.officer)
    assert "待审批的教师派出" in client.get("/").content.decode()
    assert step(client, row, "approve", document="云教人〔2020〕3号").status_code == 302
    client.force_login(folk.receiver)
    assert "待本校确认的教师派出" in client.get("/").content.decode()
    assert step(client, row, "agree").status_code == 302
    assert "等城关镇下寨小学同意。" in client.get(row.get_absolute_url()).content.decode()
    assert step(client, row, "agree").status_code == 422
    client.force_login(folk.sender)
    assert step(client, row, "agree").status_code == 302
    assert (
        step(client, row, "start", on="2020-09-01").status_code == 403
    )  # the receiving school says that the teacher is there
    client.force_login(folk.receiver)
    assert "到岗日期不能晚于今天" in step(client, row, "start", on="2020-09-01").content.decode()
    on_day("2020-09-02")
    assert step(client, row, "start", on="2020-08-31").status_code == 422
    assert step(client, row, "start", on="2020-09-02").status_code == 302
    on_day("2021-07-15")
    assert step(client, row, "return", on="2021-07-15").status_code == 302
    row.refresh_from_db()
    assert (row.state, row.started_on, row.ended_on) == ("returned", dt.date(2020, 9, 2), UNTIL)
    assert [d.verb for d in row.decisions.all()] == [
        "draft",
        "ask",
        "approve",
        "agree",
        "agree_too",
        "start",
        "return",
    ]
    assert DeploymentDecision.broken_link(row) is None


def test_secondment_to_an_office_is_agreed_to_by_the_sending_school_alone(
    client, folk, wang, xiazhai, qingshi, on_day
):
    on_day("2020-08-20")
    client.force_login(folk.sender)
    data = {
        "teacher": wang.pk, "kind": "secondment", "office": "县教育局教研室", "since": "2020-09-01", "until": "2021-07-15", "reason": "参与教研", "ask": "1",
    }  # fmt: skip
    for wrong, told in (
        ({"office": ""}, "请选接收学校；借调到学校以外的单位，填借调单位。"),
        ({"kind": "exchange"}, "只有借调可以到学校以外的单位"),
        ({"receiving": qingshi.pk}, "接收学校和借调单位只填一个。"),
    ):
        answer = client.post(NEW, data | wrong)
        assert (answer.status_code, told in answer.content.decode()) == (422, True)
    assert client.post(NEW, data).status_code == 302
    row = Deployment.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Deployment.objects.filter(pk=row.pk).update(kind="support")
    actions.approve(by=folk.officer.as_actor(), deployment=row)
    assert "待派出学校确认" in client.get(row.get_absolute_url()).content.decode()
    assert step(client, row, "agree").status_code == 302
    on_day("2020-09-01")
    page = client.get(row.get_absolute_url()).content.decode()
    assert ("2020-09-01 起，由城关镇下寨小学确认到岗。" in page, "县教育局教研室" in page) == (True, True)
    assert step(client, row, "start", on="2020-09-01").status_code == 302
    assert {school: len(workers) for school, workers in working_at(dt.date(2020, 10, 1)).items()} == {}
    letter = client.get(reverse("teachers:deployment_letter", args=[row.pk])).content
    assert "派城关镇下寨小学教师王芳到县教育局教研室借调" in "".join(
        p.text for p in docx.Document(BytesIO(letter)).paragraphs
    )
    assert "县教育局教研室" in client.get(LIST, {"tab": "under_way", "q": "教研室"}).content.decode()
    on_day("2021-07-15")
    assert step(client, row, "return", on="2021-07-15").status_code == 302
    row.refresh_from_db()
    assert [d.verb for d in row.decisions.all()] == [
        "draft",
        "ask",
        "approve",
        "agree_alone",
        "start",
        "return",
    ]


def test_nobody_approves_what_they_drafted_or_asked(client, folk, wang, qingshi):
    by = folk.officer.as_actor()
    row = actions.draft(
        by=by, teacher=wang, kind="support", receiving=qingshi, since=SINCE, until=UNTIL, reason="支教"
    )
    actions.ask(by=folk.sender.as_actor(), deployment=row)
    with pytest.raises(StepRefused, match="审批人不能是起草或申请的人"):
        actions.approve(by=by, deployment=row)
    for field in ("asked_by_id", "drafted_by_id"):
        with pytest.raises(IntegrityError), transaction.atomic():
            Deployment.objects.filter(pk=row.pk).update(
                state="approved", approved_by_id=getattr(row, field), approved_on=SINCE
            )
    client.force_login(folk.officer)
    page = client.get(row.get_absolute_url()).content.decode()
    assert ("要由另一人批准" in page, ">批准</a>" in page) == (True, False)
    client.force_login(folk.approver)
    assert step(client, row, "approve").status_code == 302


def test_second_approval_of_the_same_days_is_refused_in_words(folk, wang, xiazhai, qingshi):
    third = factories.school("第三小学")
    deployment(wang, qingshi, state="approved")
    other = deployment(wang, third, state="draft", since=UNTIL, until=UNTIL + DAY * 30)
    with pytest.raises(StepRefused, match="2020-09-01 至 2021-07-15 已派到青石镇中心小学"):
        actions.ask(by=folk.sender.as_actor(), deployment=other)
    after = deployment(wang, third, state="approved", since=UNTIL + DAY, until=UNTIL + DAY * 30)
    assert after.state == "approved"


def test_days_are_free_again_when_it_ends_early_or_a_school_declines(folk, wang, qingshi, on_day):
    on_day("2020-10-20")
    third = factories.school("第三小学")
    row = deployment(wang, qingshi)
    with pytest.raises(StepRefused, match="期满"):
        days.come_back(by=folk.sender.as_actor(), deployment=row, on=dt.date(2020, 10, 20))
    days.end_early(by=folk.officer.as_actor(), deployment=row, on=dt.date(2020, 10, 19), reason="身体原因")
    row.refresh_from_db()
    assert (row.state, row.ended_on) == ("ended_early", dt.date(2020, 10, 19))
    again = deployment(wang, third, state="approved", since=dt.date(2020, 10, 20))
    actions.decline(by=folk.receiver.as_actor(), deployment=again, reason="已不缺")
    assert deployment(wang, qingshi, state="approved", since=dt.date(2020, 10, 20)).state == "approved"


def test_extension_is_asked_approved_and_agreed_anew_and_begins_the_day_after(
    client, folk, wang, qingshi, on_day
):
    on_day("2021-07-01")
    row = deployment(wang, qingshi, by=folk)
    client.force_login(folk.receiver)
    assert step(client, row, "extension", until="2021-07-15", reason="缺人").status_code == 422
    assert step(client, row, "extension", until="2022-07-15", reason="缺人").status_code == 302
    more = Deployment.objects.get(extends=row)
    assert (more.state, more.since, more.until) == ("asked", dt.date(2021, 7, 16), dt.date(2022, 7, 15))
    assert (
        "已有一份延期申请"
        in step(client, row, "extension", until="2023-07-15", reason="缺人").content.decode()
    )
    actions.approve(by=folk.officer.as_actor(), deployment=more)
    both = [more.sending_id, more.receiving_id]
    actions.agree(by=folk.sender.as_actor(), deployment=more, schools=both[:1])
    actions.agree(by=folk.receiver.as_actor(), deployment=more, schools=both[1:])
    on_day("2021-07-20")
    assert not Deployment.objects.overdue().exists()  # it goes on, as agreed
    assert step(client, more, "start", on="2021-07-20").status_code == 302
    row.refresh_from_db()
    more.refresh_from_db()
    assert (row.state, row.ended_on, more.state, more.started_on) == (
        "extended", UNTIL, "under_way", dt.date(2021, 7, 16),
    )  # fmt: skip


def test_returns_are_reminded_once_and_overdue_ones_are_to_dos(client, folk, wang, qingshi, on_day):
    on_day("2020-09-10")
    row = deployment(wang, qingshi, by=folk)
    Message.objects.all().delete()
    on_day("2021-06-14")
    assert days.remind_returns() == 0
    on_day("2021-06-15")  # 30 days before the last one
    assert daily() is None or True
    assert days.remind_returns() == 0
    told = {message.to.username for message in Message.objects.filter(text__contains="到期，请安排返回")}
    assert told == {"sender", "receiver", "personnel", "approver"}
    on_day("2021-07-20")
    for user in (folk.sender, folk.receiver):
        client.force_login(user)
        page = client.get(f"{LIST}?tab=overdue").content.decode()
        assert "逾期 5 天未返回" in page
        assert "逾期未返回的派出教师" in client.get("/").content.decode()
    days.come_back(by=folk.sender.as_actor(), deployment=row, on=dt.date(2021, 7, 19))
    assert not Deployment.objects.overdue().exists()


def test_teacher_counts_where_they_work(wang, xiazhai, qingshi, on_day):
    on_day("2020-10-01")
    stays, learns = teachers.teacher("李走", at=xiazhai), teachers.teacher("赵学", at=xiazhai)
    deployment(wang, qingshi)
    deployment(stays, qingshi, kind="itinerant")
    deployment(learns, qingshi, kind="shadowing")
    here = {
        school: {worker.teacher for worker in found}
        for school, found in working_at(dt.date(2020, 10, 1)).items()
    }
    assert here == {xiazhai.pk: {stays.pk}, qingshi.pk: {wang.pk}}
    assert {w.teacher for w in working_at(dt.date(2020, 10, 1), [qingshi.pk])[qingshi.pk]} == {wang.pk}
    assert {w.teacher for w in working_at(dt.date(2020, 8, 31))[xiazhai.pk]} == {wang.pk, stays.pk, learns.pk}
    assert not Deployment.objects.at_work(dt.date(2021, 7, 16)).exists()
    on_day("2021-08-01")  # nobody came back: they are still there today
    assert Deployment.objects.at_work(dt.date(2021, 8, 1)).count() == 3


def test_deployed_teacher_is_seen_by_both_schools_and_nobody_else(
    client, folk, wang, xiazhai, qingshi, on_day
):
    on_day("2020-10-01")
    third = factories.school("第三小学", area=factories.township("529901102", "白水镇"))
    stranger = factories.user("龙校长", ("school_head", third))
    draft = deployment(teachers.teacher("李四", at=xiazhai), qingshi, state="draft")
    assert not Teacher.objects.visible_to(folk.receiver, "view_teachers").filter(pk=wang.pk).exists()
    row = deployment(wang, qingshi)
    for user in (folk.sender, folk.receiver):
        assert Teacher.objects.visible_to(user, "view_teachers").filter(pk=wang.pk).exists()
    client.force_login(folk.receiver)
    assert (
        client.get(row.get_absolute_url()).status_code,
        client.get(draft.get_absolute_url()).status_code,
    ) == (200, 404)
    client.force_login(stranger)
    assert "王芳" not in client.get(f"{LIST}?tab=all").content.decode()
    for address in (row.get_absolute_url(), reverse("teachers:deployment_letter", args=[row.pk])):
        assert client.get(address).status_code == 404
    assert step(client, row, "return", on="2021-07-15").status_code == 404
    assert not Teacher.objects.visible_to(stranger, "view_teachers").exists()


def test_head_sends_own_staff_only_and_wrong_input_is_told(client, folk, wang, qingshi, xiazhai):
    other = teachers.teacher("何老师", at=qingshi)
    client.force_login(folk.sender)
    data = {
        "teacher": other.pk,
        "kind": "exchange",
        "receiving": xiazhai.pk,
        "since": "2020-09-01",
        "until": "2020-08-01",
        "reason": "",
    }
    answer = client.post(NEW, data)
    assert answer.status_code == 422
    assert {"teacher", "reason", "until"} <= set(answer.context["form"].errors)
    data |= {"teacher": wang.pk, "until": "2021-07-15", "reason": "支教"}
    assert "就是教师自己的学校" in client.post(NEW, data).content.decode()
    client.force_login(folk.officer)
    data["receiving"] = qingshi.pk
    assert "没有找到教师“王某”" in client.post(NEW, data | {"teacher": "王某"}).content.decode()
    teachers.teacher("王芳", at=qingshi)
    assert "请填写工号" in client.post(NEW, data | {"teacher": "王芳"}).content.decode()
    assert client.post(NEW, data | {"teacher": wang.code}).status_code == 302
    assert Deployment.objects.get().state == "draft"


def test_drafts_of_a_plan_are_asked_and_approved_by_many_at_once(client, folk, xiazhai, qingshi):
    who = [teachers.teacher(f"教师{number}", at=xiazhai) for number in range(3)]
    rows = [actions.NewDeployment(each.pk, "exchange", qingshi.pk, SINCE, UNTIL, "配置方案") for each in who]
    drafts = actions.draft_deployments(by=folk.officer.as_actor(), rows=rows, origin="planned")
    taken = deployment(who[2], factories.school("第三小学"), state="approved")
    client.force_login(folk.officer)
    assert "提出申请" in client.get(f"{LIST}?tab=draft").content.decode()
    pick = reverse("teachers:deployments_pick")
    told = client.post(
        pick, {"verb": "ask", "deployment": [each.pk for each in drafts]}, follow=True
    ).content.decode()
    assert ("提出申请 2 份" in told, "教师2：教师2在" in told) == (True, True)
    own = client.post(
        pick, {"verb": "approve", "deployment": [each.pk for each in drafts[:2]]}, follow=True
    ).content.decode()
    assert "审批人不能是起草或申请的人" in own
    client.force_login(folk.approver)
    client.post(
        pick,
        {
            "verb": "approve",
            "document": "云教人〔2020〕9号",
            "deployment": [str(each.pk) for each in drafts[:2]],
        },
    )
    assert (
        list(
            Deployment.objects.filter(state="approved")
            .exclude(pk=taken.pk)
            .values_list("document", flat=True)
        )
        == ["云教人〔2020〕9号"] * 2
    )
    assert (
        client.post(pick, {"verb": "approve", "deployment": ["x", "9" * 30]}, follow=True).status_code == 200
    )


def test_one_wrong_row_of_a_plan_writes_none(folk, wang, xiazhai, qingshi):
    gone = teachers.teacher("周退", at=xiazhai, state="retired")
    rows = [
        actions.NewDeployment(each.pk, "exchange", qingshi.pk, SINCE, UNTIL, "配置方案")
        for each in (wang, gone)
    ]
    with pytest.raises(StepRefused, match="周退.*“退休”，不能派出"):
        actions.draft_deployments(by=folk.officer.as_actor(), rows=rows)
    assert Deployment.objects.count() == 0


def test_letter_is_word_and_says_when_it_is_only_a_draft(client, folk, wang, qingshi):
    row = deployment(wang, qingshi, state="asked")
    address = reverse("teachers:deployment_letter", args=[row.pk])
    client.force_login(folk.officer)
    text = "\n".join(p.text for p in docx.Document(BytesIO(client.get(address).content)).paragraphs)
    assert "教师轮岗交流派遣函" in text
    assert "草稿，未经批准" in text
    actions.approve(by=folk.officer.as_actor(), deployment=row, document="云教人〔2020〕3号")
    paper = docx.Document(BytesIO(client.get(address).content))
    text = "\n".join(p.text for p in paper.paragraphs)
    assert ("草稿" in text, "云教人〔2020〕3号" in text, "2020年9月1日" in text) == (False, True, True)
    assert [cell.text for cell in paper.tables[0].rows[3].cells] == ["派出学校", "城关镇下寨小学"]


def checked(content: bytes, *, by):
    from django.core.files.uploadedfile import SimpleUploadedFile

    batch = imports.receive(
        by=by, kind="deployments", term=None, upload=SimpleUploadedFile("安排.xlsx", content)
    )
    return imports.check(batch=batch)


HEAD = ("工号", "姓名", "类型", "派出学校", "接收学校", "起", "止", "文号", "事由")


def test_yearly_list_becomes_drafts_what_is_over_is_recorded_and_the_same_again_changes_nothing(
    run, wang, xiazhai, qingshi, on_day
):
    on_day("2020-08-20")
    li = teachers.teacher("李明", at=xiazhai)
    content = workbook(("安排", [
        HEAD,
        (wang.code, "王芳", "轮岗", xiazhai.name, qingshi.name, "2020-09-01", "2021-07-15", "", "均衡"),
        (li.code, "李明", "支教", xiazhai.code, qingshi.code, "2018-09-01", "2019-07-15", "云教人〔2018〕2号", ""),
        (li.code, "李明", "支教", "", qingshi.name, "2019-07-15", "2019-08-30", "云教人〔2019〕2号", ""),
        (wang.code, "王方", "轮岗", "", qingshi.name, "2022-09-01", "2023-07-15", "", ""),
        ("T99999", "无人", "支教", "", qingshi.name, "2020-09-01", "2021-07-15", "", ""),
        (li.code, "", "支教", "", xiazhai.name, "2020-09-01", "2021-07-15", "", ""),
        (li.code, "", "支教", "", "没有的学校", "2020-09-01", "2020-07-15", "", ""),
        (li.code, "", "借调", "", "", "2020-09-01", "2021-07-15", "", ""),
    ]))  # fmt: skip
    assert {key: run("deployments", content)[key] for key in ("created", "rejected")} == {
        "created": 2,
        "rejected": 6,
    }
    found = {(row.teacher.name, row.state, row.origin, row.until) for row in Deployment.objects.with_people()}
    assert found == {
        ("王芳", "draft", "imported", UNTIL),
        ("李明", "returned", "recorded", dt.date(2019, 7, 15)),
    }
    again = run("deployments", content, name="再来.xlsx")
    assert (again["created"], again["unchanged"]) == (0, 2)


def test_list_is_exported_in_the_columns_it_is_imported_by(client, run, folk, wang, qingshi, on_day):
    on_day("2020-08-20")
    deployment(wang, qingshi, state="approved")
    li = teachers.teacher("李明", at=qingshi)
    actions.draft(
        by=folk.officer.as_actor(), teacher=li, kind="secondment", receiving=None, office="县教育局", since=SINCE, until=UNTIL, reason="教研"
    )  # fmt: skip
    client.force_login(folk.officer)
    exported = client.get(f"{reverse('teachers:deployments_export')}?tab=all").content
    cells = [
        [c for c in row if c is not None]
        for row in openpyxl.load_workbook(BytesIO(exported)).active.iter_rows(values_only=True)
    ]
    assert [row[1:7] for row in cells if row and row[0] in (1, 2)] == [
        [li.code, "李明", "语文", "借调", "青石镇中心小学", "县教育局"],
        [wang.code, "王芳", "语文", "轮岗交流", "城关镇下寨小学", "青石镇中心小学"],
    ]
    assert run("deployments", exported)["unchanged"] == 2


def test_pages_take_the_same_queries_for_one_and_for_forty(client, folk, xiazhai, qingshi):
    row = deployment(teachers.teacher("一号", at=xiazhai), qingshi, state="asked")
    client.force_login(folk.officer)
    pages = [
        f"{LIST}?tab=all",
        f"{LIST}?tab=all&print=1",
        reverse("teachers:deployments_export"),
        row.get_absolute_url(),
    ]

    def queries():
        counts = []
        for page in pages:
            with CaptureQueriesContext(connection) as caught:
                assert client.get(page).status_code == 200
            counts.append(len(caught))
        return counts

    queries()
    few = queries()
    who = [teachers.teacher(f"教师{number}", at=xiazhai) for number in range(40)]
    rows = [actions.NewDeployment(each.pk, "exchange", qingshi.pk, SINCE, UNTIL, "配置方案") for each in who]
    with CaptureQueriesContext(connection) as caught:
        actions.draft_deployments(by=folk.officer.as_actor(), rows=rows)
    assert len(caught) < 20
    assert queries() == few


PERIODS = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 25), st.sampled_from(["draft", "asked", "approved", "ended_early", "withdrawn"]), st.integers(0, 25)),
    min_size=2, max_size=8,
)  # fmt: skip


class Overlaps(TestCase):
    """The database holds what a plain oracle of taken days says, in any order of writing."""

    @given(PERIODS)
    def test_no_day_is_taken_twice(self, wanted):
        school, other = factories.school(), factories.school("另一小学")
        teacher = teachers.teacher(at=school)
        taken: set[int] = set()
        for first, length, state, worked in wanted:
            last = first + length
            fields = {"state": state, "since": SINCE + DAY * first, "until": SINCE + DAY * last}
            if state == "ended_early":
                if not length:
                    continue
                last = first + min(worked, length - 1)
                fields |= {"started_on": fields["since"], "ended_on": SINCE + DAY * last}
            if state in BINDING:
                fields |= {
                    "approved_by_id": 2,
                    "approved_on": SINCE,
                    "sending_agreed_by_id": 3,
                    "receiving_agreed_by_id": 4,
                }
            span = set(range(first, last + 1))
            row = Deployment(
                teacher=teacher,
                kind="support",
                sending=school,
                receiving=other,
                reason="支教",
                asked_by_id=1,
                **fields,
            )
            try:
                with transaction.atomic():
                    row.save()
                stored = True
            except IntegrityError:
                stored = False
            assert stored == (state not in BINDING or not span & taken)
            if stored and state in BINDING:
                taken |= span


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one writer at a time begin at all")
@pytest.mark.django_db(transaction=True)
def test_two_who_approve_overlapping_deployments_at_once_take_the_days_once(xiazhai, qingshi):
    teacher, third = teachers.teacher(at=xiazhai), factories.school("第三小学")
    first, second = deployment(teacher, qingshi, state="asked"), deployment(teacher, third, state="asked")
    refused = []

    def approve_second():
        try:
            actions.approve(by=Actor(77, "李建国", ""), deployment=second)
        except StepRefused as refusal:
            refused.append(str(refusal))
        finally:
            connection.close()

    other = threading.Thread(target=approve_second)
    with transaction.atomic():
        actions.approve(by=Actor(78, "刘人事", ""), deployment=first)
        other.start()
        _wait_until_one_waits_for_a_lock()
    other.join(timeout=20)
    assert len(refused) == 1
    assert "已派到青石镇中心小学" in refused[0]
    assert list(Deployment.objects.order_by("pk").values_list("state", flat=True)) == ["approved", "asked"]


def _wait_until_one_waits_for_a_lock():
    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.05)
    raise AssertionError("the second approval never came to the teacher's row")
