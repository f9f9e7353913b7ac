"""Paying a batch: the file for the bank, and the bank's answer read back.

Nothing leaves twice: a line goes from listed to sent in the statement that gives it its number in
a file, and a file whose workbook is written is never changed (migration ``views_and_triggers``).
"""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import connection, transaction
from django.db.models import Count
from django.utils import timezone

from povertyedu.accounts.models import User
from povertyedu.audit.models import record, record_access
from povertyedu.files.models import StoredFile
from povertyedu.orgs.calendar import today
from povertyedu.publicity.models import Notice, NoticeState
from povertyedu.workbooks.ledger import LedgerColumn
from povertyedu.workbooks.writing import write_table
from povertyedu.workflow.flow import Actor, StepRefused
from subsidies.enums import BatchStage, LineState
from subsidies.models import BankFile, BankReturn, Batch, Line
from subsidies.states import BATCH_FLOW

from .bank_return import ReturnRow, check_return, read_return
from .batches import hold_blocked, hold_fallen, locked, step, take_seat
from .commitments import bring_up, check_file
from .publicising import about

PAYABLE = BATCH_FLOW["send"].sources
COLUMNS = (
    LedgerColumn("序号", "int", width=8), LedgerColumn("流水号", width=22), LedgerColumn("开户人", width=14),
    LedgerColumn("银行账号", width=26), LedgerColumn("开户银行", width=24), LedgerColumn("金额（元）", "money", width=14),
    LedgerColumn("学生姓名", width=14), LedgerColumn("学校", width=28), LedgerColumn("项目", width=22),
)  # fmt: skip


def export_bank_file(*, by: Actor, batch: Batch, reason: str) -> BankFile:
    """Send the cleared lines of a batch to the bank: number them, freeze them, write the workbook.

    Entitlements are compared once more first: who is due less now is held. A batch may have several
    files (children released later); a line is in one of them only, or comes again after it failed.
    """
    if not reason.strip():
        raise StepRefused("导出银行文件必须填写用途。")
    _compare_again(by=by, batch=batch)
    bank_file = _claim_lines(by=by, batch=batch)
    record_access(by, kind="download", subject=bank_file, fields="姓名、银行账号、金额", reason=reason)
    return write_bank_file(bank_file)


@transaction.atomic
def _compare_again(*, by: Actor, batch: Batch) -> None:
    """Hold who is due less now, in a transaction of its own: the hold stands even when nobody is left to pay."""
    batch = locked(batch)
    if batch.state in PAYABLE:
        hold_fallen(batch, batch.lines.listed(), by=by)
        hold_blocked(batch, batch.lines.all(), by=by)


@transaction.atomic
def _claim_lines(*, by: Actor, batch: Batch) -> BankFile:
    batch = locked(batch)
    lines = batch.lines.listed().filter(notice__in=_over(batch))
    # Locked, so that what is counted is what goes: an objection raised now waits and then finds them sent.
    list(lines.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))
    hold_fallen(batch, lines, by=by)
    hold_blocked(batch, lines, by=by)
    totals = lines.totals()
    if batch.state in PAYABLE and not totals["count"]:
        raise StepRefused("没有可以发放的学生：名单上的人都已送银行或在暂缓中。")
    step(batch, "send", by=by)
    check_file(batch, lines, by=by)
    bank_file = BankFile.objects.create(
        batch=batch, number=batch.bank_files.count() + 1, students=totals["students"],
        lines_count=totals["count"], amount_fen=totals["fen"], made_by=by.name,
    )  # fmt: skip
    _number(lines, bank_file)
    bring_up(batch)
    return bank_file


def _over(batch: Batch):
    """Return the notices of a batch whose period has ended."""
    shown = Notice.objects.filter(about=about(batch), closes_on__lt=today())
    return shown.exclude(state=NoticeState.WITHDRAWN).values("pk")


def _number(lines, bank_file: BankFile) -> None:
    """Give each line its number in the file and mark it sent, in one statement."""
    ordered = lines.order_by("school_area", "school_id", "stage", "grade", "class_name", "student_name", "pk")
    numbers = {pk: number for number, pk in enumerate(ordered.values_list("pk", flat=True), 1)}
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE bank_numbers (line_id bigint PRIMARY KEY, number integer)")
        cursor.executemany("INSERT INTO bank_numbers VALUES (%s, %s)", list(numbers.items()))
        cursor.execute(
            "UPDATE subsidies_line SET state = 'sent', bank_file_id = %s, bank_no = "
            "(SELECT number FROM bank_numbers WHERE line_id = subsidies_line.id) "
            "WHERE state = 'listed' AND id IN (SELECT line_id FROM bank_numbers)",
            [bank_file.pk],
        )
        cursor.execute("DROP TABLE bank_numbers")


