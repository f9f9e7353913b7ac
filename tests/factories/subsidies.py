"""Money for tests: programmes, entitlements, and a batch at any step of its way."""

import datetime as dt
import json
from pathlib import Path

from django.core.files.temp import NamedTemporaryFile
from django.utils import timezone

from povertyedu.files.models import StoredFile
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import CalendarDay
from povertyedu.publicity.models import Notice
from povertyedu.workbooks.writing import write_table
from students.models import Enrolment, FactChange, Student
from subsidies.actions import batches, funds, payouts, policies, publicising
from subsidies.actions.exchange import open_exchange
from subsidies.models import (
    BankFile,
    Batch,
    Entitlement,
    Exchange,
    ExchangeReply,
    FundReceipt,
    Inquiry,
    Policy,
    Programme,
)
from tests import factories

STEPS = (
    "open",
    "submitted",
    "reviewed",
    "office_approved",
    "approved",
    "in_publicity",
    "cleared",
    "sent",
    "paid",
)


def programme(code: str = "boarding_living", name: str = "寄宿生生活补助", kind: str = "cash") -> Programme:
    return Programme.objects.get_or_create(code=code, defaults={"name": name, "kind": kind})[0]


def entitle(student: Student, fen: int = 50_000, *, of: Programme | None = None, term=None) -> Entitlement:
    """Write the entitlement of one child and take away its marks, as a recalculation would."""
    of = of or programme()
    enrolment = student.enrolments.select_related("school__area").get(**({"term": term} if term else {}))
    Entitlement.objects.bulk_create([entitlement_of(enrolment, of, fen)])
    FactChange.objects.filter(term=enrolment.term, student=student).delete()
    return Entitlement.objects.get(term=enrolment.term, student=student, programme=of)


def entitlement_of(enrolment: Enrolment, of: Programme, fen: int) -> Entitlement:
    return Entitlement(
        term_id=enrolment.term_id, student_id=enrolment.student_id, programme=of, rule=f"{of.code}.a", kind=of.kind,
        amount_fen=fen, stage=enrolment.stage, grade=enrolment.grade, school_id=enrolment.school_id,
        school_area=enrolment.school_area, home_area=enrolment.home_area,
    )  # fmt: skip


_RULE = """
[[programme]]
code = "{code}"
label = "{label}"
kind = "{kind}"
stages = ["primary", "junior"]

[[rule]]
code = "{code}.a"
programme = "{code}"
label = "{label}"
clause = "一"
quote = "原文"
amount = {{ yuan = {yuan}, per = "term" }}
funding = {{ sources = {sources}, weights = {weights}, quote = "分担" }}
[rule.when]
stage = ["primary", "junior"]
categories = ["registered_poor"]
"""


def funded(
    *, by, weights: dict[str, int] | None = None, of: Programme | None = None, yuan: int = 500, **more
) -> Policy:
    """Publish a policy under which the rule of :func:`entitle` is borne by ``weights`` (source: weight).

    ``more``: further programmes by code, each with its own weights.
    """
    of = of or programme()
    rules = {of: weights or {"central": 8, "county": 2}}
    rules |= {programme(code): given for code, given in more.items()}
    text = 'name = "split"\ntitle = "分担办法"\ndocument = "《分担办法》"\nfirst_term = "2015-autumn"\n' + "".join(
        _RULE.format(
            code=p.code, label=p.name, kind=p.kind, yuan=yuan, sources=json.dumps(list(given)), weights=json.dumps(list(given.values())),
        )
        for p, given in rules.items()
    )  # fmt: skip
    return policies.load_policy(text=text, by=by)


def new_receipt(fen: int = 100_000, *, of=None, **fields) -> funds.NewReceipt:
    """What a document says of ``fen`` for the programmes ``of``; ``fields`` replace the usual ones."""
    of = of if of is not None else [programme()]
    usual = {
        "number": "云财教〔2020〕36号", "source": "county", "received_on": dt.date(2020, 9, 10), "year": 2020, "term": None,
    }  # fmt: skip
    return funds.NewReceipt(
        amount_fen=fen, programmes=tuple(getattr(p, "pk", p) for p in of), **(usual | fields)
    )


def receipt(fen: int = 100_000, *, by, of=None, **fields) -> FundReceipt:
    """Book money as ``by`` (an actor) would."""
    return funds.book_receipt(by=by, receipt=new_receipt(fen, of=of, **fields))


class People:
    """One actor per stage, by account."""

    def __init__(self, *, clerk, aid, approver, finance, reviewer=None):
        self.clerk, self.aid, self.approver, self.finance = (
            user.as_actor() for user in (clerk, aid, approver, finance)
        )
        self.reviewer = reviewer.as_actor() if reviewer else None


def batch_at(step: str, people: People, *, term, programmes=None, title: str = "秋季生活补助") -> Batch:
    """Take a new batch of what is outstanding as far as ``step`` (one of STEPS) by its own verbs."""
    batch = batches.open_batch(by=people.aid, term=term, programmes=programmes or [programme()], title=title)
    for name in STEPS[1 : STEPS.index(step) + 1]:
        _TAKE[name](batch, people)
    batch.refresh_from_db()
    return batch


