"""The question to the county of study: whom a list names, how it leaves the house, what waits too long, who sees it."""

import base64
import datetime as dt
import hashlib
import hmac
import io

import docx
import openpyxl
import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from povertyedu.audit.models import AccessEvent
from povertyedu.documents import DOCX
from povertyedu.home.todos import todos_of
from povertyedu.options.registry import set_option
from povertyedu.workflow.flow import StepRefused
from students.models import Enrolment, Student
from subsidies.actions import exchange as actions
from subsidies.models import Exchange, ExchangeLine
from subsidies.queries.coverage import equation
from subsidies.queries.coverage_rows import Wanted
from tests import factories
from tests.factories import subsidies

from .exchanging import (
    GUANGZHOU,
    LIST,
    NEW,
    ZUNYI,
    move_to,
    page,
    question,
    step,
)

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


def test_list_names_whose_answer_is_open_and_nobody_else(client, aid_officer, autumn, xiazhai, three):
    factories.away("广州", autumn, region=GUANGZHOU)
    factories.away("已答", autumn, answer="yes")
    factories.away("不困难", autumn, categories=0)
    factories.away("转走", autumn, status="left")
    unnumbered = factories.away("没号", autumn)
    Student.objects.filter(pk=unnumbered.pk).update(id_hash=None, student_no_hash="x")
    listed = factories.away("名单上", autumn, categories=0)
    factories.listed(("名单上", listed.id_number), during=autumn)
    factories.student("在本县", at=xiazhai, during=autumn, categories=1)
    client.force_login(aid_officer)
    rows = client.get(LIST, {"tab": "regions"}).context["regions"]
    assert [tuple(row.values()) for row in rows] == [(GUANGZHOU, 1, 0, 0, 1, 0), (ZUNYI, 6, 1, 0, 4, 1)]
    answer = client.post(NEW, {"regions": [ZUNYI], "recipient": "遵义市红花岗区教育局"})
    exchange = Exchange.objects.get()
    assert answer.headers["Location"] == page("exchange", exchange)
    assert (exchange.number, exchange.state, exchange.regions) == ("529901-2020-autumn-001", "draft", [ZUNYI])
    lines = exchange.lines.order_by("number")
    assert [(line.number, line.shown_name) for line in lines] == [
        (1, "何*"),
        (2, "欧阳*"),
        (3, "石*"),
        (4, "名*"),
    ]
    assert [decision.verb for decision in exchange.decisions.all()] == ["open"]
    rows = client.get(LIST, {"tab": "regions"}).context["regions"]
    assert [tuple(row.values()) for row in rows] == [(GUANGZHOU, 1, 0, 0, 1, 0), (ZUNYI, 6, 1, 4, 0, 1)]


def test_digests_are_those_of_the_handed_over_key(client, aid_officer, letter, three):
    client.force_login(aid_officer)
    shown = client.post(page("exchange_key", letter), {"reason": "打印密钥函"})
    raw = base64.b32decode("".join(shown.context["groups"])[:32])
    expected = [hmac.new(raw, child.id_number.encode(), hashlib.sha256).hexdigest() for child in three]
    assert list(letter.lines.order_by("number").values_list("digest", flat=True)) == expected
    assert "no-store" in shown.headers["Cache-Control"]


def test_key_is_sealed_asked_for_with_a_reason_and_forgotten_at_the_end(client, aid_officer, sent):
    client.force_login(aid_officer)
    url = page("exchange_key", sent)
    assert sent.key not in client.get(url).content.decode()
    assert client.post(url, {"reason": ""}).status_code == 422
    assert sent.key in client.post(url, {"reason": "打印密钥函"}).content.decode().replace(
        '</li><li class="mono">', "-"
    )
    event = AccessEvent.objects.get()
    assert (event.kind, event.fields, event.reason) == ("reveal", "核实函密钥", "打印密钥函")
    with connection.cursor() as cursor:
        cursor.execute("SELECT key FROM subsidies_exchange")
        assert sent.key.encode() not in bytes(cursor.fetchone()[0])
    assert sent.key not in client.get(page("exchange", sent)).content.decode()
    client.post(step(sent, "close"), {"reason": "对方来电说不再答复"})
    sent.refresh_from_db()
    assert (sent.state, sent.key) == ("closed", "")
    for name in ("exchange_key", "exchange_workbook"):
        assert client.post(page(name, sent), {"reason": "再取"}).status_code == 302
    assert AccessEvent.objects.count() == 1