def write_bank_file(bank_file: BankFile) -> BankFile:
    """Write the workbook of a numbered file, outside the transaction that numbered it.

    Its lines are frozen, so a run that died in between is simply done again; once written it stays.
    """
    if bank_file.file_id:
        return bank_file
    with TemporaryDirectory() as folder:
        path = Path(folder) / "bank.xlsx"
        write_table(
            path, COLUMNS, _bank_rows(bank_file), title=f"{bank_file.batch.title} 发放明细",
            unit_line=f"批次：{bank_file.batch}　文件：{bank_file}", right_line="单位：元",
        )  # fmt: skip
        stored = StoredFile.keep([path.read_bytes()], name=f"银行发放-{bank_file}.xlsx", purpose="bank_file")
    if not BankFile.objects.filter(pk=bank_file.pk, file=None).update(file=stored):
        stored.purge()  # somebody wrote the same content a moment before
    bank_file.refresh_from_db()
    return bank_file


def _bank_rows(bank_file: BankFile) -> Iterator[tuple]:
    lines = bank_file.lines.select_related("programme").order_by("bank_no")
    for line in lines.iterator(chunk_size=2000):
        yield (
            line.bank_no, bank_file.serial(line.bank_no), line.account_holder, line.account_number,
            line.account_bank, line.amount_fen, line.student_name, line.school_name, line.programme.name,
        )  # fmt: skip


def apply_return(*, by: Actor, bank_file: BankFile, path: Path, name: str) -> BankReturn:
    """Read the bank's answer from the workbook at ``path`` and settle every line of the file, or none.

    ReturnRefused (``errors``: sentences with row numbers) when a row is foreign, repeated, missing or
    differs in name, account or amount; WorkbookError when the file cannot be read.
    """
    rows = read_return(path)
    check_return(bank_file, rows)
    stored = StoredFile.keep(
        [path.read_bytes()], name=name, purpose="bank_return", owner=User.objects.filter(pk=by.id).first()
    )
    try:
        return _settle(by=by, bank_file=bank_file, rows=rows, stored=stored)
    except BaseException:
        stored.path.unlink(missing_ok=True)
        stored.delete()
        raise


@transaction.atomic
def _settle(*, by: Actor, bank_file: BankFile, rows: list[ReturnRow], stored: StoredFile) -> BankReturn:
    batch = locked(bank_file.batch)
    take_seat(batch, by, BatchStage.FINANCE)
    sent = Line.objects.filter(bank_file=bank_file, state=LineState.SENT)
    if sent.count() != len(rows):
        raise StepRefused("该文件的回盘已经读入，请刷新后再看。")
    failed = {}
    for row in rows:
        if not row.paid:
            failed.setdefault(row.reason or "银行未说明原因", []).append(row.bank_no)
    now = timezone.now()
    for reason, numbers in failed.items():
        sent.filter(bank_no__in=numbers).update(state=LineState.FAILED, settled_at=now, note=reason[:200])
    sent.update(state=LineState.PAID, settled_at=now)
    answered = Line.objects.filter(bank_file=bank_file)
    paid, unpaid = (
        answered.filter(state=LineState.PAID).totals(),
        answered.filter(state=LineState.FAILED).totals(),
    )
    answer = BankReturn.objects.create(
        bank_file=bank_file, file=stored, paid=paid["count"], failed=unpaid["count"],
        paid_fen=paid["fen"], failed_fen=unpaid["fen"], read_by=by.name,
    )  # fmt: skip
    bring_up(batch)
    record(by, action="bank_return.apply", subject=answer)
    _finish(batch, by=by)
    return answer


def _finish(batch: Batch, *, by: Actor) -> None:
    """Move the batch on once the bank has answered for every file of it."""
    states = dict(batch.lines.order_by().values_list("state").annotate(n=Count("pk")))
    if not states.get(LineState.SENT):
        step(batch, "mark_partly_failed" if states.get(LineState.FAILED) else "mark_paid", by=by)
