"""What the county does for its teachers, one of each, for tests."""

import datetime as dt

from django.core.files.uploadedfile import SimpleUploadedFile

from povertyedu.orgs.calendar import today
from povertyedu.workflow.flow import Actor
from teachers.actions import aid, allowances, care, housing, mutual_help, repayments
from teachers.models import (
    AllowanceRate,
    AllowanceRoll,
    Building,
    CivilPay,
    HealthCheck,
    Insurance,
    Room,
    TiltList,
)
from teachers.queries.allowance_balances import open_balances
from teachers.queries.allowances import month_before
from tests import factories
from tests.factories import teachers

MONTHLY_FEN = 30_000
OCTOBER = dt.date(2020, 10, 1)
OTHERS = [Actor(number, "某人", "") for number in range(900_001, 900_005)]


def rate(
    fen: int = MONTHLY_FEN, tier: int = 2, kind: str = "rural", since: dt.date = dt.date(2020, 1, 1), **fields
) -> AllowanceRate:
    fields = {"document": "云教发〔2020〕5号"} | fields
    return AllowanceRate.objects.create(kind=kind, tier=tier, since=since, monthly_fen=fen, **fields)


def draw(bureau, month: dt.date = OCTOBER, kind: str = "rural") -> AllowanceRoll:
    """Draw up the roll of a month as the bureau."""
    return allowances.draw_up(by=bureau.as_actor(), kind=kind, month=month)


def lines(roll) -> list[tuple]:
    """Return what stands on a roll: name, month, nature, fen, state."""
    return list(
        roll.lines.order_by("teacher", "for_month").values_list(
            "teacher__person__name", "for_month", "nature", "amount_fen", "state"
        )
    )


def carry(roll, *people, on: dt.date = dt.date(2020, 11, 1)) -> AllowanceRoll:
    """Take a roll from its schools to the payout."""
    clerk, bureau, approver, finance = (person.as_actor() for person in people)
    for sheet in roll.sheets.all():
        allowances.confirm(by=clerk, sheet=sheet)
    allowances.review(by=bureau, roll=roll)
    allowances.approve(by=approver, roll=roll)
    return allowances.pay(by=finance, roll=roll, on=on, voucher="记-11")


def one_of_each(school, *, by) -> dict:
    """Return a rate with its document, a roll that the school is to confirm, one that is paid, and what a leaver gave back of it."""
    teachers.teacher("罗老师", school)
    leaver = teachers.teacher("离任教师", school)
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
    leaver.appointments.update(until=paid.month - dt.timedelta(days=1))
    (stuck,) = (balance for balance in open_balances({school.pk}) if balance.is_stuck)
    roll = allowances.draw_up(by=by, kind="rural", month=last)
    return {
        "leaver": leaver,
        "repayment": repayments.repay(by=finance, balance=stuck, amount_fen=1_00, on=today(), voucher="收-1")[
            0
        ],
        "allowance_rate": kept,
        "allowance_roll": roll,
        "allowance_sheet": roll.sheets.get(),
        "paid_roll": paid,
        **_welfare(school, by=by),
        **_help(school, by=by),
    }


def _help(school, *, by) -> dict:
    """Return an activity that was held, with evidence, and one that is planned."""
    other = factories.school("城关镇第九小学")
    held, planned = mutual_help.plan(
        by=by, kind="lessons", term=factories.term(), from_school=school, to_school=other, topic="古诗", planned_on=dt.date(2020, 10, 12),
        planned_hours=2, times=2,
    )  # fmt: skip
    mutual_help.hold(
        by=by,
        activity=held,
        held_on=dt.date(2020, 10, 12),
        held_hours=2,
        audience=30,
        summary="好",
        upload=SimpleUploadedFile("图.png", b"\x89PNG"),
    )
    return {"help_activity": held, "help_planned": planned}


def room_at(school, *, by, capacity: int = 2, number: str = "101", building: str = "教师楼") -> Room:
    house = Building.objects.filter(school=school, name=building).first() or housing.keep_building(
        by=by, building=Building(school=school, name=building)
    )
    return housing.keep_room(by=by, room=Room(building=house, number=number, capacity=capacity))


def _welfare(school, *, by) -> dict:
    """Return a room lived in, one who waits, a check, an application for aid, an insurance, a round of titles, a figure of pay."""
    lodger, other = teachers.teacher("住户", school), teachers.teacher("轮候", school)
    room = room_at(school, by=by)
    care.invite(by=by, teachers=[lodger.pk], year=today().year, on=today(), hospital="县医院")
    care.insure(by=by, teachers=[lodger], kinds=["medical"], since=dt.date(2020, 1, 1))
    return {
        "room": room,
        "building": room.building,
        "occupancy": housing.move_in(by=by, room=room, teacher=lodger, since=today()),
        "housing_request": housing.ask(
            by=by, school=school, teacher=other, asked_on=today(), reason="家在外乡"
        ),
        "health_check": HealthCheck.objects.get(teacher=lodger),
        "aid": aid.apply(
            by=OTHERS[0],
            teacher=lodger,
            diagnosis="重病",
            ill_since=today(),
            cost_fen=900_000,
            own_fen=300_000,
            asked_fen=200_000,
        ),
        "insurance": Insurance.objects.get(teacher=lodger),
        "tilt": care.keep_tilt(
            by=by,
            tilt=TiltList(
                kind="title",
                name="一级教师",
                year=2020,
                document="云人社〔2020〕3号",
                points_per_year=100,
                most_points=1000,
            ),
        ),
        "civil_pay": CivilPay.objects.create(
            year=2019, counterpart="全体公务员", average_fen=8_000_000, document="统计年报"
        ),
    }
