"""建档立卡人口: every member of a registered household, from the poverty office (facts.md 3.2)."""

from dataclasses import dataclass

from django.db import transaction

from povertyedu import bulk
from povertyedu.imports.cleaning import known_value_words, one_of, short_text
from povertyedu.imports.images import Footprint
from povertyedu.imports.places import AreaBook, AreaUnknown
from povertyedu.imports.rows import Change, Context, Row
from povertyedu.workbooks.columns import Column
from povertyedu.workbooks.dates import clean_month
from students.actions.hardship import mark_people
from students.enums import ExitStatus, HardshipCategory, ListSource
from students.models import HardshipStatus, Household

from .columns import clean_long_code, person_name, proof_number
from .hardship_lists import HardshipListResource, identity
from .hardship_records import Wanted

EXITS = {
    "未脱贫": ExitStatus.NOT_EXITED.value, "已脱贫享受政策": ExitStatus.EXITED_ENJOYING.value, "已脱贫不享受政策": ExitStatus.EXITED_NOT_ENJOYING.value,
    "已脱贫（享受政策）": ExitStatus.EXITED_ENJOYING.value, "已脱贫（不享受政策）": ExitStatus.EXITED_NOT_ENJOYING.value,
    "脱贫户（继续享受政策）": ExitStatus.EXITED_ENJOYING.value, "脱贫户（享受政策）": ExitStatus.EXITED_ENJOYING.value,
    "脱贫户（不享受政策）": ExitStatus.EXITED_NOT_ENJOYING.value, "已脱贫（继续享受政策）": ExitStatus.EXITED_ENJOYING.value,
    "返贫": ExitStatus.NOT_EXITED.value, "享受政策": ExitStatus.EXITED_ENJOYING.value, "不享受政策": ExitStatus.EXITED_NOT_ENJOYING.value,
}  # fmt: skip


@dataclass(slots=True)
class Said:
    """What the rows of a file say of one household."""

    area: str | None = None
    head_name: str | None = None
    exit_status: str | None = None

    def hear(self, area, name, relation, exit_status):
        is_head = relation in ("户主", "本人或户主")
        self.area = self.area or area
        if is_head:
            self.head_name, self.exit_status = name, exit_status or self.exit_status
        self.exit_status = self.exit_status or exit_status


