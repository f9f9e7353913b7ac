"""What the answer of the county of study does, in parts and corrected; what is refused."""

import datetime as dt
from functools import partial

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.audit.models import AuditEvent
from povertyedu.orgs.models import Term
from povertyedu.workflow.flow import SYSTEM
from students.models import Enrolment, FactChange
from subsidies.actions import exchange as actions
from subsidies.actions.policies import load_policy, pack_text
from subsidies.actions.recalculation import recalculate
from subsidies.models import Entitlement, Exchange, ExchangeReply
from subsidies.queries.coverage import equation
from subsidies.queries.coverage_rows import Wanted
from tests import factories
from tests.factories import subsidies

from .exchanging import (
    GUANGZHOU,
    LIST,
    NEW,
    ZUNYI,
    filled,
    load_sample,
    page,
    question,
    send_back,
    step,
    take_in,
)

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


def test_answer_settles_who_pays(client, aid_officer, autumn, sent, three, november):
    client.force_login(aid_officer)
    FactChange.objects.all().delete()
    upload = filled(
        question(client, sent), {1: ("是", "寄宿生生活补助", 625.5, "秋季"), 2: ("否",), 3: ("查无此人",)}
    )
    move = send_back(client, sent, upload, "2020-11-01")
    shown = client.get(move.headers["Location"])
    assert [(one["label"], one["value"]) for one in shown.context["figures"]] == [
        ("已资助", 1), ("未资助", 1), ("查无此人", 1), ("没有填写", 0), ("将写入", 3),
    ]  # fmt: skip
    assert set(Enrolment.objects.values_list("aided_elsewhere", flat=True)) == {"unknown"}
    client.post(move.headers["Location"])
    answers = {row.student.name: row.aided_elsewhere for row in Enrolment.objects.select_related("student")}
    assert answers == {"何欣": "yes", "欧阳小雨": "no", "石丽": "to_verify"}
    assert FactChange.objects.filter(term=autumn).count() == 3
    line = sent.lines.get(number=1)
    assert (line.answer, line.programmes, line.amount_fen, line.note, line.answered_on, line.waits) == (
        "yes", "寄宿生生活补助", 62_550, "秋季", dt.date(2020, 11, 1), False,
    )  # fmt: skip
    sent.refresh_from_db()
    assert sent.state == "answered"
    log = AuditEvent.objects.get(action="exchange.answered", subject_id=str(three[0].pk))
    assert log.changes == {
        "对方是否已资助": ["未填", "是"], "依据": ["", "遵义市教育局复函 2020-11-01（529901-2020-autumn-001）"], "对方资助": ["", "寄宿生生活补助 625.50 元"],
    }  # fmt: skip
    panel = client.get(reverse("subsidies:student_panel", args=[three[0].pk])).content.decode()
    assert (
        "就读地答复：已资助，寄宿生生活补助 625.50 元（遵义市教育局 2020-11-01 复函，529901-2020-autumn-001）"
        in panel
    )
    (row,) = client.get(reverse("subsidies:coverage_names"), {"part": "aided_elsewhere"}).context["rows"]
    assert row.note == "遵义市教育局 2020-11-01 复函：已资助（寄宿生生活补助，625.50 元）"
    subsidies.entitle(three[1], 50_000)
    found = equation(Wanted(autumn, aid_officer))
    assert [(part, found.of(part)) for part in ("aided_elsewhere", "fallback", "to_verify")] == [
        ("aided_elsewhere", 1), ("fallback", 1), ("to_verify", 1),
    ]  # fmt: skip
    assert found.of("to_verify", "not_there") == 1


PACK = """
name = "fallback"
title = "兜底案例"
document = "《兜底案例》"
first_term = "2020-autumn"
[[programme]]
code = "junior_living"
label = "初中生活补助"
kind = "cash"
stages = ["junior"]
[[rule]]
code = "junior_living"
programme = "junior_living"
label = "初中生活补助"
clause = "二"
quote = "按照流入地为主、流出地兜底的原则"
payer = "county_of_study"
amount = [{ yuan = 1250, per = "year" }]
funding = { sources = ["county"] }
[rule.when]
stage = "junior"
categories = ["registered_poor"]
"""


