"""A batch waiting at each stage, brought there by the same verbs and people as in the bureau.

Every batch takes other programmes or another term, so that none holds another's money.
"""

import datetime as dt
from pathlib import Path
from tempfile import TemporaryDirectory

from povertyedu.accounts.models import User
from povertyedu.accounts.permissions import Permission, Role
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Term
from povertyedu.publicity.actions import record_objection, take_down_expired
from povertyedu.publicity.models import Notice
from povertyedu.workbooks.writing import LedgerColumn, write_table
from povertyedu.workflow.flow import Actor
from subsidies.actions import batches, lines, payouts, publicising
from subsidies.enums import SheetState
from subsidies.models import BankFile, Batch

from .people import AUTUMN, SPRING, Child

FAILURES = ("账号已销户", "户名与账号不符", "账户状态异常")
RETURN_COLUMNS = (
    LedgerColumn("流水号", width=22), LedgerColumn("姓名"), LedgerColumn("账号", width=26),
    LedgerColumn("金额", "money"), LedgerColumn("结果"), LedgerColumn("原因", width=20),
)  # fmt: skip


class Bureau:
    """The people who handle batches, each with the account that a visitor would use or the school's own."""

    def __init__(self):
        users = {user.username: user for user in User.objects.all()}
        self.aid = users["aid"].as_actor(Permission.OPEN_BATCH)
        self.approver = users["approver"].as_actor(Permission.APPROVE_FINAL)
        self.finance = users["finance"].as_actor(Permission.PAY)
        self.clerks = self._by_school(Role.SCHOOL_CLERK, Permission.SUBMIT_SHEET)
        self.reviewers = self._by_school(Role.CENTRE_REVIEWER, Permission.REVIEW_SHEET)

    @staticmethod
    def _by_school(role: Role, permission: Permission) -> dict[int, Actor]:
        users = User.objects.filter(grants__role=role).distinct()
        return {user.live_grants[0].school_id: user.as_actor(permission) for user in users}

    def open(self, term: str, title: str, *programmes: str) -> Batch:
        return batches.open_batch(
            by=self.aid, term=Term.objects.get(pk=term), programmes=programmes, title=title
        )

    def submit(self, sheet) -> None:
        batches.submit_sheet(by=self.clerks[sheet.school_id], sheet=sheet)

    def review(self, sheet) -> None:
        batches.review_sheet(by=self.reviewers[sheet.school.centre_id], sheet=sheet)

    def report(self, batch: Batch) -> Batch:
        """Let every school report and every centre school review."""
        for sheet in batch.sheets.select_related("school"):
            self.submit(sheet)
            if sheet.school.centre_id:
                self.review(sheet)
        return batch

    def approve(self, batch: Batch) -> Batch:
        batches.approve_office(by=self.aid, batch=self.report(batch))
        return batches.approve_final(by=self.approver, batch=batch)

    def publish(self, batch: Batch) -> Batch:
        return publicising.publish(by=self.aid, batch=self.approve(batch))

    def clear(self, batch: Batch) -> Batch:
        """Publicise and let the period be over: a demo cannot wait for five working days."""
        self.publish(batch)
        notices = Notice.objects.filter(about=publicising.about(batch))
        past = today() - dt.timedelta(days=1)
        notices.update(opens_on=past - dt.timedelta(days=7), closes_on=past)
        Batch.objects.filter(pk=batch.pk).update(publicity_until=past)
        return publicising.clear(by=self.aid, batch=batch)

    def send(self, batch: Batch) -> BankFile:
        return payouts.export_bank_file(by=self.finance, batch=self.clear(batch), reason="按批次发放")

    def pay(self, batch: Batch, *failing: str) -> Batch:
        """Send a batch and read the bank's answer: paid, but for the children named ``failing``."""
        bank_file = self.send(batch)
        with TemporaryDirectory() as folder:
            path = Path(folder) / "return.xlsx"
            write_return(bank_file, path, failing)
            payouts.apply_return(
                by=self.finance, bank_file=bank_file, path=path, name=f"回盘-{bank_file}.xlsx"
            )
        batch.refresh_from_db()
        return batch