def test_workbook_shows_no_number_and_no_whole_name(client, aid_officer, letter, three):
    client.force_login(aid_officer)
    assert client.post(page("exchange_workbook", letter), {"reason": ""}).status_code == 422
    sheet = openpyxl.load_workbook(io.BytesIO(question(client, letter))).active
    cells = [cell for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None]
    head = cells[1]
    assert head.startswith(
        "编号：529901-2020-autumn-001　来函单位：云岭县教育局　学期：2020-autumn　密钥核对："
    )
    text = " ".join(map(str, cells))
    assert [child.name in text or child.id_number in text for child in three] == [False] * 3
    assert letter.key not in text
    rows = list(sheet.iter_rows(min_row=3, values_only=True))
    assert rows[0] == (
        "序号",
        "证件号摘要",
        "姓名",
        "学段",
        "就读学校",
        "是否资助",
        "资助项目",
        "金额（元）",
        "备注",
    )
    assert [row[0] for row in rows[1:]] == [1, 2, 3]
    assert {row[3:5] for row in rows[1:]} == {("初中", "遵义第一中学")}
    event = AccessEvent.objects.get()
    assert (event.fields, event.reason) == ("异地就读核实名单 3 人（证件号为摘要，姓名只留姓）", "发函核实")


def test_child_is_asked_about_by_one_letter_at_a_time(aid_officer, autumn, letter):
    with pytest.raises(StepRefused, match="没有需要去函核实的学生"):
        subsidies.exchange(aid_officer, during=autumn)
    actions.drop(by=aid_officer.as_actor(), exchange=letter)
    again = subsidies.exchange(aid_officer, during=autumn)
    assert (again.number, again.lines.count()) == ("529901-2020-autumn-002", 3)
    assert again.key != letter.key
    line = again.lines.first()
    with pytest.raises(IntegrityError, match="enrolment|one_waiting"), transaction.atomic():
        ExchangeLine.objects.filter(exchange=letter, number=1).update(waits=True, enrolment=line.enrolment_id)


def test_form_asks_for_places_and_recipient(client, aid_officer, three):
    client.force_login(aid_officer)
    answer = client.post(NEW, {"regions": ["别处"], "recipient": ""})
    assert answer.status_code == 422
    assert sorted(answer.context["form"].errors) == ["recipient", "regions"]
    assert client.get(f"{NEW}?region={ZUNYI}").context["form"].initial == {"regions": [ZUNYI]}
    Enrolment.objects.update(aided_elsewhere="yes")
    assert "没有需要去函核实的学生" in client.get(NEW).content.decode()


def test_sent_list_stays_as_it_was(client, aid_officer, letter, november):
    client.force_login(aid_officer)
    assert "答复期限" in client.get(step(letter, "send")).content.decode()
    client.post(step(letter, "send"))
    letter.refresh_from_db()
    assert (letter.state, letter.sent_on, letter.due_on) == (
        "sent",
        dt.date(2020, 11, 1),
        dt.date(2020, 12, 1),
    )
    line = letter.lines.first()
    for change in (
        {"digest": "x"},
        {"number": 9},
        {"shown_name": "王*"},
        {"is_frozen": False},
        {"enrolment": None},
    ):
        with pytest.raises(IntegrityError, match="已发出的核实名单"), transaction.atomic():
            ExchangeLine.objects.filter(pk=line.pk).update(**change)
    with pytest.raises(IntegrityError, match="已发出的核实名单"), transaction.atomic():
        line.delete()
    with pytest.raises(IntegrityError, match="已发出的核实名单"), transaction.atomic():
        letter.decisions.all().delete()
    client.post(step(letter, "send"))  # a second click
    assert [decision.verb for decision in letter.decisions.order_by("pk")] == ["open", "send"]


def test_list_whose_children_have_moved_is_not_sent(client, aid_officer, letter, three):
    three[0].enrolments.update(status="left")
    client.force_login(aid_officer)
    answer = client.post(step(letter, "send"), follow=True)
    assert "名单上有 1 人的学籍已有变动" in answer.content.decode()
    letter.refresh_from_db()
    assert letter.state == "draft"


