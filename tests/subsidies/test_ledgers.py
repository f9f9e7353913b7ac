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
from subsidies.models import Balance, Entitlement, Line
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
    assert Job.objects.get().arguments == {"term": "2020-autumn", "reason": "上报", "reading": "school_area"}
    client.force_login(finance)
    assert "完整身份证号" in client.get(address).content.decode()


# --- by household -----------------------------------------------------------------------------


@pytest.fixture
def homes(money, autumn, xiazhai):
    """Beside ``money``: a child of 青石镇, one who studies outside, one known only by its township, one of no place here."""
    child = factories.student(
        "何新", at=xiazhai, during=autumn, home=factories.village("529901101003", "清水村")
    )
    subsidies.entitle(child, 20_000)
    subsidies.entitle(factories.away("何欣", during=autumn), 3_300)
    subsidies.entitle(factories.student("林镇", at=xiazhai, during=autumn, home=factories.township()), 400)
    stranger = factories.student("外籍", at=xiazhai, during=autumn)
    stranger.enrolments.update(home_area="")
    subsidies.entitle(stranger, 50)


@pytest.fixture
def both(homes, autumn, tmp_path):
    """Return answer and workbook of either reading."""
    made = {}
    for reading in ("school_area", "home_area"):
        path = tmp_path / f"{reading}.xlsx"
        answer = ledgers.export_ledger(path, term=autumn, reading=reading)
        made[reading] = answer, openpyxl.load_workbook(path, data_only=True)
    return made


def rows_of(sheet) -> list[tuple]:
    return [row for row in sheet.iter_rows(min_row=4, values_only=True) if row[0]]


def test_sums_are_the_same_by_school_and_by_household(both, autumn):
    (by_school, school_book), (by_home, home_book) = both.values()
    assert by_school["kinds"] == by_home["kinds"]
    due = Balance.objects.filter(term=autumn, programme__kind="cash")
    for letters, book in (("HIJK", school_book), ("JKLM", home_book)):
        sheet = book["现金明细"]
        last = max(row for row, value in cells(sheet, "A").items() if value == "总计")
        got = [fen(sheet[f"{letter}{last}"].value) for letter in letters]
        fields = ("entitled_fen", "paid_fen", "in_hand_fen", "outstanding_fen")
        assert got == [sum(due.values_list(field, flat=True)) for field in fields]
    for kind in ("现金", "减免", "实物"):
        assert rows_of(school_book[f"{kind}汇总"]) == rows_of(home_book[f"{kind}汇总"])
        assert sorted(row[1:] for row in rows_of(school_book[f"{kind}明细"]) if row[1]) == sorted(
            row[3:] for row in rows_of(home_book[f"{kind}明细"]) if row[3]
        )


def test_township_and_village_totals_are_those_of_the_children_registered_there(both):
    sheet = both["home_area"][1]["现金明细"]
    totals = {row[0]: fen(row[9]) for row in rows_of(sheet) if row[3] is None and row[9] is not None}
    assert totals == {
        "城关镇 （未登记到村） 小计（1 条）": 400,
        "城关镇 红星村 小计（4 条）": 50_000 + 30_000 + 10_001 + 3_300,
        "城关镇 合计（5 条）": 93_701,
        "青石镇 清水村 小计（1 条）": 20_000,
        "青石镇 合计（1 条）": 20_000,
        "户籍地在县外或未登记  小计（1 条）": 50,
        "户籍地在县外或未登记 合计（1 条）": 50,
        "总计": 113_751,
    }


def test_child_who_studies_outside_stands_in_its_village_with_its_school(both):
    rows = {row[6]: row[:5] for row in rows_of(both["home_area"][1]["现金明细"])}
    assert rows["何欣"] == ("城关镇", "红星村", "遵义第一中学", "初中", "七年级")


def test_formulas_by_household_have_the_values_they_compute(homes, autumn, tmp_path):
    path = tmp_path / "home.xlsx"
    ledgers.export_ledger(path, term=autumn, reading="home_area")
    formulas, values = openpyxl.load_workbook(path), openpyxl.load_workbook(path, data_only=True)
    detail = values["现金明细"]
    checked = 0
    for row in range(4, formulas["现金汇总"].max_row + 1):
        stage, programme, count, due = (values["现金汇总"][f"{letter}{row}"].value for letter in "ABCD")
        if not programme:
            continue
        found = [r for r in range(4, detail.max_row + 1) if (detail[f"D{r}"].value, detail[f"I{r}"].value) == (stage, programme)]  # fmt: skip
        matches = f"现金明细!$D:$D,$A{row},现金明细!$I:$I,$B{row}"
        assert formulas["现金汇总"][f"C{row}"].value == f"=COUNTIFS({matches})"
        assert formulas["现金汇总"][f"D{row}"].value == f"=SUMIFS(现金明细!J:J,{matches})"
        assert (count, fen(due)) == (len(found), sum(fen(detail[f"J{r}"].value) for r in found))
        checked += 1
    assert checked == 2


def test_back_pay_stands_by_household_too(people, autumn, luona, tmp_path):
    before = factories.term("2020-spring")
    subsidies.batch_at("open", people, term=autumn)
    Line.objects.filter(student=luona).update(term=before)
    path = tmp_path / "home.xlsx"
    ledgers.export_ledger(path, term=autumn, reading="home_area")
    rows = rows_of(openpyxl.load_workbook(path, data_only=True)["补发明细"])
    assert [row[:2] + row[5:6] for row in rows if row[2]] == [("城关镇", "红星村", "罗娜")]


def test_page_offers_both_readings_and_the_job_carries_the_choice(client, money, autumn, leader):
    address = reverse("subsidies:ledgers")
    client.force_login(leader)
    page = client.get(address).content.decode()
    assert ("按就读地：学校、学段" in page, "按户籍地：乡镇、村" in page) == (True, True)
    assert client.post(address, {"reason": "上报", "reading": "village"}).status_code == 422
    client.post(address, {"reason": "上报", "reading": "home_area"})
    job = Job.objects.get()
    assert (job.label, job.arguments["reading"]) == (
        "2020—2021学年 秋季学期 学生资助台账，按户籍地",
        "home_area",
    )
    tasks.write_ledger(job, NO_PROGRESS, **job.arguments)
    assert StoredFile.objects.get(purpose="ledger").name == "学生资助台账-2020-autumn-按户籍地.xlsx"


def test_command_writes_by_household(homes, autumn, tmp_path, capsys):
    out = tmp_path / "out.xlsx"
    call_command("export_ledger", "subsidy", "--term", "2020-autumn", "--by", "home_area", "--out", str(out))
    assert json.loads(capsys.readouterr().out)["reading"] == "home_area"
    assert openpyxl.load_workbook(out)["现金明细"]["A3"].value == "户籍乡镇"