def write_return(bank_file: BankFile, path: Path, failing: tuple[str, ...]) -> None:
    """Write the bank's answer to ``bank_file``: a failure for children named ``failing``, else paid."""

    def rows():
        for line in bank_file.lines.order_by("bank_no"):
            failed = line.student_name in failing
            yield (
                bank_file.serial(line.bank_no), line.account_holder, line.account_number, line.amount_fen,
                "失败" if failed else "成功", FAILURES[line.bank_no % 3] if failed else "",
            )  # fmt: skip

    write_table(path, RETURN_COLUMNS, rows())


def pay_spring(cast: dict[str, Child], folder: Path) -> None:
    """Bring spring's batches to archived, paid, partly failed and sent.

    The bank's answer to the one that waits for it is put into ``folder``, for the visitor to read back.
    """
    bureau = Bureau()
    _archive(bureau, bureau.open(SPRING, "2026年春季 学前教育生活补助", "preschool_living"))
    bureau.pay(bureau.open(SPRING, "2026年春季 寄宿生生活补助", "boarding_living", "boarding_topup"))
    bureau.pay(
        bureau.open(SPRING, "2026年春季 普通高中助学金", "senior_national_grant", "senior_special_grant"),
        cast["returned_by_bank"].name,
    )
    sent = bureau.send(
        bureau.open(SPRING, "2026年春季 中职助学金", "vocational_national_grant", "vocational_special_grant")
    )
    last = sent.lines.order_by("-bank_no").values_list("student_name", flat=True).first()
    write_return(sent, folder / f"银行回盘-{sent}.xlsx", (last,))
    take_down_expired()


def leave_autumn_waiting(cast: dict[str, Child]) -> None:
    """Pay one batch of autumn; leave one at each stage that somebody works on: from half reported to cleared."""
    bureau = Bureau()
    bureau.pay(bureau.open(AUTUMN, "2026年秋季 普通高中国家助学金", "senior_national_grant"))
    bureau.clear(bureau.open(AUTUMN, "2026年秋季 中职国家助学金", "vocational_national_grant"))
    public = bureau.open(AUTUMN, "2026年秋季 普通高中扶贫专项助学金", "senior_special_grant")
    _object(bureau, bureau.publish(public), cast["objected"].name)
    bureau.approve(bureau.open(AUTUMN, "2026年秋季 寄宿生县级增补", "boarding_topup"))
    waiting = bureau.open(AUTUMN, "2026年秋季 中职扶贫专项助学金", "vocational_special_grant")
    batches.approve_office(by=bureau.aid, batch=bureau.report(waiting))
    _half_reported(
        bureau, bureau.open(AUTUMN, "2026年秋季 学前和寄宿生生活补助", "preschool_living", "boarding_living")
    )
    take_down_expired()


def _archive(bureau: Bureau, batch: Batch) -> None:
    bureau.pay(batch)
    for line in batch.lines.held():
        lines.remove_line(by=bureau.aid, line=line, reason="账户未补录，列入以后批次")
    batches.archive(by=bureau.aid, batch=batch)


def _object(bureau: Bureau, batch: Batch, name: str) -> None:
    """Object to every line of the child ``name``: its whole money in the batch waits."""
    for notice in Notice.objects.filter(about=publicising.about(batch)):
        for subject, words in publicising.people_on(notice):
            if words.startswith(f"{name}（"):
                text = "群众反映该生家庭在县城有商品房，请核实。"
                record_objection(
                    by=bureau.aid, notice=notice, subject=subject, text=text, raised_by="匿名来电"
                )


def _half_reported(bureau: Bureau, batch: Batch) -> None:
    """Leave the first township still to report and its kindergartens to review; the others are at every step."""
    returned = False
    for turn, sheet in enumerate(batch.sheets.select_related("school__centre")):
        of_visitor = sheet.school.area_id.startswith("529901101")
        if (of_visitor and not sheet.school.centre_id) or (not of_visitor and turn % 5 == 0):
            continue
        bureau.submit(sheet)
        sheet.refresh_from_db()
        if sheet.state != SheetState.SUBMITTED or of_visitor or turn % 5 == 1:
            continue
        if not returned:
            reviewer = bureau.reviewers[sheet.school.centre_id]
            batches.return_sheet(by=reviewer, sheet=sheet, reason="两名学生已转学，请核对名单后重新报送。")
            returned = True
        else:
            bureau.review(sheet)
