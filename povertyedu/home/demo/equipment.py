"""Gaps by the standards, equipment at every step from draft to ledger, a half-year's inspections with a problem to put right."""

import datetime as dt
from decimal import Decimal

from django.core.files.base import ContentFile

from povertyedu.accounts.models import User
from povertyedu.accounts.permissions import Permission
from povertyedu.orgs.calendar import today
from povertyedu.orgs.enums import SchoolKind
from povertyedu.orgs.models import Area, School, Term
from povertyedu.workflow.flow import Actor
from projects.actions import acceptances, assets, funds, gaps, inspections, purchases, register, work
from projects.actions.assets import OldStock
from projects.actions.purchases import NewItem, NewPurchase
from projects.actions.register import NewProject
from projects.enums import AssetEntryKind, InspectionItem, MilestoneKind, ProgrammeKind, Verdict
from projects.models import Gap, Programme, Project, Purchase, PurchaseShare
from projects.queries.needs import needs_of

from .accounts import SCHOOL, TOWNSHIP
from .numbers import REGION

SLIP = b"%PDF-1.4 demo"
WAN = 1_000_000  # fen in ten thousand yuan
REPORTED = ("课桌椅", "图书", "计算机", "学生用床", "教学仪器设备值", "教学及辅助用房")


def equip_schools(term: Term) -> None:
    """Let ten schools, the visitor's first, say what they have, lack some of it, and get it in several steps."""
    own = School.objects.get(name=SCHOOL)
    others = School.objects.filter(kind__in=[SchoolKind.PRIMARY, SchoolKind.NINE_YEAR], is_open=True).exclude(
        pk=own.pk
    )
    schools = [own, *others.order_by("pk")[:9]]
    users = {
        each.username: each for each in User.objects.filter(username__in=["project", "approver", "township"])
    }
    officer = users["project"].as_actor(Permission.MANAGE_PROJECTS)
    approver = users["approver"].as_actor(Permission.APPROVE_PROJECTS)
    _old_stock(officer, schools)
    _say_what_there_is(officer, schools, term)
    project = _project(officer, schools)
    _come(_ordered(officer, approver, project, schools), officer, schools)
    _waiting(officer, project, schools)
    _into_projects(officer)
    _inspect(users["township"].as_actor(Permission.INSPECT_PROJECTS), officer, project)


def _say_what_there_is(by: Actor, schools: list[School], term: Term) -> None:
    """Each school has from 70 to 100 percent of what it needs, some more; gaps are reckoned from that."""
    gaps.take_usual_standards(by=by)
    keys = [school.pk for school in schools]
    rows = []
    for number, (school, needs) in enumerate(sorted(needs_of(term, keys).items())):
        for place, need in enumerate(needs):
            if need.item in REPORTED:
                share = Decimal(70 + (number * 7 + place * 11) % 40) / 100
                rows.append((school, need.item, (need.needed * share).quantize(Decimal(1))))
    gaps.say_conditions(by=by, rows=rows)
    gaps.reckon(by=by, term=term, schools=keys)
    hazard = gaps.NewGap(
        keys[-1], "厕所蹲位", "个", Decimal(12), Decimal(4), is_hazard=True, note="旱厕，下雨积水"
    )
    gaps.report(by=by, gaps=[hazard])


def _project(by: Actor, schools: list[School]) -> Project:
    """One project of the county for all of ``schools``, under contract."""
    year, begun = today().year, today() - dt.timedelta(days=120)
    programme = Programme.objects.create(
        name="教学装备添置",
        kind=ProgrammeKind.EQUIPMENT,
        first_year=year,
        last_year=year + 1,
        document="云教发〔2026〕12号",
    )
    new = NewProject(
        name="义务教育学校教学装备", kind="equip", programme=programme.pk, year=year, area=REGION, schools=tuple(each.pk for each in schools),
        quantities=(register.Quantity("课桌椅", "套", Decimal(600)), register.Quantity("图书", "册", Decimal(5000))),
        starts_on=begun, due_on=today() + dt.timedelta(days=20), budget={"central": 60 * WAN, "county": 20 * WAN}, document="云财教〔2026〕31号",
    )  # fmt: skip
    project = register.register(by=by, projects=[new])[0]
    for days, kind in ((0, MilestoneKind.APPROVAL), (20, MilestoneKind.TENDER), (30, MilestoneKind.START)):
        work.reach_milestone(by=by, project=project, kind=kind, actual_on=begun + dt.timedelta(days=days))
    work.plan_milestone(
        by=by,
        project=project,
        kind=MilestoneKind.FINISH,
        planned_on=today() + dt.timedelta(days=45),
        reason="供货商分两批到货",
    )
    line = project.fund_lines.get(source="central")
    funds.arrive(by=by, line=line, amount_fen=40 * WAN, on=begun, document="拨2026-31")
    funds.sign(
        by=by,
        project=project,
        number="YL-2026-ZB1",
        contractor="云岭教学设备公司",
        signed_on=begun,
        due_on=None,
        parts={"central": 45 * WAN},
    )
    return project


def _items(schools: list[School]) -> tuple[NewItem, ...]:
    desks = {school.pk: 30 + 5 * (number % 4) for number, school in enumerate(schools)}
    books = {school.pk: 400 for school in schools}
    return (
        NewItem("desks", "课桌椅", "套", sum(desks.values()), 18_000, "KZ-2", desks),
        NewItem("books", "小学图书", "册", sum(books.values()), 2_200, "", books),
    )


