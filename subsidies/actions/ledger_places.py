"""By which place a ledger reads: the school, then its stages; or the household's township, then its villages.

Each reading says which columns name the place, how rows are sorted, and which of them stand together.
Rows are tuples that begin with home area, outside school, school and stage.
"""

from typing import Any, ClassVar

from django.db.models import Value
from django.db.models.functions import NullIf

from povertyedu.orgs.enums import Stage
from povertyedu.orgs.models import Area
from povertyedu.workbooks.ledger import LedgerColumn

NO_SCHOOL = "县外就读或已无学籍"
NO_HOME = "户籍地在县外或未登记"
NO_VILLAGE = "（未登记到村）"


class BySchool:
    """就读地: a total for each stage of a school and for each school."""

    reading = "school_area"
    told = ""
    columns: ClassVar = [LedgerColumn("学校", width=24)]
    order: ClassVar = []
    line_order: ClassVar = []

    def place(self, row: tuple) -> str:
        return row[2] or ""

    def part(self, row: tuple) -> str:
        return row[3] or ""

    def place_of_line(self, line) -> str:
        return line.school_name

    def name(self, place: str) -> str:
        return place or NO_SCHOOL

    def part_name(self, part: str) -> str:
        return Stage(part).label if part else ""

    def cells(self, home: str, outside: str, school: str) -> list[str]:
        return [school or NO_SCHOOL]


class ByHome:
    """户籍地: a total for each village of a township and for each township. One query when made."""

    reading = "home_area"
    told = "，按户籍地"
    columns: ClassVar = [
        LedgerColumn("户籍乡镇", width=14), LedgerColumn("户籍村", width=16), LedgerColumn("学校", width=22),
    ]  # fmt: skip
    order: ClassVar[list[Any]] = [NullIf("en__home_area", Value("")).asc(nulls_last=True)]
    line_order: ClassVar[list[Any]] = [NullIf("home_area", Value("")).asc(nulls_last=True)]

    def __init__(self):
        self._names = dict(Area.objects.values_list("code", "name"))

    def place(self, row: tuple) -> str:
        return (row[0] or "")[:9]

    def part(self, row: tuple) -> str:
        return row[0] or ""

    def place_of_line(self, line) -> str:
        return line.home_area[:9]

    def name(self, place: str) -> str:
        return self._names.get(place, NO_HOME)

    def part_name(self, part: str) -> str:
        if self.name(part[:9]) == NO_HOME:
            return ""
        return self._names.get(part, NO_VILLAGE)

    def cells(self, home: str, outside: str, school: str) -> list[str]:
        return [self.name(home[:9]), self.part_name(home), school or outside or NO_SCHOOL]


Places = BySchool | ByHome


def places_by(reading: str) -> Places:
    """Return how a ledger of ``reading`` (students.queries.READINGS) stands."""
    return ByHome() if reading == ByHome.reading else BySchool()