def test_no_from_the_county_of_study_makes_ours_pay_and_a_later_yes_ends_it(
    client, aid_officer, autumn, sent, three
):
    load_policy(text=PACK, by=SYSTEM)
    recalculate(term=autumn, by=SYSTEM, trigger="开学")
    client.force_login(aid_officer)
    blank = question(client, sent)

    def standing() -> list[tuple]:
        recalculate(term=autumn, by=SYSTEM, trigger="答复", only_changed=True)
        counts = equation(Wanted(autumn, aid_officer)).counts
        return sorted((str(part), str(reason), n) for (part, reason, _), n in counts.items())

    assert standing() == [("to_verify", "asked", 3)]
    take_in(client, sent, filled(blank, {1: ("否",), 2: ("是",)}), "2020-11-01")
    assert standing() == [
        ("aided_elsewhere", "in_province", 1), ("fallback", "unpaid", 1), ("to_verify", "asked", 1),
    ]  # fmt: skip
    assert Entitlement.objects.get().amount_fen == 62_500
    take_in(client, sent, filled(blank, {1: ("是",), 3: ("查无此人",)}), "2020-11-01")
    assert standing() == [("aided_elsewhere", "in_province", 2), ("to_verify", "not_there", 1)]
    assert not Entitlement.objects.exists()


def test_answer_may_come_in_parts_and_be_corrected(client, aid_officer, sent, three, november):
    client.force_login(aid_officer)
    blank = question(client, sent)
    take_in(client, sent, filled(blank, {1: ("是",)}), "2020-11-01")
    assert list(sent.lines.filter(waits=True).values_list("number", flat=True)) == [2, 3]
    second = take_in(client, sent, filled(blank, {1: ("否",), 2: ("未资助",)}), "2020-11-01")
    assert (second.counts["new"], second.counts["changed"], second.counts["blank"]) == (2, 1, 1)
    assert list(sent.lines.order_by("number").values_list("answer", flat=True)) == ["no", "no", ""]
    log = (
        AuditEvent.objects.filter(action="exchange.answered", subject_id=str(three[0].pk))
        .order_by("pk")
        .last()
    )
    assert log.changes["对方是否已资助"] == ["是", "否"]
    shorter = filled(blank, {3: ("是",)}, change=lambda sheet: sheet.delete_rows(4, 2))
    third = take_in(client, sent, shorter, "2020-11-01")
    assert (third.counts["new"], third.counts["missing"]) == (1, 2)
    assert not sent.lines.filter(waits=True).exists()
    assert "名单已全部答复" not in client.get(step(sent, "close")).content.decode()
    client.post(step(sent, "close"))
    sent.refresh_from_db()
    assert (sent.state, sent.decisions.order_by("pk").last().reason) == ("closed", "名单已全部答复")


def test_same_file_twice_and_the_same_answers_again_are_told(client, aid_officer, sent, november):
    client.force_login(aid_officer)
    upload = filled(question(client, sent), {1: ("是",)})
    content = upload.read()
    again = partial(SimpleUploadedFile, "答复.xlsx", content)
    take_in(client, sent, again(), "2020-11-01")
    events = AuditEvent.objects.count()
    answer = send_back(client, sent, again(), "2020-11-01")
    assert "这个文件已由周敏于" in answer.context["errors"][0]
    answer = send_back(client, sent, filled(question(client, sent), {1: ("已资助",)}), "2020-11-01")
    assert answer.context["errors"] == ["名单上的答复都已读入过，没有新的答复，数据没有改动。"]
    assert (ExchangeReply.objects.count(), AuditEvent.objects.count()) == (1, events)


def test_checked_answer_is_taken_in_once_or_given_up(client, aid_officer, sent, november):
    client.force_login(aid_officer)
    first = send_back(client, sent, filled(question(client, sent), {1: ("是",)}), "2020-11-01").headers[
        "Location"
    ]
    second = send_back(client, sent, filled(question(client, sent), {2: ("是",)}), "2020-11-01").headers[
        "Location"
    ]
    assert (
        "已经读入或放弃" in client.post(first, follow=True).content.decode()
    )  # a newer upload took its place
    client.post(second, {"drop": "1"})
    assert "已经读入或放弃" in client.post(second, follow=True).content.decode()
    assert not sent.lines.exclude(answer="").exists()
    third = send_back(client, sent, filled(question(client, sent), {3: ("否",)}), "2020-11-01").headers[
        "Location"
    ]
    client.post(third)
    assert "已经读入或放弃" in client.post(third, follow=True).content.decode()
    assert [row.state for row in ExchangeReply.objects.order_by("pk")] == ["dropped", "dropped", "applied"]


def _wrong_digest(sheet):
    sheet["B4"].value = sheet["B4"].value[:-1] + ("0" if sheet["B4"].value[-1] != "0" else "1")


def _twice(sheet):
    for column in range(1, 7):
        sheet.cell(7, column).value = sheet.cell(4, column).value


