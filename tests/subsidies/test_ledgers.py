"""The ledger: its formulas, their stored values and the database agree to the fen; its cells are safe."""

import json
import re
from pathlib import Path

import openpyxl
import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from povertyedu.audit.models import AccessEvent
from povertyedu.files.models import StoredFile
from povertyedu.inbox.models import Message
from povertyedu.jobs.models import Job, JobState
from povertyedu.jobs.progress import NO_PROGRESS
from subsidies import tasks
from subsidies.actions import ledgers
from subsidies.models import Balance, Entitlement
from tests import factories
from tests.factories import subsidies

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


@pytest.fixture
def money(people, autumn, xiazhai, qingshi, luona, yanyu):
    """Cash of two children paid, of a third at another school outstanding; a waiver and meals beside it."""
    subsidies.batch_at("paid", people, term=autumn)
    child = factories.student("=cmd()", at=qingshi, during=autumn, grade=1)
    subsidies.entitle(child, 10_001)
    subsidies.entitle(child, 40_000, of=subsidies.programme("nutrition", "营养改善计划", "in_kind"))
    subsidies.entitle(luona, 7_700, of=subsidies.programme("tuition", "免学费", "waiver"))
    Entitlement.objects.filter(student=yanyu).update(amount_fen=30_000)  # paid more than is due now
    return child


@pytest.fixture
def book(money, autumn, tmp_path):
    path = tmp_path / "ledger.xlsx"
    ledgers.export_ledger(path, term=autumn)
    return openpyxl.load_workbook(path), openpyxl.load_workbook(path, data_only=True)


def fen(cell) -> int:
    return round(cell * 100)


def cells(sheet, column):
    return {
        row[0].row: row[0].value
        for row in sheet[f"{column}4:{column}{sheet.max_row}"]
        if row[0].value is not None
    }


def test_totals_equal_the_database_to_the_fen(book, autumn):
    _, values = book
    cash = values["现金明细"]
    last = max(row for row, value in cells(cash, "A").items() if value == "总计")
    totals = Balance.objects.filter(term=autumn, programme__kind="cash")
    for letter, field in zip(
        "HIJK", ("entitled_fen", "paid_fen", "in_hand_fen", "outstanding_fen"), strict=True
    ):
        assert fen(cash[f"{letter}{last}"].value) == sum(totals.values_list(field, flat=True)), field
    assert fen(cash[f"K{last}"].value) == 10_001 - 1_250


def test_every_formula_has_the_value_it_computes(book):
    formulas, values = book
    checked = 0
    for sheet in formulas:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type != "f":
                    continue
                checked += 1
                stored = values[sheet.title][cell.coordinate].value
                assert round(computed(values, sheet.title, cell.value), 2) == round(stored, 2), (
                    sheet.title,
                    cell.coordinate,
                )
    assert checked > 20


def computed(values, title, formula):
    """Compute the three kinds of formula a ledger has, from the values of the cells they name."""
    if match := re.fullmatch(r"=SUBTOTAL\(9,([A-Z]+)(\d+):[A-Z]+(\d+)\)", formula):
        letter, first, last = match[1], int(match[2]), int(match[3])
        sheet = values[title]
        plain = (sheet[f"{letter}{row}"].value for row in range(first, last + 1) if not is_total(sheet, row))
        return sum(value for value in plain if value is not None)
    match = re.fullmatch(
        r"=(?:SUMIFS\((?P<s>.+?)!([A-Z]):[A-Z],|COUNTIFS\()(?P<d>.+?)!\$B:\$B,\$A(?P<r>\d+),.+?!\$G:\$G,\$B\d+\)", formula
    )  # fmt: skip
    here, detail, row = values[title], values[match["d"]], int(match["r"])
    wanted = here[f"A{row}"].value, here[f"B{row}"].value
    rows = [
        r for r in range(4, detail.max_row + 1) if (detail[f"B{r}"].value, detail[f"G{r}"].value) == wanted
    ]
    return sum(detail[f"{match[2]}{r}"].value for r in rows) if match["s"] else len(rows)


def is_total(sheet, row) -> bool:
    return "计" in str(sheet[f"A{row}"].value or "") and sheet[f"B{row}"].value is None


def test_kinds_stand_apart(book):
    _, values = book
    assert set(cells(values["现金明细"], "G").values()) == {"寄宿生生活补助"}
    assert set(cells(values["减免明细"], "G").values()) == {"免学费"}
    assert set(cells(values["实物明细"], "G").values()) == {"营养改善计划"}
    assert [cell.value for cell in values["减免明细"][3]][7:] == ["应享"]
    summary = values["现金汇总"]
    assert fen(max(cells(summary, "D").values())) == 50_000 + 30_000 + 10_001


