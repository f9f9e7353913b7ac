"""The whole thread in pages: who opens what, what each button does, how many queries a list takes."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.audit.models import AccessEvent
from povertyedu.publicity.models import Notice
from students.models import Student
from subsidies.actions import batches
from subsidies.models import Balance, BankFile, Batch, Entitlement, Line
from tests import factories
from tests.factories import subsidies

pytestmark = pytest.mark.django_db


def url(name, *args, query=""):
    return reverse(f"subsidies:{name}", args=args) + (f"?{query}" if query else "")


def text(response):
    return response.content.decode()


@pytest.fixture
def login(client):
    def enter(user):
        client.force_login(user)
        return client

    return enter


def test_thread_from_outstanding_to_paid_in_pages(
    login, aid_officer, clerk, approver, finance, autumn, luona, yanyu
):
    """One walk, kept whole so that it reads as it happens."""
    client = login(aid_officer)
    choose = text(client.get(url("batch_open", query="term=2020-autumn")))
    assert "寄宿生生活补助" in choose
    assert "812.50" in choose
    asked = {"term": "2020-autumn", "programme": "boarding_living", "title": "秋季生活补助"}
    confirm = client.get(url("batch_open"), asked, follow=True)
    assert "捌佰壹拾贰元伍角整" in text(confirm)
    client.post(url("batch_open_confirm", query="term=2020-autumn"), asked)
    batch = Batch.objects.get()
    sheet = batch.sheets.get()

    client = login(clerk)
    assert "罗娜" in text(client.get(url("sheet", sheet.pk)))
    assert "捌佰壹拾贰元伍角整" in text(client.get(url("sheet_step", sheet.pk, "submit_to_office")))
    client.post(url("sheet_step", sheet.pk, "submit_to_office"))

    client = login(aid_officer)
    assert "同意并提交审批" in text(client.get(url("batch_lines", batch.pk)))
    client.post(url("batch_step", batch.pk, "approve_office"))
    client = login(approver)
    assert "捌佰壹拾贰元伍角整" in text(client.get(url("batch_step", batch.pk, "approve_final")))
    client.post(url("batch_step", batch.pk, "approve_final"))
    client = login(aid_officer)
    client.post(url("batch_step", batch.pk, "publish"))
    early = client.post(url("batch_step", batch.pk, "clear"), follow=True)
    assert "公示到" in text(early)
    notice = Notice.objects.get()
    client.logout()
    assert "罗娜" in text(client.get(reverse("publicity:public", args=[notice.token])))
    subsidies.end_publicity(batch)
    client = login(aid_officer)
    client.post(url("batch_step", batch.pk, "clear"))

    client = login(finance)
    assert client.post(url("payout_export", batch.pk), {"reason": ""}).status_code == 422
    client.post(url("payout_export", batch.pk), {"reason": "送农信社"})
    bank_file = BankFile.objects.get()
    download = client.post(url("payout_download", bank_file.pk), {"reason": "送银行"})
    assert download.status_code == 200
    assert b"".join(download.streaming_content)[:2] == b"PK"
    assert AccessEvent.objects.filter(subject_id=str(bank_file.pk)).count() == 2
    with subsidies.return_file(bank_file) as path:
        upload = SimpleUploadedFile("回盘.xlsx", path.read_bytes())
        done = client.post(url("payout_return", bank_file.pk), {"workbook": upload}, follow=True)
    assert "成功 2 笔，失败 0 笔" in text(done)
    assert list(Balance.objects.values_list("paid_fen", "outstanding_fen").order_by("paid_fen")) == [
        (31_250, 0),
        (50_000, 0),
    ]


def test_bad_return_is_told_row_by_row_and_changes_nothing(login, people, finance, autumn, luona):
    bank_file = subsidies.batch_at("sent", people, term=autumn).bank_files.get()
    client = login(finance)
    rows = subsidies.return_rows(bank_file)
    rows[0][3] = "1.00"
    for content, sentence in (
        (b"not a workbook", "xlsx"),
        (None, "第 2 行：罗娜 的金额是 1.00 元，送出的是 500.00 元"),
    ):
        with subsidies.return_file(bank_file, rows=rows) as path:
            upload = SimpleUploadedFile("回盘.xlsx", content or path.read_bytes())
        response = client.post(url("payout_return", bank_file.pk), {"workbook": upload})
        assert response.status_code == 422
        assert sentence in text(response)
    assert Line.objects.get().state == "sent"


def test_second_click_is_told_not_broken(login, people, aid_officer, autumn, luona):
    batch = subsidies.batch_at("reviewed", people, term=autumn)
    client = login(aid_officer)
    for sentence in ("已办理", "已被处理或不在这一步"):
        assert sentence in text(client.post(url("batch_step", batch.pk, "approve_office"), follow=True))


def test_return_needs_a_reason_and_goes_back_to_the_school(login, people, aid_officer, clerk, autumn, luona):
    batch = subsidies.batch_at("reviewed", people, term=autumn)
    sheet = batch.sheets.get()
    client = login(aid_officer)
    refused = client.post(url("sheet_step", sheet.pk, "return_by_office"), {"reason": ""})
    assert refused.status_code == 422
    assert "必须填写理由" in text(refused)
    client.post(url("sheet_step", sheet.pk, "return_by_office"), {"reason": "名单有误"})
    client = login(clerk)
    page = text(client.get(url("sheet", sheet.pk)))
    assert "已退回" in page
    assert "名单有误" in page


def test_changed_list_is_shown_again_after_a_reason(login, people, aid_officer, clerk, autumn, luona):
    batch = subsidies.batch_at("in_publicity", people, term=autumn)
    address = url("republish", batch.sheets.get().pk)
    assert login(clerk).get(address).status_code == 403
    client = login(aid_officer)
    assert "重新公示" in text(client.get(url("batch", batch.pk)))
    assert client.post(address, {"reason": ""}).status_code == 422
    client.post(address, {"reason": "更正班级"})
    assert list(Notice.objects.order_by("pk").values_list("state", flat=True)) == ["withdrawn", "open"]


def test_flow_says_whose_turn_it_is(login, people, aid_officer, autumn, luona):
    def steps(batch):
        page = login(aid_officer).get(url("batch", batch.pk))
        return [step["text"] for step in page.context["flow"] if step["state"] == "doing"]

    batch = subsidies.batch_at("open", people, term=autumn)
    assert steps(batch) == ["学校报送"]
    subsidies._submit(batch, people)
    assert steps(batch) == ["资助中心审核"]
    batches.approve_office(by=people.aid, batch=batch)
    assert steps(batch) == ["局领导审批"]


def test_ticked_rows_are_held_after_a_reason(login, people, aid_officer, autumn, luona, yanyu):
    batch = subsidies.batch_at("reviewed", people, term=autumn)
    line = batch.lines.get(student=luona)
    client = login(aid_officer)
    ask = client.post(url("lines_hold", batch.pk), {"line": [line.pk]})
    assert "伍佰元整" in text(ask)
    client.post(url("lines_hold", batch.pk), {"line": [line.pk], "reason": "核对学籍"})
    assert dict(batch.lines.values_list("student_name", "state")) == {"罗娜": "held", "严宇": "listed"}
    client.post(url("line_decide", line.pk), {"decision": "release", "reason": "已核对"})
    line.refresh_from_db()
    assert (line.state, line.note) == ("listed", "已核对")
    client.post(url("line_decide", line.pk), {"decision": "remove", "reason": "转下一批"})
    line.refresh_from_db()
    assert line.state == "removed"


def test_all_matching_follows_the_filter_not_the_page(login, people, aid_officer, autumn, xiazhai, luona):
    for number in range(60):
        subsidies.entitle(factories.student(f"生{number:02d}", at=xiazhai, during=autumn), 100)
    batch = subsidies.batch_at("reviewed", people, term=autumn)
    client = login(aid_officer)
    client.post(url("lines_hold", batch.pk, query="q=生"), {"all_matching": "1", "reason": "核对"})
    assert batch.lines.held().count() == 60
    assert batch.lines.get(student=luona).state == "listed"


def test_filters_find_by_name_number_school_township_category_and_check(
    login, people, aid_officer, autumn, xiazhai, qingshi, luona
):
    other = factories.student("何英佑", at=qingshi, during=autumn, categories=5, account=False)
    subsidies.entitle(other, 100)
    batch = subsidies.batch_at("open", people, term=autumn)
    client = login(aid_officer)
    queries = {
        "q=罗": {"罗娜"},
        f"q={other.id_number}": set(),  # a number typed into an address finds nobody
        f"school={xiazhai.pk}": {"罗娜"},
        "township=529901101": {"何英佑"},
        "category=4": {"何英佑"},
        "check=held": {"何英佑"},
        "check=no_account": {"何英佑"},
        "check=listed": {"罗娜"},
        "check=nonsense": set(),
        "": {"罗娜", "何英佑"},
    }
    for query, names in queries.items():
        page = text(client.get(url("batch_lines", batch.pk, query=query)))
        assert {name for name in ("罗娜", "何英佑") if f">{name}</a>" in page} == names, query
    for typed in (other.id_number, other.id_number[-4:], f"g{other.id_number}"):
        sent = client.post(url("batch_lines", batch.pk), {"q": typed, "check": "held"})
        assert typed not in sent.headers["Location"]
        assert "check=held" in sent.headers["Location"]
        page = text(client.get(sent.headers["Location"]))
        assert f">{other.name}</a>" in page
        assert ">罗娜</a>" not in page
        assert other.id_number not in page
    sent = client.post(url("sheet", batch.sheets.get(school=xiazhai).pk), {"q": "罗"})
    assert ">罗娜</a>" in text(client.get(sent.headers["Location"]))


def test_queue_pages_by_key_through_every_row_once(login, people, aid_officer, autumn, xiazhai):
    for number in range(120):
        grade = number % 6 + 1
        subsidies.entitle(factories.student(f"生{number:03d}", at=xiazhai, during=autumn, grade=grade), 100)
    batch = subsidies.batch_at("open", people, term=autumn)
    client = login(aid_officer)
    address, seen = url("batch_lines", batch.pk), []
    while address:
        response = client.get(address)
        seen += [line.student_name for line in response.context["rows"]]
        query = response.context["next_url"]
        address = url("batch_lines", batch.pk) + query if query else ""
    assert sorted(seen) == [f"生{number:03d}" for number in range(120)]
    printed = client.get(url("batch_lines", batch.pk, query="print=1"))
    assert len(printed.context["rows"]) == 120
    some = client.get(url("batch_lines", batch.pk, query="print=1&q=生00"))
    assert (len(some.context["rows"]), some.context["totals"]["fen"]) == (10, 1_000)
    assert client.get(url("batch_lines", batch.pk, query="after=x")).status_code == 200
    assert (
        client.get(url("batch_lines", batch.pk, query='after=["a","b","c","d","e","f"]')).status_code == 200
    )


def test_numbers_are_masked_in_the_queue(login, people, aid_officer, autumn, luona):
    batch = subsidies.batch_at("open", people, term=autumn)
    page = text(login(aid_officer).get(url("batch_lines", batch.pk)))
    number = luona.id_number
    assert number not in page
    assert f"{number[:6]}{'*' * 10}{number[-2:]}" in page
    line = text(login(aid_officer).get(url("line", batch.lines.get().pk)))
    assert luona.bank_account.number not in line
    assert f"尾号 {luona.bank_account.tail}" in line


@pytest.fixture
def pages(people, autumn, luona):
    """Every page of a paid batch: name -> (address, who may open it)."""
    batch = subsidies.batch_at("sent", people, term=autumn)
    sheet, line, bank_file = batch.sheets.get(), batch.lines.get(), batch.bank_files.get()
    return {
        "batch": url("batch", batch.pk),
        "batch_lines": url("batch_lines", batch.pk),
        "sheet": url("sheet", sheet.pk),
        "line": url("line", line.pk),
        "export": url("payout_export", batch.pk),
        "download": url("payout_download", bank_file.pk),
        "return": url("payout_return", bank_file.pk),
    }


def statuses(client, pages):
    return {name: client.get(address).status_code for name, address in pages.items()}


def test_pages_are_scoped_and_permitted(login, pages, clerk, neighbour, finance, administrator, client):
    assert set(statuses(client, pages).values()) == {302}
    read = {"batch": 200, "batch_lines": 200, "sheet": 200, "line": 200}
    hidden = dict.fromkeys(read, 404)
    no_pay = {"export": 403, "download": 403, "return": 403}
    assert statuses(login(clerk), pages) == read | no_pay
    assert statuses(login(neighbour), pages) == hidden | no_pay
    assert statuses(login(finance), pages) == dict.fromkeys(pages, 200)
    assert statuses(login(administrator), pages) == read | no_pay
    outsider = factories.user("管账号", ("system_administrator", factories.county()))
    assert set(statuses(login(outsider), pages).values()) == {403}


def test_steps_are_refused_to_the_wrong_role_and_the_wrong_school(
    login, people, clerk, neighbour, approver, aid_officer, finance, autumn, luona
):
    batch = subsidies.batch_at("open", people, term=autumn)
    sheet, line = batch.sheets.get(), batch.lines.get()
    submit = url("sheet_step", sheet.pk, "submit_to_office")
    approve = url("batch_step", batch.pk, "approve_office")
    assert login(neighbour).post(submit).status_code == 404
    assert login(approver).post(submit).status_code == 403
    assert login(aid_officer).post(submit).status_code == 403
    assert login(clerk).post(approve).status_code == 403
    assert login(approver).post(approve).status_code == 403
    assert login(finance).post(url("lines_hold", batch.pk), {"line": line.pk}).status_code == 403
    assert login(neighbour).post(url("lines_hold", batch.pk), {"line": line.pk}).status_code == 404
    assert login(neighbour).post(url("line_decide", line.pk), {"reason": "x"}).status_code == 404
    assert (
        login(clerk).post(url("line_decide", line.pk), {"reason": "x", "decision": "remove"}).status_code
        == 403
    )
    assert login(clerk).get(url("batch_open")).status_code == 403
    assert login(aid_officer).post(url("batch_step", batch.pk, "open")).status_code == 404
    assert login(aid_officer).get(url("lines_hold", batch.pk)).status_code == 405
    batch.refresh_from_db()
    assert (batch.state, sheet.decisions.count()) == ("open", 0)


def test_clerk_holds_only_while_the_sheet_is_the_schools(login, people, clerk, autumn, luona, yanyu):
    batch = subsidies.batch_at("open", people, term=autumn)
    line = batch.lines.get(student=luona)
    address = url("lines_hold", batch.pk, query=f"sheet={line.sheet_id}")
    login(clerk).post(address, {"line": line.pk, "reason": "已转学"})
    line.refresh_from_db()
    assert (line.state, line.note) == ("held", "已转学")
    subsidies._submit(batch, people)
    other = batch.lines.get(student=yanyu)
    assert "没有选中" in text(login(clerk).post(address, {"line": other.pk, "reason": "x"}, follow=True))
    other.refresh_from_db()
    assert other.state == "listed"


def test_lists_take_the_same_number_of_queries_at_1_and_30_rows(
    login, people, aid_officer, finance, autumn, luona
):
    def queries():
        batch = Batch.objects.latest("pk")
        counted = {}
        for user, names in (
            (aid_officer, ("batches", "batch", "batch_lines", "sheet", "batch_open")),
            (finance, ("payouts",)),
        ):
            for name in names:
                args = {
                    "batch": [batch.pk],
                    "batch_lines": [batch.pk],
                    "sheet": [batch.sheets.first().pk],
                }.get(name, [])
                client = login(user)
                with CaptureQueriesContext(connection) as captured:
                    assert client.get(url(name, *args)).status_code == 200
                counted[name] = len(captured)
        return counted

    subsidies.batch_at("cleared", people, term=autumn)
    subsidies.entitle(luona, 50, of=subsidies.programme("extra", "补助"))
    one = queries()
    towns = [factories.township(f"5299011{n:02d}", f"第{n}乡") for n in range(10, 20)]
    for number in range(30):
        school = factories.school(f"第{number}小学", area=towns[number % 10])
        for _ in range(2):
            subsidies.entitle(factories.student(f"生{number}", at=school, during=autumn, categories=3), 100)
    subsidies.batch_at("cleared", people, term=autumn)
    for number in range(2):
        extra = subsidies.programme(f"extra{number}", f"补助{number}")
        for student in Entitlement.objects.values_list("student", flat=True).distinct()[:30]:
            subsidies.entitle(Student.objects.get(pk=student), 50, of=extra)
    assert queries() == one
