"""Every page of projects with 5,000 projects and 50,000 payments: median time, and that queries do not grow.

A county of its own is written straight into an empty database; the book is added up by its own triggers while it is
written. Pages are timed with a tenth of the projects first, for the queries, then with all of them.
"""

import datetime as dt
from itertools import islice

from django.core.management import call_command
from django.db import connection, transaction
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.indicators.models import CountReading
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Area, School
from povertyedu.workflow.flow import SYSTEM
from projects.actions import alerts, base_tables, disclosures
from projects.enums import DisclosureKind, FundSource, ProgrammeKind
from projects.models import (
    BaseTable,
    Contract,
    ContractPart,
    Disclosure,
    FundEntry,
    FundLine,
    FundRequest,
    Gap,
    Inspection,
    InspectionResult,
    Milestone,
    Period,
    Programme,
    ProgrammeTarget,
    ProgressReport,
    Project,
    ProjectQuantity,
    ProjectSite,
)
from projects.queries.inspections import half_of
from tests import factories

from .pages import AIM_MS, Page, client_of
from .timing import median_ms, table

PROJECTS, PAYMENTS_EACH = 5_000, 10
TOWNSHIPS, SCHOOLS, YEARS = 20, 300, range(2016, 2027)
SOURCES = FundSource.values[:4]
BEGUN = dt.date(2026, 3, 1)


