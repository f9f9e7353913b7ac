"""The facts that rules ask, of one child or of a million: one query, and one more for each fact that stands beside."""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from django.db.models import QuerySet
from django.db.models.expressions import Combinable

from povertyedu.orgs.enums import AreaLevel
from povertyedu.orgs.models import Area
from subsidies import engine

from .readers import Beside, Reader, Reading, reader_of

Values = Callable[[int, tuple], tuple]
REMEMBERED = 50_000


class FactUnread(Exception):
    """A rule asks a fact that no reader gives."""

    def __init__(self, facts: Iterable[engine.Fact]):
        self.facts = tuple(facts)
        super().__init__(self.facts)

    def __str__(self):
        names = "、".join(f"“{fact.label}”（{fact.name}）" for fact in self.facts)
        return (
            f"政策的规则要看{names}，系统里还没有登记这项情况的地方，不能测算。请改写规则，或先增加这项登记。"
        )


class FactReader:
    """Reads some facts of enrolments, in their order, as the engine takes them. Raise FactUnread.

    ``expressions`` go into a query over `Enrolment`, each once however many facts rest on it;
    :meth:`of_students` then makes a row of theirs the values of the facts.
    """

    def __init__(self, facts: Iterable[engine.Fact], reading: Reading):
        self.facts, self.reading = tuple(facts), reading
        self.expressions: list[Combinable] = []
        self._first: list[int] = []  # of each fact, the first of its places in a row
        self._made: list[tuple[int, list[int], Callable]] = []  # fact, its places in a row, what they become
        self._beside: list[tuple[int, Beside]] = []
        readers = [reader_of(fact, reading) for fact in self.facts]
        if None in readers:
            raise FactUnread(fact for fact, reader in zip(self.facts, readers, strict=True) if reader is None)
        for number, reader in enumerate(readers):
            if isinstance(reader, Beside):
                self._first.append(0)
                self._beside.append((number, reader))
            elif reader is not None:
                self._add(number, reader)
        self._is_plain = self._first == list(range(len(self.expressions))) and not self._made

    @property
    def of_one_row(self) -> bool:
        """Whether all facts rest on the expressions alone, so that children with the same row have the same facts."""
        return not self._beside

    def _add(self, number: int, reader: Reader) -> None:
        places = [self._place(expression) for expression in reader.expressions(self.reading)]
        self._first.append(places[0])
        if reader.convert:
            # Days of entry and of birth, regions and tags repeat by the thousand.
            self._made.append((number, places, lru_cache(maxsize=REMEMBERED)(reader.convert(self.reading))))

    def _place(self, expression: Combinable) -> int:
        if expression not in self.expressions:
            self.expressions.append(expression)
        return self.expressions.index(expression)

    def of_students(self, students: Sequence[int]) -> Values:
        """Return what makes (student, row of ``expressions``) the values of the facts, for these students."""
        if self._is_plain and not self._beside:
            return lambda student, row: row
        first, made = self._first, self._made
        beside = [(number, each.look_up(self.reading, students)) for number, each in self._beside]

        def values(student: int, row: tuple) -> tuple:
            found = [row[place] for place in first] if row else [None] * len(first)
            for number, places, convert in made:
                found[number] = convert(*[row[place] for place in places])
            for number, by_student in beside:
                found[number] = by_student.get(student)
            return tuple(found)

        return values

    def profiles(self, enrolments: QuerySet) -> dict[int, engine.Profile]:
        """Return {primary key: profile} of ``enrolments``; as many queries for one as for all."""
        rows = list(enrolments.values_list("pk", "student_id", *self.expressions))
        values = self.of_students([row[1] for row in rows])
        names = [fact.name for fact in self.facts]
        return {pk: dict(zip(names, values(student, row), strict=True)) for pk, student, *row in rows}


def own_county() -> str:
    """Return the six digits of the county that runs the system."""
    code = Area.objects.filter(level=AreaLevel.COUNTY).order_by("code").values_list("code", flat=True).first()
    return code or engine.HOME