def _ordered(by: Actor, approver: Actor, project: Project, schools: list[School]) -> Purchase:
    new = NewPurchase("秋季课桌椅、图书采购", project.area_id, project.pk, items=_items(schools))
    made = purchases.draw_up(by=by, lists=[new])[0]
    purchases.submit(by=by, purchase=made)
    purchases.approve(by=approver, purchase=made)
    return purchases.order(
        by=by, purchase=made, supplier="云岭教学设备公司", ordered_on=today() - dt.timedelta(days=40),
        due_on=today() - dt.timedelta(days=3), contract=project.contracts.get(),
    )  # fmt: skip


def _come(purchase: Purchase, officer: Actor, schools: list[School]) -> None:
    """Some schools took what came whole, one short and damaged, one waits to be confirmed; the visitor's has still to count."""
    for number, school in enumerate(schools[1:7]):
        clerk = User.objects.get(username=f"clerk{school.code}").as_actor(Permission.ACCEPT_EQUIPMENT)
        spoiled = 2 if number == 1 else 0
        counts = {
            share.pk: (share.left - 2 * spoiled, spoiled)
            for share in PurchaseShare.objects.outstanding().filter(item__purchase=purchase, school=school)
        }
        slip = acceptances.accept(
            by=clerk, purchase=purchase, school=school, on=today() - dt.timedelta(days=10 - number), counts=counts,
            upload=ContentFile(SLIP, name="验收单.pdf"),
        )  # fmt: skip
        if number < 5:
            due = today() + dt.timedelta(days=20) if spoiled else None
            acceptances.confirm(by=officer, acceptance=slip, due_on=due)


def _waiting(by: Actor, project: Project, schools: list[School]) -> None:
    """A list to approve, and a draft that is not shared out yet."""
    computers = {school.pk: 10 for school in schools[:4]}
    to_approve = NewItem("computers", "学生计算机", "台", 40, 380_000, "", computers)
    beds = NewItem("beds", "学生用床", "张", 60, 65_000, "上下铺", {schools[0].pk: 20})
    made = purchases.draw_up(
        by=by,
        lists=[
            NewPurchase("学生计算机采购", project.area_id, project.pk, items=(to_approve,)),
            NewPurchase("寄宿制学校床铺采购", project.area_id, items=(beds,)),
        ],
    )
    purchases.submit(by=by, purchase=made[0])


def _old_stock(by: Actor, schools: list[School]) -> None:
    """Old stock of the visitor's school: some disposed of, some moved to the next school."""
    bought = today().replace(year=today().year - 6, month=9, day=1)
    rows = [
        OldStock(
            schools[0].pk, "2020-001", "computers", "学生计算机", "台", 30, 320_000, bought, place="微机室"
        ),
        OldStock(
            schools[0].pk, "2020-002", "instruments", "科学实验箱", "套", 12, 45_000, bought, place="实验室"
        ),
        OldStock(schools[0].pk, "2020-003", "kitchen", "蒸饭柜", "台", 2, 480_000, bought, place="食堂"),
    ]
    cards = assets.register_stock(by=by, rows=rows)
    day, document = today() - dt.timedelta(days=60), "云教资〔2026〕5号"
    assets.remove(
        by=by,
        asset=cards[0],
        kind=AssetEntryKind.DISPOSED,
        quantity=6,
        on=day,
        document=document,
        reason="主板损坏，无修理价值",
    )
    assets.move(
        by=by,
        asset=cards[1],
        to_school=schools[1],
        quantity=4,
        on=day,
        document=document,
        reason="调剂给新开实验课的学校",
    )


def _into_projects(by: Actor) -> None:
    """Take gaps of rooms into the project of their school, close one that a delivery filled."""
    for gap in Gap.objects.filter(state="open", item="教学及辅助用房").order_by("pk"):
        if project := Project.objects.filter(sites__school=gap.school_id, kind="build").first():
            gaps.plan(by=by, gap=gap, project=project)
    if filled := Gap.objects.filter(state="filled").exclude(filled_by_id=by.id).order_by("pk").first():
        gaps.confirm(by=by, gap=filled, reason="到校清点，与验收单一致")


def _inspect(township: Actor, county: Actor, project: Project) -> None:
    """The visitor's township checked itself, the county checked some; two problems are to be put right."""
    fine = {item.value: (Verdict.OK, "") for item in InspectionItem}
    due_on, town = today() + dt.timedelta(days=30), Area.objects.get(pk=TOWNSHIP)
    quality = fine | {"quality": (Verdict.PROBLEM, "北墙渗水，外墙开裂")}
    for number, each in enumerate(Project.objects.filter(area_id=TOWNSHIP).order_by("pk")):
        found = quality if number == 0 else fine
        inspections.inspect(by=township, project=each, area=town, on=today(), verdicts=found, due_on=due_on)
    inspections.inspect(
        by=county, project=project, area=Area.objects.get(pk=REGION), on=today(), due_on=due_on,
        verdicts=fine | {"progress": (Verdict.PROBLEM, "第二批设备超过交货期限没有到校")}, places={"progress": [TOWNSHIP]},
        partners="财政局 方晓明",
    )  # fmt: skip
