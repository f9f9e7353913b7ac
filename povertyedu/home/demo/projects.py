"""School construction: two programmes and projects at every stage, one late, one request to decide."""

import datetime as dt

from povertyedu.accounts.models import User
from povertyedu.accounts.permissions import Permission
from povertyedu.orgs.calendar import today
from povertyedu.orgs.enums import SchoolKind
from povertyedu.orgs.models import School
from projects.actions import alerts, funds, programmes, register, requests, work
from projects.actions.register import NewProject, Quantity
from projects.enums import MilestoneKind, ProgrammeKind
from projects.models import Programme

WAN = 1_000_000  # fen in ten thousand yuan
REACHED = (
    MilestoneKind.APPROVAL,
    MilestoneKind.DESIGN,
    MilestoneKind.TENDER,
    MilestoneKind.START,
    MilestoneKind.STRUCTURE,
)


def build_schools() -> None:
    """Register programmes and projects and carry each some way along."""
    users = {user.username: user for user in User.objects.filter(username__in=["project", "finance"])}
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
    alerts.watch()


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
            by=officer, project=project, on=today() - dt.timedelta(days=20), percent=45, text="主体二层封顶"
        )
