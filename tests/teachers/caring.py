"""What the county does for its teachers, one of each, for tests."""

import datetime as dt

from django.core.files.uploadedfile import SimpleUploadedFile

from povertyedu.orgs.calendar import today
from povertyedu.workflow.flow import Actor
from teachers.actions import allowances
from teachers.models import AllowanceRate
from teachers.queries.allowances import month_before
from tests.factories import teachers

MONTHLY_FEN = 30_000
OTHERS = [Actor(number, "某人", "") for number in range(900_001, 900_005)]


def rate(
    fen: int = MONTHLY_FEN, tier: int = 2, kind: str = "rural", since: dt.date = dt.date(2020, 1, 1), **fields
) -> AllowanceRate:
    fields = {"document": "云教发〔2020〕5号"} | fields
    return AllowanceRate.objects.create(kind=kind, tier=tier, since=since, monthly_fen=fen, **fields)


def one_of_each(school, *, by) -> dict:
    """Return a rate with its document, a roll that the school is to confirm, and one that is paid."""
    teachers.teacher("罗老师", school)
    teachers.place(school, remoteness=2)
    scan = SimpleUploadedFile("文件.pdf", b"%PDF-1.4")
    kept = allowances.keep_rate(
        by=by, rate=AllowanceRate(kind="rural", tier=2, since=dt.date(2020, 1, 1), monthly_fen=MONTHLY_FEN, document="云教发〔2020〕5号"), upload=scan,
    )  # fmt: skip
    last = month_before(today())
    paid = allowances.draw_up(by=by, kind="rural", month=month_before(last))
    clerk, bureau, approver, finance = OTHERS
    for sheet in paid.sheets.all():
        allowances.confirm(by=clerk, sheet=sheet)
    allowances.review(by=bureau, roll=paid)
    allowances.approve(by=approver, roll=paid)
    allowances.pay(by=finance, roll=paid, on=today(), voucher="记-1")
    roll = allowances.draw_up(by=by, kind="rural", month=last)
    return {
        "allowance_rate": kept,
        "allowance_roll": roll,
        "allowance_sheet": roll.sheets.get(),
        "paid_roll": paid,
    }
