"""The children who enter primary-1 or junior-1 in the autumn of a year, and at which school.

From the spring before: the sixth grade goes where its 对口初中 is, the last year of kindergarten to the one primary
school of its household's village. A child that is already enrolled in the autumn's first grade stands at its school.
"""

from collections.abc import Iterator
from typing import NamedTuple

from django.db.models import Q, QuerySet

from povertyedu.orgs.enums import Season, Stage
from povertyedu.orgs.models import School, Term
from students.models import Enrolment, Feeder

LAST = {Stage.PRIMARY: 6, Stage.PRESCHOOL: 3}


class Entrant(NamedTuple):
    student: int
    stage: str
    school: int | None
    school_area: str
    home_area: str
    guardian: str


def terms_of(year: int) -> tuple[Term | None, Term | None]:
    """Return the spring and the autumn term of ``year`` as far as they are there."""
    found = {term.season: term for term in Term.objects.filter(year=year)}
    return found.get(Season.SPRING), found.get(Season.AUTUMN)


def entrants_of(year: int, enrolments: QuerySet[Enrolment]) -> Iterator[Entrant]:
    """Yield the entrants among ``enrolments`` (what the user reads); a fixed number of queries."""
    spring, autumn = terms_of(year)
    seen = set()
    if autumn:
        first = enrolments.of(autumn).here().filter(stage__in=[Stage.PRIMARY, Stage.JUNIOR], grade=1)
        for row in _read(first):
            seen.add(row.student_id)
            yield Entrant(
                row.student_id, row.stage, row.school_id, row.school_area, row.home_area, _guardian(row)
            )
    if spring:
        going = Q()
        for stage, grade in LAST.items():
            going |= Q(stage=stage, grade=grade)
        schools = _Schools()
        for row in _read(enrolments.of(spring).here().filter(going)):
            if row.student_id not in seen:
                yield schools.entrant(row)


def _read(rows: QuerySet[Enrolment]) -> Iterator[Enrolment]:
    kept = ("student__guardian__name", "student_id", "stage", "school_id", "school_area", "home_area")
    return rows.select_related("student__guardian").only(*kept).order_by("pk").iterator(chunk_size=2000)


def _guardian(row: Enrolment) -> str:
    return row.student.guardian.name if hasattr(row.student, "guardian") else ""


class _Schools:
    """Where those who leave a school go."""

    def __init__(self):
        self.feeders = {
            feeder.from_school_id: feeder.to_school for feeder in Feeder.objects.select_related("to_school")
        }
        self.of_village: dict[str, list[School]] = {}
        for school in School.objects.of_stage(Stage.PRIMARY).filter(is_open=True).select_related("area"):
            self.of_village.setdefault(school.area.full_code, []).append(school)

    def entrant(self, row: Enrolment) -> Entrant:
        if row.stage == Stage.PRIMARY:
            stage, school = Stage.JUNIOR, self.feeders.get(row.school_id)
        else:
            near = self.of_village.get(row.home_area, [])
            stage, school = Stage.PRIMARY, near[0] if len(near) == 1 else None
        area = school.area_id.ljust(12, "0") if school else ""
        return Entrant(
            row.student_id, stage, school.pk if school else None, area, row.home_area, _guardian(row)
        )