def overpaid(name: str, people: People, *, term, at, paid: int = 50_000, due: int = 20_000) -> Student:
    """A child paid ``paid`` fen whose entitlement fell to ``due`` afterwards."""
    of = programme(f"overpaid_{Programme.objects.count()}", "寄宿生生活补助")
    child = factories.student(name, at=at, during=term)
    entitle(child, paid, of=of)
    batch_at("paid", people, term=term, programmes=[of], title="多发")
    Entitlement.objects.filter(student=child, programme=of).update(amount_fen=due)
    return child


def exchange(user, *, during, region: str = "贵州省遵义市", recipient: str = "遵义市教育局") -> Exchange:
    """Return a letter about the children of ``region``, not sent yet."""
    return open_exchange(by=user.as_actor(), user=user, term=during, regions=[region], recipient=recipient)


def reply_to(exchange: Exchange, user) -> ExchangeReply:
    """Return a checked answer that waits to be taken in."""
    stored = StoredFile.keep([b"x"], name="答复.xlsx", purpose="exchange_reply", owner=user)
    return ExchangeReply.objects.create(
        exchange=exchange,
        file=stored,
        answered_on=today(),
        read_by=user.name,
        counts={"rows": 1, "missing": 0, "new": 1, "changed": 0},
    )


def inquiry(user, *, during) -> Inquiry:
    """Return another county's question, answered."""
    question, answer = (
        StoredFile.keep([b"x"], name=name, purpose="inquiry", owner=user)
        for name in ("来函.xlsx", "答复.xlsx")
    )
    return Inquiry.objects.create(
        asker="遵义市教育局", number="529902-2020-autumn-001", term=during, state="answered", question=question, answer=answer,
        counts={"rows": 1, "yes": 1}, made_by=user.name,
    )  # fmt: skip


def _submit(batch: Batch, people: People):
    for sheet in batch.sheets.all():
        batches.submit_sheet(by=people.clerk, sheet=sheet)


def _review(batch: Batch, people: People):
    for sheet in batch.sheets.filter(state="submitted"):
        batches.review_sheet(by=people.reviewer, sheet=sheet)


def end_publicity(batch: Batch) -> None:
    """Let the period of a batch be over: its days are moved into the past, as time would."""
    batch.refresh_from_db()
    back = batch.publicity_until - today() + timezone.timedelta(days=1)
    for notice in Notice.objects.filter(about=publicising.about(batch)):
        Notice.objects.filter(pk=notice.pk).update(
            opens_on=notice.opens_on - back, closes_on=notice.closes_on - back
        )
    Batch.objects.filter(pk=batch.pk).update(publicity_until=batch.publicity_until - back)


def _clear(batch: Batch, people: People):
    end_publicity(batch)
    publicising.clear(by=people.aid, batch=batch)


def _pay(batch: Batch, people: People):
    bank_file = batch.bank_files.get()
    with return_file(bank_file) as path:
        payouts.apply_return(by=people.finance, bank_file=bank_file, path=path, name="回盘.xlsx")


_TAKE = {
    "submitted": _submit,
    "reviewed": _review,
    "office_approved": lambda batch, people: batches.approve_office(by=people.aid, batch=batch),
    "approved": lambda batch, people: batches.approve_final(by=people.approver, batch=batch),
    "in_publicity": lambda batch, people: publicising.publish(by=people.aid, batch=batch),
    "cleared": _clear,
    "sent": lambda batch, people: payouts.export_bank_file(by=people.finance, batch=batch, reason="秋季发放"),
    "paid": _pay,
}


class return_file:  # noqa: N801  used like a function
    """A bank's answer to ``bank_file`` on disk: all paid but the numbers in ``failed``; ``rows`` replaces them all."""

    def __init__(self, bank_file: BankFile, *, failed: dict[int, str] | None = None, rows=None):
        self.rows = return_rows(bank_file, failed=failed or {}) if rows is None else rows

    def __enter__(self) -> Path:
        self.file = NamedTemporaryFile(suffix=".xlsx")
        path = Path(self.file.name)
        write_table(path, ["流水号", "姓名", "账号", "金额", "结果", "原因"], self.rows)
        return path

    def __exit__(self, *error):
        self.file.close()


def return_rows(bank_file: BankFile, *, failed: dict[int, str] | None = None) -> list[list[str]]:
    failed = failed or {}
    return [
        [
            bank_file.serial(line.bank_no), line.account_holder, line.account_number,
            f"{line.amount_fen / 100:.2f}", "失败" if line.bank_no in failed else "成功", failed.get(line.bank_no, ""),
        ]
        for line in bank_file.lines.order_by("bank_no")
    ]  # fmt: skip


def holiday(*days) -> None:
    CalendarDay.objects.bulk_create(CalendarDay(date=day, is_working=False) for day in days)
