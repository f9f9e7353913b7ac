"""School construction: two programmes and projects at every stage, one late, one request to decide."""

import datetime as dt
import struct
import zlib
from decimal import Decimal

from django.core.files.base import ContentFile

from povertyedu.accounts.models import User
from povertyedu.accounts.permissions import Permission
from povertyedu.orgs.calendar import today
from povertyedu.orgs.enums import SchoolKind
from povertyedu.orgs.models import School, Term
from projects.actions import alerts, base_tables, disclosures, funds, programmes, register, requests, work
from projects.actions.register import NewProject, Quantity
from projects.enums import DisclosureKind, MilestoneKind, ProgrammeKind
from projects.models import Programme, ProgrammeTarget
from projects.queries.base_tables import period_begun

from .equipment import equip_schools

WAN = 1_000_000  # fen in ten thousand yuan
# years from now, item, way of counting, number, unit, clause
THREE_LINKS = (
    (-1, "宽带网络校校通", "added", 10, "所", "二(一)"), (-1, "优质资源班班通", "added", 90, "间", "二(一)"),
    (0, "宽带网络校校通", "added", 8, "所", "二(一)"), (0, "优质资源班班通", "added", 80, "间", "二(一)"),
    (1, "优质资源班班通", "total", 200, "间", "五(二)"), (1, "宽带网络校校通", "reached", 42, "所", "二(一)"),
    (-1, "公用经费用于信息化的比例", "share", 8, "%", "三(四)"), (1, "公用经费用于信息化的比例", "share", 8, "%", "三(四)"),
)  # fmt: skip
REACHED = (
    MilestoneKind.APPROVAL,
    MilestoneKind.DESIGN,
    MilestoneKind.TENDER,
    MilestoneKind.START,
    MilestoneKind.STRUCTURE,
)


def build_schools(term: Term) -> None:
    """Register programmes and projects and carry each some way along; equip schools by what they lack in ``term``."""
    users = {
        user.username: user for user in User.objects.filter(username__in=["project", "finance", "approver"])
    }
    officer = users["project"].as_actor(Permission.MANAGE_PROJECTS)
    finance = users["finance"].as_actor(Permission.KEEP_PROJECT_FUNDS)
    weak = _programme(
        officer, "义务教育薄弱环节改善与能力提升", ProgrammeKind.CAPACITY, "教学及辅助用房", "平方米", 12_000
    )
    toilets = _programme(officer, "农村学校厕所改造", ProgrammeKind.TOILETS, "厕所", "座", 30)
    schools = School.objects.filter(
        kind__in=[SchoolKind.PRIMARY, SchoolKind.NINE_YEAR], is_open=True
    ).order_by("pk")[:12]
    for number, school in enumerate(schools):
        of, item = (
            (weak, Quantity("教学及辅助用房", "平方米", 600 + 80 * number))
            if number % 2
            else (toilets, Quantity("厕所", "座", 1))
        )
        _carry(number, school, of, item, officer, finance)
    _three_links(officer)
    equip_schools(term)
    alerts.watch()
    _report(officer, users["approver"].as_actor(Permission.APPROVE_PROJECTS))


def _report(officer, approver) -> None:
    """Make the year's fund plan public, leave its progress to approve and the base table to submit."""
    for kind in DisclosureKind:
        drawn = disclosures.draw_up(by=officer, kind=kind, year=today().year, on=today())
        disclosures.submit(by=officer, disclosure=drawn)
        if kind == DisclosureKind.PLAN:
            disclosures.publish(by=approver, disclosure=drawn)
    base_tables.open_table(period=period_begun())


def _programme(by, name: str, kind: str, item: str, unit: str, planned: int) -> Programme:
    year = today().year
    made = programmes.keep(
        by=by,
        programme=Programme(
            name=name, kind=kind, first_year=year - 1, last_year=year + 1, document="云政发〔2025〕18号"
        ),
    )
    programmes.set_target(by=by, programme=made, year=year, item=item, unit=unit, planned=planned)
    return made


