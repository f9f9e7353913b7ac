"""Another county asks us: its list and key come in, our own children are found, the answer goes back; or it is told why not."""

import base64
import contextlib
import hashlib
import hmac
import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.audit.models import AccessEvent
from povertyedu.jobs.models import Job
from povertyedu.jobs.progress import NO_PROGRESS, JobRefused
from povertyedu.sealing.handover import Handover, new_key
from povertyedu.workbooks.writing import write_table
from subsidies import tasks
from subsidies.actions.inquiry import NO_MATCH, TAMPERED, WRONG_KEY
from subsidies.models import Inquiry
from tests import factories
from tests.factories import subsidies

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
NEW = reverse("subsidies:inquiry_new")
NUMBER = "529902-2020-autumn-004"
HEADS = ("序号", "证件号摘要", "姓名", "学段", "就读学校", "是否资助", "资助项目", "金额（元）", "备注")


def digest(key: str, id_number: str) -> str:
    """What the other county computes, by the standard library alone."""
    raw = base64.b32decode(key.replace("-", "")[:32])
    return hmac.new(raw, id_number.encode(), hashlib.sha256).hexdigest()


def question(
    key: str, children, *, head: str | None = None, number: str = NUMBER, term: str = "2020-autumn"
) -> bytes:
    """Write the list another county would send: ``children`` are (shown name, ID number)."""
    rows = [
        (n, digest(key, id_number), name, "小学", "下寨小学", "", "", "", "")
        for n, (name, id_number) in enumerate(children, start=1)
    ]
    hands = Handover(key)
    if head is None:
        head = (
            f"编号：{number}　来函单位：青山县教育局　学期：{term}　密钥核对：{hands.proof_of_key(number)}　"
            f"名单校验：{hands.proof_of_list(number, (row[:5] for row in rows))}"
        )
    out = io.BytesIO()
    write_table(out, HEADS, rows, title="异地就读学生资助情况核实名单", unit_line=head)
    return out.getvalue()


@pytest.fixture
def key():
    return new_key()


def ask(client, content: bytes, key: str, **changes) -> Inquiry:
    """Upload a question as the page does, carry out its job, and return the inquiry."""
    said = {"asker": "青山县教育局", "term": "2020-autumn", "key": key} | changes
    answer = client.post(NEW, said | {"workbook": SimpleUploadedFile("来函.xlsx", content)})
    assert answer.status_code == 302, answer.context["form"].errors
    inquiry = Inquiry.objects.order_by("pk").last()
    with contextlib.suppress(JobRefused):  # told on the page
        tasks.answer_county(inquiry.job, NO_PROGRESS, **inquiry.job.arguments)
    inquiry.refresh_from_db()
    return inquiry


def answers(client, inquiry) -> list[tuple]:
    url = reverse("subsidies:inquiry_download", args=[inquiry.pk])
    content = b"".join(client.post(url, {"reason": "答复青山县"}))
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    return list(sheet.iter_rows(min_row=4, values_only=True))


def test_children_of_ours_are_found_and_told(client, aid_officer, xiazhai, autumn, key):
    paid = factories.student("罗娜", at=xiazhai, during=autumn)
    subsidies.entitle(paid, 62_550)
    subsidies.entitle(paid, 4_000, of=subsidies.programme("nutrition", "营养膳食补助", "in_kind"))
    unpaid = factories.student("严宇", at=xiazhai, during=autumn)
    left = factories.student("石丽", at=xiazhai, during=autumn)
    left.enrolments.update(status="left")
    elsewhere = factories.away("何欣", autumn)
    client.force_login(aid_officer)
    children = [
        ("罗*", paid.id_number),
        ("严*", unpaid.id_number),
        ("石*", left.id_number),
        ("何*", elsewhere.id_number),
        ("王*", factories.id_number(birth="20080101")),
    ]
    inquiry = ask(client, question(key, children), key)
    assert (inquiry.state, inquiry.number, inquiry.key, inquiry.remarks) == ("answered", NUMBER, "", [])
    assert inquiry.counts == {"rows": 5, "yes": 1, "no": 2, "not_found": 2}
    assert [(row[0], row[2], *row[5:]) for row in answers(client, inquiry)] == [
        (1, "罗*", "是", "寄宿生生活补助；营养膳食补助", 665.5, "现金 625.50 元，已发 0.00 元；减免、供餐 40.00 元"),
        (2, "严*", "否", "", None, ""),
        (3, "石*", "否", "", None, "本学期已转出"),
        (4, "何*", "查无此人", "", None, ""),
        (5, "王*", "查无此人", "", None, ""),
    ]  # fmt: skip
    event = AccessEvent.objects.get()
    assert (event.subject_type, event.fields, event.reason) == (
        "subsidies.inquiry", "答复青山县教育局：5 人，已资助 1 人（项目、金额）", "答复青山县",
    )  # fmt: skip
    page = client.get(reverse("subsidies:inquiry", args=[inquiry.pk])).content.decode()
    assert "罗娜" not in page


def test_number_of_a_merged_record_means_the_kept_child(client, aid_officer, xiazhai, autumn, key):
    kept = factories.student("罗娜", at=xiazhai, during=autumn)
    subsidies.entitle(kept, 50_000)
    gone = factories.student("罗娜", at=xiazhai, during=factories.term("2020-spring"))
    type(gone).objects.filter(pk=gone.pk).update(merged_into=kept)
    client.force_login(aid_officer)
    inquiry = ask(client, question(key, [("罗*", gone.id_number)]), key)
    assert inquiry.counts == {"rows": 1, "yes": 1}