def test_a_name_that_looks_like_a_formula_stays_a_name(book):
    formulas, _ = book
    names = [cell for row in formulas["现金明细"]["E4:E20"] for cell in row if cell.value == "=cmd()"]
    assert [cell.data_type for cell in names] == ["s"]


def test_it_prints_on_a4_landscape_with_title_unit_and_term(book):
    sheet = book[0]["现金明细"]
    assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (9, "landscape")
    assert "2020—2021学年 秋季学期 学生资助台账" in sheet["A1"].value
    assert "云岭县教育局" in sheet["A2"].value


def test_numbers_are_masked_text_unless_asked_for(money, autumn, tmp_path, luona):
    for full in (False, True):
        path = tmp_path / f"{full}.xlsx"
        ledgers.export_ledger(path, term=autumn, full_numbers=full)
        sheet = openpyxl.load_workbook(path)["现金明细"]
        shown = {row[1].value for row in sheet["E4:F20"] if row[0].value == "罗娜"}
        number = luona.id_number
        assert shown == {number if full else f"{number[:6]}{'*' * 10}{number[-2:]}"}


def test_command_prints_one_line_and_refuses_an_unknown_term(money, autumn, tmp_path, capsys):
    out = tmp_path / "out.xlsx"
    call_command("export_ledger", "subsidy", "--term", "2020-autumn", "--out", str(out))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    answer = json.loads(lines[0])
    assert (answer["kind"], answer["term"], answer["out"]) == ("subsidy", "2020-autumn", str(out))
    assert answer["kinds"]["cash"] == {
        "rows": 3, "entitled_fen": 90_001, "paid_fen": 81_250, "in_hand_fen": 0, "outstanding_fen": 8_751,
    }  # fmt: skip
    assert answer["kinds"]["waiver"]["entitled_fen"] == 7_700
    assert Path(out).is_file()
    with pytest.raises(CommandError) as refused:
        call_command("export_ledger", "subsidy", "--term", "1999-autumn", "--out", str(out))
    assert refused.value.returncode == 2


@pytest.mark.parametrize("out", ["", "nowhere/ledger.xlsx"])
def test_command_refuses_a_file_it_cannot_write_before_any_work(autumn, tmp_path, out):
    with pytest.raises(CommandError, match="写不了文件"):
        call_command("export_ledger", "subsidy", "--term", "2020-autumn", "--out", str(tmp_path / out))


def test_empty_term_gives_an_empty_ledger(autumn, tmp_path):
    answer = ledgers.export_ledger(tmp_path / "empty.xlsx", term=autumn)
    assert answer["kinds"]["cash"]["rows"] == 0
    assert "现金明细" in openpyxl.load_workbook(tmp_path / "empty.xlsx").sheetnames


def job_of(user, **arguments):
    return Job.objects.create(
        kind="subsidies.ledger", label="台账", by=user, arguments=arguments, url="/subsidies/ledgers/"
    )


def test_job_keeps_a_file_tells_its_owner_and_can_be_downloaded(client, money, autumn, leader, approver):
    job = job_of(leader, term="2020-autumn", reason="季度上报")
    result = tasks.write_ledger(job, NO_PROGRESS, **job.arguments)
    Job.objects.filter(pk=job.pk).update(state=JobState.DONE, result=result, ended_at=job.created_at)
    assert Message.objects.get(to=leader).url == "/subsidies/ledgers/"
    assert StoredFile.objects.get(purpose="ledger").owner == leader
    client.force_login(leader)
    assert "下载" in client.get(reverse("subsidies:ledgers")).content.decode()
    response = client.post(reverse("subsidies:ledger_download", args=[job.pk]))
    assert b"".join(response.streaming_content)[:2] == b"PK"
    assert list(
        AccessEvent.objects.filter(subject_type="files.storedfile").values_list("reason", flat=True)
    ) == ["季度上报", "季度上报"]
    client.force_login(approver)
    assert client.post(reverse("subsidies:ledger_download", args=[job.pk])).status_code == 404


def test_page_asks_for_a_purpose_and_offers_whole_numbers_only_to_those_who_may(
    client, autumn, leader, finance, clerk
):
    address = reverse("subsidies:ledgers")
    client.force_login(clerk)
    assert client.get(address).status_code == 403
    client.force_login(leader)
    assert "完整身份证号" not in client.get(address).content.decode()
    assert client.post(address, {"reason": ""}).status_code == 422
    client.post(address, {"reason": "上报", "full_numbers": "on"})
    assert Job.objects.get().arguments == {"term": "2020-autumn", "reason": "上报"}
    client.force_login(finance)
    assert "完整身份证号" in client.get(address).content.decode()
