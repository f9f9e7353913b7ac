"""Projects for tests, each with the least that makes it valid."""

import datetime as dt
from decimal import Decimal

from django.core.files.uploadedfile import SimpleUploadedFile

from povertyedu.orgs.calendar import today
from projects.actions import base_tables, disclosures, funds, gaps, register, requests, work
from projects.actions.register import NewProject
from projects.enums import ProgrammeKind
from projects.models import Contract, FundLine, Programme, Project, Standard
from projects.queries.base_tables import period_begun

DAY = dt.date(2020, 9, 1)


def programme(
    name: str = "全面改薄", kind: str = ProgrammeKind.WEAK_SCHOOLS, years=(2018, 2022)
) -> Programme:
    fields = {"kind": kind, "first_year": years[0], "last_year": years[1]}
    return Programme.objects.get_or_create(name=name, defaults=fields)[0]


def project_at(*schools, by, name: str = "宿舍楼", area=None, of: Programme | None = None, **more) -> Project:
    new = NewProject(
        name=name, kind="build", programme=(of or programme()).pk, year=more.pop("year", 2020),
        area=area.pk if area else schools[0].area_id, schools=tuple(school.pk for school in schools), document="云发改〔2020〕1号", **more,
    )  # fmt: skip
    return register.register(by=by, projects=[new])[0]


def line(project: Project, source: str = "central") -> FundLine:
    return project.fund_lines.get(source=source)


def signed(
    project: Project, *, by, parts: dict[str, int], number: str = "HT-1", on: dt.date = DAY
) -> Contract:
    return funds.sign(
        by=by,
        project=project,
        number=number,
        contractor="云岭建筑公司",
        signed_on=on,
        due_on=None,
        parts=parts,
    )


def sums(project: Project, source: str = "central") -> tuple[int, int, int, int]:
    """Return budget, arrived, contracted, paid of a source, in fen."""
    found = line(project, source)
    return found.budget_fen, found.arrived_fen, found.contracted_fen, found.paid_fen


def one_of_each(school, *, by) -> dict:
    """Return a project under way with a contract, a request to decide, a photo, a gap filled with proof, a standard."""
    project = project_at(school, by=by, name="综合楼", budget={"central": 1_000_000, "county": 500_000})
    signed(project, by=by, parts={"central": 600_000})
    work.reach_milestone(by=by, project=project, kind="start", actual_on=today())
    photo = SimpleUploadedFile("现场.png", b"\x89PNG")
    report = work.report_progress(by=by, project=project, on=today(), percent=10, text="基础", upload=photo)
    asked = requests.ask(
        by=by,
        project=project,
        kind="transfer",
        line=line(project),
        to_source="county",
        amount_fen=100,
        reason="调剂",
    )
    gap = gaps.report(by=by, gaps=[gaps.NewGap(school.pk, "课桌椅", "套", Decimal(10), Decimal(4))])[0]
    gaps.fill(by=by, gap=gap, reason="到校", upload=SimpleUploadedFile("单.png", b"\x89PNG"))
    standard = Standard.objects.create(item="课桌椅", unit="套", basis="pupil", amount=1)
    return {
        "project": project,
        "fund_request": asked,
        "project_file": report.photo,
        "gap": gap,
        "standard": standard,
        "disclosure": disclosures.draw_up(by=by, kind="plan", year=2020, on=today()),
        "base_table": base_tables.open_table(period=period_begun()),
    }