class RegisteredPoorResource(HardshipListResource):
    """Registered households and their members; 已脱贫不享受政策 is kept, but does not count."""

    kind = "registered-poor"
    label = "建档立卡人口名单"
    source = ListSource.POVERTY_OFFICE.value
    preview = ("name", "id_number", "household_no", "relation", "exit_status")
    marks = ("household_no", "person_no", "relation", "exit_status")
    note = "一行一人，含户主和家庭成员；残疾人可填 20 位残疾证号。"

    township = Column("乡镇", aliases=("乡（镇）", "乡(镇)", "所在乡镇", "户籍乡镇"), clean=short_text(60))
    village = Column("行政村", aliases=("村", "所在村", "户籍村", "村（社区）"), clean=short_text(60))
    household_no = Column(
        "户编号",
        aliases=("家庭编号", "户号"),
        clean=clean_long_code,
        as_text=True,
        width=20,
        sensitivity="personal",
    )
    person_no = Column(
        "人编号", aliases=("人员编号",), clean=clean_long_code, as_text=True, width=20, sensitivity="personal"
    )
    name = person_name()
    id_number = proof_number()
    relation = Column("与户主关系", aliases=("关系", "户主关系"), clean=short_text(20))
    exit_status = Column(
        "脱贫状态",
        aliases=("脱贫属性", "户类型", "是否享受政策"),
        clean=one_of(EXITS, "脱贫状态"),
        choices=known_value_words(EXITS),
    )
    since = Column(
        "识别时间",
        aliases=("人员识别时间", "首次识别时间", "起始时间", "起始年月", "建档时间"),
        clean=clean_month,
        as_text=True,
    )

    def look_up(self, rows, context: Context) -> None:
        self.areas = AreaBook()
        self.area_of: dict[int, str | None] = {}

    def wanted(self, row: Row, context: Context) -> Wanted | None:
        values = row.values
        try:
            self.area_of[id(row)] = self.areas.find(values["township"], values["village"])
            if told := self.areas.merger(values["township"], values["village"]):
                row.warn("village", "area_merged", told)
        except AreaUnknown as unknown:
            row.reject("village", "area_unknown", str(unknown))
        person = identity(row)
        if person is None:
            return None
        number, id_hash, written = person
        exit_status = values["exit_status"] or ""
        return Wanted(
            id_hash, number, values["name"], HardshipCategory.REGISTERED_POOR.value, values["since"], self.source,
            certificate=written, counts=exit_status != ExitStatus.EXITED_NOT_ENJOYING, household=values["household_no"] or None,
            person_no=values["person_no"] or "", relation=values["relation"] or "", exit_status=exit_status,
        )  # fmt: skip

    def look_up_records(self, rows, context: Context) -> None:
        super().look_up_records(rows, context)
        self.said: dict[str, Said] = {}
        for row in rows:
            if number := row.found.household:
                said = self.said.setdefault(number, Said())
                said.hear(
                    self.area_of.get(id(row)), row.values["name"], row.found.relation, row.found.exit_status
                )
        self.known = self._known_households()
        self.told: set[str] = set()

    def _known_households(self) -> dict[str, tuple]:
        with transaction.atomic(), bulk.keys(Household, "number", self.said) as numbers:
            rows = Household.objects.filter(number__in=numbers)
            return {
                number: rest
                for number, *rest in rows.values_list("number", "pk", "area_id", "head_name", "exit_status")
            }

    def compare(self, row: Row, context: Context) -> list[Change] | None:
        number = row.found.household
        changes = super().compare(row, context)
        if number and number not in self.told and changes is not None:
            self.told.add(number)  # a household's change is told once, on the first of its rows
            changes += self._household_changes(number)
        return changes

    def _household_changes(self, number: str) -> list[Change]:
        said, known = self.said[number], self.known.get(number)
        if known is None:
            return [Change("户编号", "（无）", number)]
        _, area, head_name, exit_status = known
        pairs = (
            ("户所在村", area, said.area),
            ("户主", head_name, said.head_name),
            ("户脱贫状态", exit_status, said.exit_status),
        )
        labels = dict(ExitStatus.choices)
        return [
            Change(heading, labels.get(old, old) or "（空）", labels.get(new, new))
            for heading, old, new in pairs
            if new and new != old
        ]

    def footprints(self, rows, context: Context) -> list[Footprint]:
        return [Footprint(Household, "number", self.said), *super().footprints(rows, context)]

    @staticmethod
    def _mark_members(households: list[int]) -> None:
        """Mark who has no exit status but the household's."""
        with bulk.keys(HardshipStatus, "household_id", households) as keys:
            members = HardshipStatus.objects.filter(household__in=keys, exit_status="")
            hashes = set(members.values_list("id_hash", flat=True))
        mark_people(hashes)

    def households(self, rows) -> dict[str, int]:
        wanted = {plan.wanted.household for row in rows for plan in row.found if plan.wanted.household}
        new = [
            (n, s.area, s.head_name or "", s.exit_status or "")
            for n, s in self.said.items()
            if n in wanted and n not in self.known
        ]
        changed = [
            (self.known[n][0], s.area, s.head_name, s.exit_status)
            for n, s in self.said.items()
            if n in self.known and self._household_changes(n)
        ]
        if new:
            bulk.insert(Household, ("number", "area_id", "head_name", "exit_status"), new)
        if changed:
            bulk.amend(Household, ("area_id", "head_name", "exit_status"), changed)
            self._mark_members([pk for pk, _, _, exit_status in changed if exit_status])
        return {number: known[0] for number, known in self._known_households().items()}