def test_wrong_key_a_changed_list_and_another_term_are_told(client, aid_officer, xiazhai, autumn, key):
    child = factories.student("罗娜", at=xiazhai, during=autumn)
    client.force_login(aid_officer)
    good = question(key, [("罗*", child.id_number), ("严*", factories.id_number())])
    assert ask(client, good, new_key()).error == WRONG_KEY
    book = openpyxl.load_workbook(io.BytesIO(good))
    book.active.delete_rows(5)
    out = io.BytesIO()
    book.save(out)
    assert ask(client, out.getvalue(), key).error == TAMPERED
    spring = question(key, [("罗*", child.id_number)], term="2020-spring")
    assert (
        ask(client, spring, key).error
        == "名单问的是 2020-spring 学期，您选的是 2020-autumn；请改选学期后重新上传。"
    )
    assert set(Inquiry.objects.values_list("state", "key")) == {("failed", "")}
    failed = Inquiry.objects.first()
    url = reverse("subsidies:inquiry_download", args=[failed.pk])
    assert (client.get(url).status_code, client.post(url, {"reason": "x"}).status_code) == (404, 404)
    assert "重新上传名单和密钥" in client.get(reverse("subsidies:inquiry", args=[failed.pk])).content.decode()


def test_list_made_elsewhere_is_answered_with_a_remark(client, aid_officer, xiazhai, autumn, key):
    child = factories.student("罗娜", at=xiazhai, during=autumn)
    client.force_login(aid_officer)
    bare = question(key, [("罗*", child.id_number)], head="")
    inquiry = ask(client, bare, key)
    assert (inquiry.counts, inquiry.remarks) == (
        {"rows": 1, "no": 1}, ["名单上没有密钥核对码、名单校验码、学期、编号，没有核对。"],
    )  # fmt: skip
    other = ask(client, bare, new_key())
    assert (other.counts, other.remarks[1:]) == ({"rows": 1, "not_found": 1}, [NO_MATCH])
    assert NO_MATCH in client.get(reverse("subsidies:inquiry", args=[other.pk])).content.decode()


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"%PDF-1.4 scan", "这不是表格文件"), (b"", None), ("姓名,电话\n甲,1\n".encode(), "没有找到表头")],
)
def test_file_that_is_no_list_is_told_so(client, aid_officer, autumn, key, content, told):
    client.force_login(aid_officer)
    if told is None:
        answer = client.post(
            NEW,
            {
                "asker": "x",
                "term": "2020-autumn",
                "key": key,
                "workbook": SimpleUploadedFile("a.xlsx", content),
            },
        )
        assert answer.context["form"].errors["workbook"] == ["文件是空的，请重新选择"]
        return
    assert told in ask(client, content, key).error


def test_mistyped_and_missing_keys_are_told_at_once(client, aid_officer, autumn, key):
    client.force_login(aid_officer)
    for typed, told in (("", "请填写密钥"), (key[:-1], "您填了 35 个字符"), ("AAAA-" + key[5:], "抄写有误")):
        answer = client.post(
            NEW,
            {
                "asker": "x",
                "term": "2020-autumn",
                "key": typed,
                "workbook": SimpleUploadedFile("a.xlsx", b"x"),
            },
        )
        assert told in answer.context["form"].errors["key"][0]
    assert not Inquiry.objects.exists()


def test_job_run_twice_answers_once_and_names_no_key(client, aid_officer, xiazhai, autumn, key):
    client.force_login(aid_officer)
    inquiry = ask(client, question(key, [("王*", factories.id_number())]), key)
    before = (inquiry.answer_id, inquiry.state)
    tasks.answer_county(inquiry.job, NO_PROGRESS, inquiry=inquiry.pk)
    inquiry.refresh_from_db()
    assert (inquiry.answer_id, inquiry.state) == before
    assert key not in str(Job.objects.values())


def test_download_asks_why_and_is_for_the_county(client, aid_officer, clerk, autumn):
    inquiry = subsidies.inquiry(aid_officer, during=autumn)
    url = reverse("subsidies:inquiry_download", args=[inquiry.pk])
    client.force_login(aid_officer)
    assert client.post(url, {"reason": ""}).status_code == 422
    assert not AccessEvent.objects.exists()
    client.force_login(clerk)
    assert client.get(url).status_code == 403


def test_answering_takes_the_same_queries_for_one_and_for_many(aid_officer, xiazhai, autumn, client, key):
    client.force_login(aid_officer)
    counts = []
    for size in (1, 30):
        children = [factories.student(f"学{n}", at=xiazhai, during=autumn) for n in range(size)]
        for child in children:
            subsidies.entitle(child, 50_000)
        content = question(key, [("学*", child.id_number) for child in children])
        client.post(
            NEW,
            {
                "asker": "青山县",
                "term": "2020-autumn",
                "key": key,
                "workbook": SimpleUploadedFile("a.xlsx", content),
            },
        )
        inquiry = Inquiry.objects.order_by("pk").last()
        with CaptureQueriesContext(connection) as captured:
            tasks.answer_county(inquiry.job, NO_PROGRESS, inquiry=inquiry.pk)
        counts.append(len(captured))
    assert counts[0] == counts[1]