def test_closing_with_open_children_needs_a_reason(client, aid_officer, sent):
    client.force_login(aid_officer)
    assert client.post(step(sent, "close"), {"reason": ""}).status_code == 422
    with pytest.raises(StepRefused, match="还有 3 人没有答复"):
        actions.close(by=aid_officer.as_actor(), exchange=sent)
    assert client.post(step(sent, "withdraw"), {"reason": ""}).status_code == 422
    assert client.get(step(sent, "answer")).status_code == 404


def test_unanswered_after_its_days_is_overdue_everywhere(
    client, aid_officer, autumn, letter, three, monkeypatch
):
    move_to(monkeypatch, dt.date(2020, 11, 1))
    set_option("exchange_days", "10", by_name="测试")
    client.force_login(aid_officer)

    def reasons() -> dict:
        return {str(reason): n for (_, reason, _), n in equation(Wanted(autumn, aid_officer)).counts.items()}

    assert reasons() == {"not_asked": 3}
    client.post(step(letter, "send"))
    assert reasons() == {"asked": 3}
    move_to(monkeypatch, dt.date(2020, 11, 11))
    assert (reasons(), overdue_of(aid_officer)) == ({"asked": 3}, [])
    move_to(monkeypatch, dt.date(2020, 11, 12))
    assert reasons() == {"overdue": 3}
    assert overdue_of(aid_officer) == [(3, f"{LIST}?tab=overdue", dt.date(2020, 11, 11))]
    shown = client.get(LIST, {"tab": "overdue"})
    assert [row.enrolment.student.name for row in shown.context["page"].rows] == ["石丽", "欧阳小雨", "何欣"]
    assert "超期未答复完" in client.get(LIST).content.decode()
    client.post(step(letter, "close"), {"reason": "对方不答复"})
    assert (reasons(), overdue_of(aid_officer)) == ({"not_asked": 3}, [])


def overdue_of(user) -> list[tuple]:
    return [
        (todo.count, todo.url, todo.day)
        for todo in todos_of(user)
        if todo.text == "去函超期、就读地还没有答复的学生"
    ]


def test_letter_names_nobody_and_prints(client, aid_officer, letter, three):
    client.force_login(aid_officer)
    shown = client.get(page("exchange_letter", letter)).content.decode()
    assert "遵义市教育局" in shown
    assert "共 3 人（初中 3 人）" in shown
    assert [child.name in shown or letter.key in shown for child in three] == [False] * 3


def test_letter_is_given_as_a_word_document_with_the_same_sentences(client, aid_officer, letter, three):
    client.force_login(aid_officer)
    shown = client.get(page("exchange_letter", letter)).content.decode()
    answer = client.get(page("exchange_letter_docx", letter))
    read = docx.Document(io.BytesIO(answer.content))
    texts = [one.text for one in read.paragraphs if one.text]
    assert answer["Content-Type"] == DOCX
    assert f"{letter.number}.docx" in answer["Content-Disposition"]
    assert texts[0] == "关于核实异地就读学生资助情况的函"
    assert [text for text in texts if text not in shown] == []
    assert [child.name in "".join(texts) for child in three] == [False] * 3


def test_pages_are_for_the_county_alone(client, clerk, leader, letter):
    officer = factories.user("吴干事", ("township_officer", factories.township()))
    for user in (clerk, leader, officer):
        client.force_login(user)
        assert [client.get(url).status_code for url in (LIST, NEW, page("exchange", letter))] == [403] * 3
    assert list(Exchange.objects.visible_to(officer)) == []


@pytest.mark.parametrize("tab", ["letters", "regions", "overdue", "inquiries"])
def test_list_takes_the_same_queries_for_one_and_for_many(client, aid_officer, autumn, tab):
    client.force_login(aid_officer)
    few = None
    for count in (1, 12):
        for number in range(count):
            region = f"{ZUNYI}{count}-{number}"
            factories.away("何欣", autumn, region=region)
            made = subsidies.exchange(aid_officer, during=autumn, region=region)
            actions.send(by=aid_officer.as_actor(), exchange=made)
        Exchange.objects.update(sent_on=dt.date(2020, 9, 1), due_on=dt.date(2020, 10, 1))
        for url in (LIST, page("exchange", made)):
            client.get(url, {"tab": tab})
        with CaptureQueriesContext(connection) as captured:
            for url in (LIST, page("exchange", made)):
                assert client.get(url, {"tab": tab}).status_code == 200
        few = few or len(captured)
    assert len(captured) == few
