"""The file for the bank and its answer: written once, read once, refused whole; what was answered stays."""

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from povertyedu.audit.models import AccessEvent
from povertyedu.workflow.flow import StepRefused
from subsidies.actions import payouts
from subsidies.actions.bank_return import ReturnRefused
from subsidies.models import BankFile, BankReturn, BatchDecision, Line
from tests.factories import subsidies

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


def test_bank_file_is_written_once_logged_and_numbered(people, autumn, luona):
    batch = subsidies.batch_at("sent", people, term=autumn)
    bank_file = batch.bank_files.get()
    line = batch.lines.get()
    assert (str(bank_file), line.state, line.bank_no) == ("2020秋-001-01", "sent", 1)
    event = AccessEvent.objects.get()
    assert (event.kind, event.by_name, event.reason) == ("download", "王会计", "秋季发放")
    stored = bank_file.file
    assert payouts.write_bank_file(bank_file).file == stored
    with pytest.raises(StepRefused, match="没有可以发放的学生"):
        payouts.export_bank_file(by=people.finance, batch=batch, reason="再导一次")
    assert batch.bank_files.count() == 1


def test_bank_file_needs_a_reason(people, autumn, luona):
    batch = subsidies.batch_at("cleared", people, term=autumn)
    with pytest.raises(StepRefused, match="用途"):
        payouts.export_bank_file(by=people.finance, batch=batch, reason="")


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (
            lambda rows: rows[0].__setitem__(0, "2020秋-009-01-00001"),
            "第 2 行：流水号不在文件 2020秋-001-01 中",
        ),
        (lambda rows: rows[0].__setitem__(0, "99"), "第 2 行：流水号不在文件"),
        (lambda rows: rows.append(rows[0]), "第 4 行：与第 2 行是同一笔，重复了"),
        (
            lambda rows: rows[0].__setitem__(3, "500.01"),
            "第 2 行：罗娜 的金额是 500.01 元，送出的是 500.00 元",
        ),
        (lambda rows: rows[0].__setitem__(2, "6226999999999"), "第 2 行：罗娜 的银行账号与送出的不同"),
        (lambda rows: rows[0].__setitem__(1, "罗那"), "第 2 行：开户人是“罗那”，送出的是“罗娜”"),
        (lambda rows: rows[0].__setitem__(4, "不详"), "第 2 行：结果“不详”看不懂"),
        (lambda rows: rows.pop(), "回盘缺少 1 笔：2020秋-001-01-00002"),
    ],
)
def test_wrong_return_is_refused_whole(people, autumn, luona, yanyu, spoil, sentence):
    batch = subsidies.batch_at("sent", people, term=autumn)
    bank_file = batch.bank_files.get()
    rows = subsidies.return_rows(bank_file)
    spoil(rows)
    with subsidies.return_file(bank_file, rows=rows) as path, pytest.raises(ReturnRefused) as refused:
        payouts.apply_return(by=people.finance, bank_file=bank_file, path=path, name="回盘.xlsx")
    assert any(error.startswith(sentence) for error in refused.value.errors), refused.value.errors
    assert set(batch.lines.values_list("state", flat=True)) == {"sent"}
    assert not BankReturn.objects.exists()


def test_return_is_read_once(people, autumn, luona):
    batch = subsidies.batch_at("paid", people, term=autumn)
    bank_file = batch.bank_files.get()
    with subsidies.return_file(bank_file) as path, pytest.raises(StepRefused, match="已经读入"):
        payouts.apply_return(by=people.finance, bank_file=bank_file, path=path, name="回盘.xlsx")


def test_database_refuses_to_touch_what_is_paid_or_decided(people, autumn, luona):
    batch = subsidies.batch_at("paid", people, term=autumn)
    attempts = [
        lambda: Line.objects.update(amount_fen=F("amount_fen") + 1),
        lambda: Line.objects.all()._raw_delete("default"),
        lambda: BatchDecision.objects.update(by_name="别人"),
        lambda: BankReturn.objects.update(paid=9),
        lambda: BankFile.objects.update(amount_fen=1),
    ]
    for attempt in attempts:
        with pytest.raises(IntegrityError, match="不得修改或删除"), transaction.atomic():
            attempt()
    assert batch.lines.get().amount_fen == 50_000