def pages() -> list[Page]:
    """Return every page of projects that shows something, as its right user."""
    project = Project.objects.order_by("pk")[PROJECTS // 20]
    school, programme, gap = School.objects.first(), Programme.objects.first(), Gap.objects.first()
    wanted = [
        ("list", "office", "list", []),
        ("list, last page", "office", "list", [], "?before=60"),
        ("list, filtered", "office", "list", [], "?township=529901100&year=2020&source=central&q=楼"),
        ("list, with alerts", "office", "list", [], "?tab=alerted"),
        ("list, a township's", "town", "list", []),
        ("list, a school's", "head", "list", []),
        ("project", "office", "detail", [project.pk]),
        (
            "project, a school's",
            "head",
            "detail",
            [ProjectSite.objects.filter(school=school).first().project_id],
        ),
        ("project, form", "office", "new", []),
        ("project, payment form", "money", "act", [project.pk, "pay"]),
        ("funds", "office", "funds", []),
        ("funds, a township's", "town", "funds", []),
        ("requests", "office", "requests", [], "?tab=all"),
        ("programmes", "office", "programmes", []),
        ("programme", "office", "programme", [programme.pk]),
        ("programme, on a day", "office", "programme", [programme.pk], "?on=2020-06-30"),
        ("targets of all plans", "office", "targets", []),
        ("gaps", "office", "gaps", []),
        ("gaps, deep page", "office", "gaps", [], "?page=90"),
        ("gap", "office", "gap", [gap.pk]),
        ("school's plan", "head", "school_plan", [school.pk]),
        ("standards", "office", "standards", []),
        ("inspections", "office", "inspections", []),
        ("inspections, a township's", "town", "inspections", []),
        ("ledger of plans", "office", "ledgers", []),
        ("ledger of progress, on a day", "office", "ledgers", [], "?tab=progress&on=2026-06-30"),
        ("ledger of funds", "office", "ledgers", [], "?tab=funds"),
        ("ledger of funds, a township's", "town", "ledgers", [], "?tab=funds"),
        ("base tables", "office", "base_tables", []),
        ("base table", "office", "base_table", [BaseTable.objects.get().pk]),
        ("public papers", "office", "disclosures", []),
        ("public paper of progress", "office", "disclosure", [Disclosure.objects.get().pk]),
        ("map of townships", "office", "map", []),
        ("charts of a project", "office", "charts", [project.pk]),
        ("charts of a programme", "office", "programme_charts", [programme.pk]),
        ("purchases", "office", "purchases", []),
        ("deliveries, a school's", "head", "deliveries", []),
        ("assets", "office", "assets", []),
        ("ratios per pupil", "office", "ratios", []),
    ]
    return [
        Page(title, username, reverse(f"projects:{name}", args=arguments) + "".join(query))
        for title, username, name, arguments, *query in wanted
    ]


def prepare() -> None:
    """Write the places, accounts and programmes."""
    county = factories.county()
    towns = [
        factories.township(f"529901{100 + number}", "城关镇" if not number else f"第{number}镇")
        for number in range(TOWNSHIPS)
    ]
    for number in range(SCHOOLS):
        factories.school(f"第{number}小学", area=towns[number % TOWNSHIPS])
    for username, role, place in (
        ("office", "project_officer", county), ("money", "finance", county), ("town", "township_officer", towns[0]),
        ("head", "school_head", School.objects.first()), ("leader", "leader", county),
    ):  # fmt: skip
        factories.user(f"基准{username}", (role, place), username=username)
    for kind, label in ProgrammeKind.choices:
        of = Programme.objects.create(name=label, kind=kind, first_year=YEARS[0], last_year=YEARS[-1])
        ProgrammeTarget.objects.bulk_create(
            ProgrammeTarget(programme=of, year=year, item="教学用房", unit="平方米", planned=10_000 + year)
            for year in YEARS
        )
        CountReading.objects.bulk_create(
            CountReading(plan=of.plan, item="厕所", on=dt.date(year, 12, 31), value=year, counted_by="基准")
            for year in YEARS
        )


def add(start: int, stop: int) -> None:
    """Write projects ``start`` to ``stop`` with all that hangs on them."""
    towns = list(Area.objects.filter(level="township").order_by("code"))
    schools, programmes = list(School.objects.order_by("pk")), list(Programme.objects.order_by("pk"))
    states = ("preliminary", "under_way", "under_way", "under_way", "finished", "handed_over")
    projects = Project.objects.bulk_create(
        Project(
            code=f"{YEARS[n % len(YEARS)]}-{n:05d}", name=f"第{n}号教学楼", kind="build", programme=programmes[n % len(programmes)],
            year=YEARS[n % len(YEARS)], area=towns[n % TOWNSHIPS], state=states[n % len(states)], percent=100 if n % 6 > 3 else 40,
            due_on=BEGUN + dt.timedelta(days=n % 500), registered_on=BEGUN,
        )
        for n in range(start, stop)
    )  # fmt: skip
    each = list(enumerate(projects, start))
    ProjectSite.objects.bulk_create(ProjectSite(project=p, school=schools[n % SCHOOLS]) for n, p in each)
    ProjectQuantity.objects.bulk_create(
        ProjectQuantity(project=p, item="教学用房", unit="平方米", planned=600, done=n % 600) for n, p in each
    )
    Milestone.objects.bulk_create(
        Milestone(project=p, kind=kind, planned_on=BEGUN, actual_on=BEGUN if n % 6 > last else None)
        for n, p in each
        for kind, last in (("approval", -1), ("start", 0), ("structure", 2), ("finish", 3))
    )
    ProgressReport.objects.bulk_create(
        ProgressReport(
            project=p, on=BEGUN + dt.timedelta(days=30 * k), percent=10 * k, text="进展", by_name="基准"
        )
        for _, p in each
        for k in range(1, 5)
    )
    _money(each)
    _gaps_and_inspections(each, schools)


def _money(each) -> None:
    lines = FundLine.objects.bulk_create(
        FundLine(project=p, source=source) for _, p in each for source in SOURCES
    )
    _book(FundEntry(line=line, kind="budget", amount_fen=50_000_000) for line in lines)
    _book(FundEntry(line=line, kind="arrival", amount_fen=30_000_000) for line in lines)
    contracts = Contract.objects.bulk_create(
        Contract(project=p, number=f"HT-{n}", contractor="基准建筑公司", signed_on=BEGUN) for n, p in each
    )
    firsts = lines[:: len(SOURCES)]
    parts = ContractPart.objects.bulk_create(
        ContractPart(contract=contract, line=line) for contract, line in zip(contracts, firsts, strict=True)
    )
    _book(FundEntry(line=part.line, part=part, kind="contract", amount_fen=40_000_000) for part in parts)
    _book(
        FundEntry(
            line=part.line, part=part, kind="payment", amount_fen=3_000_000 + number, document=f"记-{number}"
        )
        for part in parts
        for number in range(PAYMENTS_EACH)
    )
    FundRequest.objects.bulk_create(
        FundRequest(project=line.project, kind="over_contract", line=line, amount_fen=100, reason="涨价", asked_by_id=1, asked_by="基准")
        for line in firsts[::10]
    )  # fmt: skip


def _book(entries) -> None:
    while some := list(islice(entries, 2000)):
        for entry in some:
            entry.on, entry.by_name = BEGUN, "基准"
        FundEntry.objects.bulk_create(some)


def _gaps_and_inspections(each, schools) -> None:
    year, half = half_of(today())
    Gap.objects.bulk_create(
        Gap(
            school=schools[n % SCHOOLS], item=f"缺项{n}", unit="套", needed=100, present=n % 100, is_hazard=n % 50 == 0, origin="entered",
            found_on=BEGUN,
        )
        for n, _ in each
    )  # fmt: skip
    made = Inspection.objects.bulk_create(
        Inspection(project=p, year=year, half=half, level="township", area=p.area, on=today(), by_name="基准")
        for _, p in each[::2]
    )
    InspectionResult.objects.bulk_create(
        InspectionResult(inspection=row, item=item, verdict="ok") for row in made for item in ("funds", "progress", "quality")
    )  # fmt: skip


def _queries(page: Page) -> tuple[int, float]:
    """Return how many queries a page takes, and the slowest of them in ms."""
    client = client_of(page.username)
    client.get(page.path)
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(page.path)
    assert answer.status_code == 200, f"{page.title}: {answer.status_code}"
    return len(captured), max(float(query["time"]) for query in captured.captured_queries) * 1000


@override_settings(ROOT_URLCONF="tests.bench.urls", ALLOWED_HOSTS=["testserver"])
def run() -> None:
    call_command("collectstatic", interactive=False, verbosity=0)
    with transaction.atomic():
        prepare()
        add(0, PROJECTS // 10)
    alerts.watch()
    base_tables.open_table(period=Period.begun_by(today(), odd=True, day=10))
    disclosures.draw_up(by=SYSTEM, kind=DisclosureKind.PROGRESS, year=YEARS[-1], on=today())
    few = {page.title: _queries(page)[0] for page in pages()}
    with transaction.atomic():
        add(PROJECTS // 10, PROJECTS)
    alerts.watch()
    disclosures.draw_again(by=SYSTEM, disclosure=Disclosure.objects.get(), on=today())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    payments = FundEntry.objects.filter(kind="payment").count()
    print(f"{Project.objects.count():,} projects, {payments:,} payments; aim: {AIM_MS} ms a page\n")
    rows = []
    for page in pages():
        number, worst = _queries(page)
        client = client_of(page.username)
        taken, cpu = median_ms(lambda client=client, page=page: client.get(page.path))
        note = "" if number == few[page.title] else f"QUERIES {few[page.title]} -> {number}"
        rows.append((page.title, taken, cpu, number, worst, note or ("" if taken < AIM_MS else "SLOW")))
    table(("page", "median ms", "own CPU ms", "queries", "worst query ms", ""), rows)