@pytest.mark.parametrize(
    ("answers", "change", "told"),
    [
        ({}, None, "“是否资助”一列没有一行填写；请对方填好是、否或查无此人再读入。"),
        ({1: ("大概",)}, None, "第 4 行：“是否资助”这一格只能填：是、否、查无此人、已资助、未资助、查无、无此人；请改正后重新上传。"),
        ({1: ("是", "补助", "很多")}, None, "第 4 行：金额看不懂；请只填数字，单位为元。"),
        ({1: ("是", "补助", -5)}, None, "第 4 行：金额不能是负数。"),
        ({1: ("否", "补助", 100)}, None, "第 4 行：填了资助项目或金额，“是否资助”却不是“是”；请对方核对。"),
        ({1: ("是",)}, _wrong_digest, "第 4 行：序号 1 的证件号摘要与发出的不同，可能被改动或错行。"),
        ({1: ("是",)}, _twice, "第 7 行：序号 1 与第 4 行重复。"),
        ({1: ("是",)}, lambda sheet: sheet.cell(6, 1, 99), "第 6 行：序号 99 不在发出的名单上。"),
        ({1: ("是",)}, lambda sheet: sheet.cell(6, 1, "三"), "第 6 行：序号“三”不是数字；请用发出的名单填写，不要改动序号。"),
        ({1: ("是",)}, lambda sheet: sheet.cell(6, 2, "abc"), "第 6 行：证件号摘要不完整；请用发出的名单填写，不要改动这一列。"),
        ({1: ("是",)}, lambda sheet: sheet.delete_rows(4, 3), "名单是空的，没有一名学生。"),
        ({1: ("是",)}, lambda sheet: sheet.cell(3, 2, "别的"), "工作表“名单”缺少列：证件号摘要。"),
        (
            {1: ("是",)}, lambda sheet: sheet.cell(2, 1, "编号：529901-2020-autumn-077"),
            "这是 529901-2020-autumn-077 的答复，不是 529901-2020-autumn-001 的；请到那一份核实函里读入。",
        ),
    ],
)  # fmt: skip
def test_answer_with_a_fault_is_refused_whole(client, aid_officer, sent, november, answers, change, told):
    client.force_login(aid_officer)
    answer = send_back(client, sent, filled(question(client, sent), answers, change=change), "2020-11-01")
    assert (answer.status_code, answer.context["errors"]) == (422, [told])
    assert not ExchangeReply.objects.exists()
    assert set(Enrolment.objects.values_list("aided_elsewhere", flat=True)) == {"unknown"}


def test_answer_without_its_head_is_known_by_its_digests(client, aid_officer, autumn, sent, november):
    client.force_login(aid_officer)
    bare = filled(question(client, sent), {1: ("是",)}, change=lambda sheet: sheet.cell(2, 1, ""))
    factories.away("广州", autumn, region=GUANGZHOU)
    other = subsidies.exchange(aid_officer, during=autumn, region=GUANGZHOU)
    actions.send(by=aid_officer.as_actor(), exchange=other)
    content = bare.read()
    answer = send_back(client, other, SimpleUploadedFile("答复.xlsx", content), "2020-11-01")
    assert answer.context["errors"] == [
        "没有一行与 529901-2020-autumn-002 发出的名单相符，不是这份核实函的答复。"
    ]
    take_in(client, sent, SimpleUploadedFile("答复.xlsx", content), "2020-11-01")
    assert sent.lines.get(number=1).answer == "yes"


@pytest.mark.parametrize(
    ("name", "content"), [("答复.xlsx", b"not a workbook"), ("答复.docx", b"PK"), ("答复.xlsx", b""), ("答复.csv", "姓名\n".encode())]
)  # fmt: skip
def test_answer_that_is_no_workbook_is_told_so(client, aid_officer, sent, november, name, content):
    client.force_login(aid_officer)
    answer = send_back(client, sent, SimpleUploadedFile(name, content), "2020-11-01")
    assert answer.status_code == 422
    assert not ExchangeReply.objects.exists()


@pytest.mark.parametrize(
    ("day", "told"),
    [("2999-01-01", "不能晚于今天"), ("2020-10-31", "不能早于发函日期"), ("", "请填写复函日期")],
)
def test_day_of_the_answer_is_checked(client, aid_officer, sent, day, told, november):
    Exchange.objects.update(sent_on=dt.date(2020, 11, 1), due_on=dt.date(2020, 12, 1))
    client.force_login(aid_officer)
    answer = send_back(client, sent, filled(question(client, sent), {1: ("是",)}), day)
    assert told in answer.context["form"].errors["answered_on"][0]