def _three_links(by) -> None:
    """A plan that is counted, not built: one target missed last year, one figure that contradicts the years."""
    year = today().year
    made = programmes.keep(
        by=by,
        programme=Programme(
            name="教育信息化三通两平台", kind=ProgrammeKind.INFORMATION, first_year=year - 1, last_year=year + 1,
            document="云教发〔2024〕33号",
        ),
    )  # fmt: skip
    programmes.set_targets(
        by=by,
        targets=[
            ProgrammeTarget(
                programme=made,
                year=year + add,
                item=item,
                basis=basis,
                planned=planned,
                unit=unit,
                clause=clause,
            )
            for add, item, basis, planned, unit, clause in THREE_LINKS
        ],
    )
    for on, network, rooms in (
        (dt.date(year - 2, 12, 31), 21, 180),
        (dt.date(year - 1, 12, 31), 31, 255),
        (today(), 36, 310),
    ):
        done = {"宽带网络校校通": (Decimal(network), None), "优质资源班班通": (Decimal(rooms), None)}
        programmes.count_done(by=by, programme=made, on=on, done=done, note="各校填报汇总")
    share = {"公用经费用于信息化的比例": (Decimal(38), Decimal(500))}  # in ten thousand yuan: 7.6%
    programmes.count_done(by=by, programme=made, on=dt.date(year - 1, 12, 31), done=share, note="年度决算")


def picture(width: int = 160, height: int = 120) -> bytes:
    """Return a PNG of a wall under a sky, in place of a photo."""
    sky, wall = b"\x9c\xc3\xe6", b"\xb0\x8a\x6a"
    lines = b"".join(b"\0" + (sky if y < height // 3 else wall) * width for y in range(height))

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(lines))
        + chunk(b"IEND", b"")
    )


def _carry(number: int, school: School, of: Programme, item: Quantity, officer, finance) -> None:
    """Register one project and take it ``number`` steps along."""
    begun = today() - dt.timedelta(days=220 - 12 * number)
    due = begun + dt.timedelta(days=150 if number == 4 else 330)
    new = NewProject(
        name=f"{school.name}{'教学楼' if number % 2 else '厕所改造'}", kind="build" if number % 2 else "renovate", programme=of.pk,
        year=today().year, area=school.area_id[:9], schools=(school.pk,), quantities=(item,), due_on=due, starts_on=begun,
        budget={"central": (60 + 10 * number) * WAN, "county": 20 * WAN, "donation": number % 3 * 5 * WAN}, document="云发改〔2026〕7号",
    )  # fmt: skip
    project = register.register(by=officer, projects=[new])[0]
    if number % 6 == 0:
        return
    line = project.fund_lines.get(source="central")
    funds.arrive(by=finance, line=line, amount_fen=50 * WAN, on=begun, document=f"拨2026-{number}")
    for step, kind in enumerate(REACHED[: 1 + number % 6]):
        work.reach_milestone(
            by=officer, project=project, kind=kind, actual_on=begun + dt.timedelta(days=3 * step)
        )
    if number % 6 < 3:
        return
    contract = funds.sign(
        by=officer, project=project, number=f"YL-2026-{number:02d}", contractor="云岭建筑工程公司", signed_on=begun, due_on=due,
        parts={"central": 55 * WAN},
    )  # fmt: skip
    funds.pay(by=finance, part=contract.parts.get(), amount_fen=20 * WAN, on=begun, document=f"记-{number}")
    if number % 6 == 3:
        requests.ask(
            by=finance, project=project, kind="transfer", line=line, to_source="county", amount_fen=3 * WAN, reason="附属工程由县级承担，调剂使用",
        )  # fmt: skip
    if number % 6 > 3:
        project.refresh_from_db()
        work.report_progress(
            by=officer, project=project, on=today() - dt.timedelta(days=20), percent=45, text="主体二层封顶",
            upload=ContentFile(picture(), name="现场.png"),
        )  # fmt: skip
