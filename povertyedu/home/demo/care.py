"""Care of teachers: allowances of two months, rooms, checks, an application for aid, insurances, a round of titles, help between schools."""

import datetime as dt

from django.core.files.uploadedfile import SimpleUploadedFile

from povertyedu.accounts.models import User
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import School, Term
from povertyedu.workflow.flow import Actor
from teachers.actions import aid, allowances, care, housing, mutual_help, pay
from teachers.enums.allowances import AllowanceKind
from teachers.enums.care import InsuranceKind
from teachers.enums.mutual_help import HelpKind
from teachers.enums.registry import Remoteness
from teachers.models import (
    AllowanceRate,
    Building,
    CivilPay,
    HealthCheck,
    Room,
    Teacher,
    TeacherPay,
    TiltList,
)
from teachers.queries.allowances import month_before
from teachers.queries.care import rural_schools, staff_of

YUAN = 100
RATES = {  # tier -> yuan a month: 乡镇工作补贴, 乡村教师生活补助
    Remoteness.FIRST: (200, 200), Remoteness.SECOND: (300, 300), Remoteness.THIRD: (400, 400), Remoteness.FOURTH: (500, 500),
}  # fmt: skip


def look_after_teachers() -> None:
    """Give the county's teachers what the plans promise them; nothing where it has no teachers yet."""
    if not Teacher.objects.exists():
        return
    users = {
        user.username: user.as_actor()
        for user in User.objects.filter(username__in=["personnel", "approver", "finance", "clerk"])
    }
    by = users["personnel"]
    _pay_allowances(users)
    rural = (
        School.objects.filter(pk__in=rural_schools(), is_open=True, appointments__isnull=False)
        .distinct()
        .order_by("pk")[:8]
    )
    staff = staff_of([school.pk for school in rural])
    for school in rural[:4]:
        _house(school, staff.get(school.pk, []), by)
    everybody = sorted(pk for teachers in staff.values() for pk in teachers)
    _check_and_insure(everybody, by, clerk=users["clerk"])
    _stand(everybody, by)
    _help(list(rural), by)


def _pay_allowances(users: dict[str, Actor]) -> None:
    """Pay the month before last; leave last month's rolls to the schools."""
    by, last = users["personnel"], month_before(today())
    since = dt.date(today().year - 1, 1, 1)
    for tier, yuans in RATES.items():
        for kind, yuan in zip(AllowanceKind, yuans, strict=True):
            new = AllowanceRate(
                kind=kind, tier=tier, since=since, monthly_fen=yuan * YUAN, document="云教发〔2025〕12号"
            )
            allowances.keep_rate(by=by, rate=new)
    for kind in AllowanceKind:
        paid = allowances.draw_up(by=by, kind=kind, month=month_before(last))
        for sheet in paid.sheets.select_related("school"):
            allowances.confirm(by=users["clerk"], sheet=sheet)
        if paid.lines.exists():
            allowances.review(by=by, roll=paid)
            allowances.approve(by=users["approver"], roll=paid)
            allowances.pay(by=users["finance"], roll=paid, on=today(), voucher=f"补-{kind}-1")
        allowances.draw_up(by=by, kind=kind, month=last)


def _house(school: School, staff: list[int], by: Actor) -> None:
    building = housing.keep_building(
        by=by, building=Building(school=school, name="教师周转楼", built_in=2019)
    )
    rooms = [
        housing.keep_room(by=by, room=Room(building=building, number=f"{n}", capacity=2)) for n in (101, 102)
    ]
    people = list(Teacher.objects.filter(pk__in=staff).select_related("person").order_by("code"))
    for number, teacher in enumerate(people[:3]):
        housing.move_in(
            by=by, room=rooms[number // 2], teacher=teacher, since=dt.date(today().year - 1, 9, 1)
        )
    for teacher in people[3:5]:
        housing.ask(
            by=by,
            school=school,
            teacher=teacher,
            asked_on=today() - dt.timedelta(days=20),
            reason="家离学校远，每天往返不便",
        )


def _check_and_insure(teachers: list[int], by: Actor, clerk: Actor) -> None:
    year, invited = today().year, today() - dt.timedelta(days=60)
    if not teachers:
        return
    care.invite(by=by, teachers=teachers, year=year, on=invited, hospital="云岭县人民医院")
    for check in HealthCheck.objects.filter(year=year).order_by("pk")[: len(teachers) * 3 // 5]:
        care.check_done(by=by, check=check, on=invited + dt.timedelta(days=7), result="未见异常")
    people = list(Teacher.objects.filter(pk__in=teachers).select_related("person"))
    care.insure(by=by, teachers=people, kinds=InsuranceKind.values[:5], since=dt.date(year - 2, 1, 1))
    care.insure(
        by=by,
        teachers=people[: len(people) - 3],
        kinds=[InsuranceKind.MATERNITY],
        since=dt.date(year - 2, 1, 1),
    )
    aid.apply(
        by=clerk, teacher=people[0], diagnosis="重大疾病（演示）", ill_since=invited, cost_fen=12_000_000, own_fen=4_600_000, asked_fen=3_000_000,
    )  # fmt: skip


def _stand(teachers: list[int], by: Actor) -> None:
    year = today().year
    tilt = care.keep_tilt(
        by=by,
        tilt=TiltList(
            kind="title", name="高级教师", year=year, document="云人社发〔2026〕9号第五条", points_per_year=100, most_points=1_000, needed_months=12,
        ),
    )  # fmt: skip
    people = list(Teacher.objects.filter(pk__in=teachers).select_related("person").order_by("code"))
    for number, teacher in enumerate(people[:6]):
        care.put_up(by=by, tilt=tilt, teacher=teacher, base_points=7_800 + 35 * number)
    pay.keep_civil(
        by=by,
        figure=CivilPay(
            year=year - 1, counterpart="全体公务员", average_fen=8_640_000, document="县财政局年报"
        ),
    )
    pays = [
        TeacherPay(
            teacher=teacher, year=year - 1, title=teacher.title, total_fen=8_200_000 + 90_000 * (number % 12)
        )
        for number, teacher in enumerate(people)
    ]
    pay.keep_pays(by=by, pays=pays)


def _help(schools: list[School], by: Actor) -> None:
    term = Term.objects.filter(starts_on__lte=today()).first()
    giver = (
        School.objects.of_stage("primary")
        .filter(is_open=True, appointments__isnull=False)
        .exclude(pk__in=[s.pk for s in schools])
        .order_by("pk")
        .first()
    )
    if term is None or giver is None:
        return
    for number, (school, kind) in enumerate(zip(schools, [*HelpKind] * 2, strict=False)):
        made = mutual_help.plan(
            by=by, kind=kind, term=term, from_school=giver, to_school=school, topic=f"{kind.label}第{number + 1}期", planned_on=term.starts_on,
            planned_hours=2, times=2, every_weeks=3,
        )  # fmt: skip
        if made[0].planned_on <= today() and number % 3:
            mutual_help.hold(
                by=by, activity=made[0], held_on=made[0].planned_on, held_hours=2, audience=35 + number, summary="按计划开展",
                upload=SimpleUploadedFile("签到表.png", b"\x89PNG"),
            )  # fmt: skip