def test_letter_not_sent_or_over_and_a_closed_term_take_no_answer(
    client, aid_officer, autumn, letter, november
):
    client.force_login(aid_officer)

    def upload():
        return filled(question(client, letter), {1: ("是",)})

    early = upload()
    assert send_back(client, letter, early, "2020-11-01").context["errors"] == [
        "这份核实函待发函，不能读入答复。"
    ]
    client.post(step(letter, "send"))
    Term.objects.update(is_closed=True)
    letter.refresh_from_db()
    answer = send_back(client, letter, upload(), "2020-11-01")
    assert "已关闭，学籍不能再变动" in answer.context["errors"][0]
    Term.objects.update(is_closed=False)
    late = upload()
    client.post(step(letter, "withdraw"), {"reason": "密钥送错了单位"})
    assert send_back(client, letter, late, "2020-11-01").context["errors"] == [
        "这份核实函已撤销，不能读入答复。"
    ]


def test_child_who_came_back_keeps_what_it_is(client, aid_officer, autumn, xiazhai, sent, three, november):
    client.force_login(aid_officer)
    three[0].enrolments.update(place="in_county", school=xiazhai)
    three[1].enrolments.all().delete()
    take_in(client, sent, filled(question(client, sent), {1: ("是",), 2: ("否",)}), "2020-11-01")
    assert three[0].enrolments.get().aided_elsewhere == "unknown"
    assert [line.answer for line in sent.lines.order_by("number")] == ["yes", "no", ""]
    assert not AuditEvent.objects.filter(action="exchange.answered").exists()
    shown = client.get(page("exchange", sent)).content.decode()
    assert "欧阳*（学籍已撤销）" in shown


def test_taking_in_takes_the_same_queries_for_three_and_for_sixty(client, aid_officer, autumn, november):
    client.force_login(aid_officer)
    counts = []
    for size in (3, 60):
        region = f"{ZUNYI}{size}"
        for number in range(size):
            factories.away(f"学{number}", autumn, region=region)
        made = subsidies.exchange(aid_officer, during=autumn, region=region)
        actions.send(by=aid_officer.as_actor(), exchange=made)
        answers = {n: ("是",) if n % 2 else ("否",) for n in range(1, size + 1)}
        address = send_back(client, made, filled(question(client, made), answers), "2020-11-01").headers[
            "Location"
        ]
        with CaptureQueriesContext(connection) as captured:
            client.post(address)
        counts.append(len(captured))
    assert counts[0] == counts[1]


@pytest.mark.samples
def test_sample_county_asks_and_is_answered(client, shared_samples, aid_officer, monkeypatch):
    load_sample(shared_samples / "county-a", monkeypatch)
    term = factories.term("2020-autumn")
    load_policy(text=pack_text("guiding"), by=SYSTEM)
    recalculate(term=term, by=SYSTEM, trigger="测试")
    client.force_login(aid_officer)
    regions = client.get(LIST, {"tab": "regions"}).context["regions"]
    away = Enrolment.objects.exclude(place="in_county").filter(categories__gt=0)
    assert sum(row["children"] for row in regions) == away.count()
    open_ones = away.filter(aided_elsewhere__in=["unknown", "to_verify"])
    asked = [row["outside_region"] for row in regions if row["to_ask"]]
    client.post(NEW, {"regions": asked, "recipient": "各地教育局"})
    letter = Exchange.objects.get()
    assert letter.lines.count() == open_ones.count() > 0
    client.post(step(letter, "send"))
    before = equation(Wanted(term, aid_officer))
    asked_children = set(letter.lines.values_list("enrolment", flat=True))
    answers = dict.fromkeys(range(1, len(asked_children) + 1), ("否",))
    today = dt.date.today().isoformat()
    take_in(client, letter, filled(question(client, letter), answers), today)
    assert set(Enrolment.objects.filter(pk__in=asked_children).values_list("aided_elsewhere", flat=True)) == {
        "no"
    }
    recalculate(term=term, by=SYSTEM, trigger="答复", only_changed=True)
    found = equation(Wanted(term, aid_officer))
    assert (found.difference, found.total) == (0, before.total)
    poor = Enrolment.objects.filter(pk__in=asked_children, categories__gt=0).annotate()
    on_lists = [row for row in poor if row.categories & 1]
    owed = {
        row.pk for row in on_lists
        if row.student.entitlements.filter(term=term, kind__in=["cash", "waiver", "in_kind"]).exists()
    }  # fmt: skip
    assert found.of("fallback") - before.of("fallback") == len(owed)
    assert found.of("to_verify", "refused_there") - before.of("to_verify", "refused_there") == len(
        on_lists
    ) - len(owed)
