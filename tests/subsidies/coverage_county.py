"""Random small counties for the coverage equation: people as plain rows, and the same people in the database."""

import datetime as dt
import random

from django.utils import timezone

from povertyedu.files.models import StoredFile
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Person
from povertyedu.publicity.models import Notice
from povertyedu.sealing import keyed_hash
from students.models import (
    Departure,
    Disposal,
    Enrolment,
    HardshipStatus,
    Household,
    Promotion,
    Student,
    TargetListEntry,
)
from subsidies.models import (
    BankFile,
    Batch,
    Entitlement,
    Exchange,
    ExchangeLine,
    ExchangeReply,
    Line,
    SchoolSheet,
)
from tests import factories
from tests.factories import subsidies

DISPOSALS = (
    "to_verify", "other_county", "dropped_out", "graduated", "not_of_age", "exempt", "home_taught", "moved_away", "deceased",
    "wrong_data", "other",
)  # fmt: skip
PLACES = ("in_county", "in_county", "in_county", "in_province", "elsewhere")
STATUSES = ("studying",) * 8 + ("left", "suspended", "graduated")
HOMES = ("529901100001", "529901101001")


def _statuses(rng: random.Random) -> list[dict]:
    """None, one, or two on end of registered poverty, about the autumn term of 2020."""
    kinds = rng.choice(["none", "none", "open", "open", "ended", "later", "not_enjoying", "two"])
    one = {"since": dt.date(2016, 4, 1), "until": None, "counts": True}
    return {
        "none": [], "open": [one], "ended": [one | {"until": dt.date(2020, 8, 31)}], "later": [one | {"since": dt.date(2021, 3, 1)}],
        "not_enjoying": [one | {"counts": False}],
        "two": [one | {"until": dt.date(2020, 10, 31)}, one | {"since": dt.date(2020, 11, 1)}],
    }[kinds]  # fmt: skip


def _enrolment(rng: random.Random) -> dict:
    return {
        "status": rng.choice(STATUSES), "place": rng.choice(PLACES), "aided_elsewhere": rng.choice(["yes", "no", "to_verify", "unknown"]),
        "poor": rng.random() < 0.5,
        "question": rng.choice(["not_asked", "asked", "overdue", "not_there"]),
    }  # fmt: skip


def people(seed: int, *, count: int = 60) -> list[dict]:
    rng = random.Random(seed)
    found = []
    for number in range(count):
        enrolment = _enrolment(rng) if rng.random() < 0.6 else None
        owed = []
        if enrolment and rng.random() < 0.6:
            owed = [
                (kind, rng.randrange(1, 9) * 10_000)
                for kind in rng.sample(["cash", "waiver", "in_kind", "loan"], rng.randrange(1, 4))
            ]
        cash = sum(fen for kind, fen in owed if kind == "cash")
        found.append(
            {
                "name": f"人{number}", "merged_into": None, "on_target": rng.random() < 0.4, "statuses": _statuses(rng),
                "birth": dt.date(rng.randrange(2002, 2017), rng.choice([8, 9]), rng.choice([1, 30])),
                "enrolment": enrolment, "owed": owed, "paid": [rng.choice([cash // 2, cash, cash])] if cash and rng.random() < 0.6 else [],
                "disposals": [(n, rng.choice(DISPOSALS)) for n in range(rng.choice([0, 0, 1, 2]))], "has_record": bool(enrolment) or rng.random() < 0.5,
                "left_for": rng.choice(["pending", "working", "excused", "deceased", "outside", "unknown"]) if rng.random() < 0.4 else None,
                "home": rng.choice(HOMES), "without_rule": number % 2 == 1,
            }
        )  # fmt: skip
    for number in rng.sample(range(count), 6):  # six records are given up for others
        kept = rng.randrange(count)
        if (
            kept != number
            and found[kept]["merged_into"] is None
            and not any(p["merged_into"] == number for p in found)
        ):
            found[number] |= {
                "merged_into": kept,
                "enrolment": None,
                "owed": [],
                "has_record": True,
                "left_for": None,
                "paid": [],
            }
            if any(kind == "cash" for kind, _ in found[kept]["owed"]):
                found[number]["paid"] = [10_000]  # before the merge
            found[kept]["has_record"] = True
    for person in found:
        if not person["has_record"]:
            person["left_for"] = None
    return found


class County:
    """The people of :func:`people` written into the database, at two townships, in the autumn term of 2020."""

    def __init__(self, rows: list[dict], aid_officer):
        self.rows = rows
        self.term = factories.term("2020-autumn")
        self.schools = [
            factories.school("城关镇下寨小学"),
            factories.school("青石镇中心小学", area=factories.township("529901101", "青石镇")),
        ]
        self.homes = {code: factories.village(code) for code in HOMES}
        self.households = {
            code: Household.objects.create(number=code, area=area, head_name="户主")
            for code, area in self.homes.items()
        }
        self.programmes = {
            kind: subsidies.programme(kind, kind, kind) for kind in ("cash", "waiver", "in_kind", "loan")
        }
        spring = factories.term("2020-spring")
        self.promotion = Promotion.objects.create(
            school=self.schools[0], from_term=spring, to_term=self.term, area="529901", opened_by="周敏"
        )
        self.past = [spring, self.schools[0]]
        self.owner = Person.objects.create(name="石主任", area=factories.township())
        self._bank(aid_officer)
        self._write_letters(aid_officer)
        self.students: dict[int, Student] = {}
        for number, row in enumerate(rows):
            self._write(number, row)
        for number, row in enumerate(rows):
            if row["merged_into"] is not None:
                Student.objects.filter(pk=self.students[number].pk).update(
                    merged_into=self.students[row["merged_into"]]
                )

    @property
    def without_rule(self) -> frozenset[int]:
        """Those for whom no rule is, whatever else they are."""
        return frozenset(
            student.pk for number, student in self.students.items() if self.rows[number]["without_rule"]
        )

    def _bank(self, aid_officer):
        self.batch = Batch.objects.create(
            number="001",
            title="秋季",
            term=self.term,
            opened_by="周敏",
            state="paid",
            publicity_until=dt.date(2020, 11, 1),
        )
        self.sheet = SchoolSheet.objects.create(batch=self.batch, school=self.schools[0])
        self.bank_file = BankFile.objects.create(batch=self.batch, number=1, made_by="王会计")
        self.notice = Notice.objects.create(
            title="公示", school=self.schools[0], about="test", opens_on=dt.date(2020, 10, 1), closes_on=dt.date(2020, 10, 9),
            rows=[], working_days=5, phone="", digest="",
        )  # fmt: skip

    def _write(self, number: int, row: dict):
        id_number = factories.id_number(number + 1, birth=f"{row['birth']:%Y%m%d}")
        id_hash = keyed_hash(id_number)
        if row["has_record"]:
            self.students[number] = Student.objects.create(
                name=row["name"],
                id_number=id_number,
                id_hash=id_hash,
                birth_date=row["birth"],
                home_area=self.homes[row["home"]],
            )
        if row["on_target"]:
            TargetListEntry.objects.create(
                term=self.term,
                id_hash=id_hash,
                id_number=id_number,
                name=row["name"],
                school_text=self.schools[1].name,
            )
        for status in row["statuses"]:
            HardshipStatus.objects.create(
                id_hash=id_hash, id_number=id_number, name=row["name"], birth_date=row["birth"], category=1, source="poverty_office",
                household=self.households[row["home"]], **status,
            )  # fmt: skip
        for on, code in row["disposals"]:
            Disposal.objects.filter(term=self.term, id_hash=id_hash, entry=None, row=None).delete()
            Disposal.objects.create(
                term=self.term,
                id_hash=id_hash,
                code=code,
                owner=self.owner,
                decided_on=dt.date(2020, 10, 1 + on),
                decided_by="周敏",
            )
        if row["enrolment"]:
            self._enrol(self.students[number], row)
        for fen in row["paid"]:
            self._pay(self.students[number], fen)
        if row["left_for"]:
            spring, school = self.past
            before = Enrolment.objects.create(
                student=self.students[number], term=spring, school=school, stage="junior", grade=3
            )
            Departure.objects.create(
                student=self.students[number], term=self.term, promotion=self.promotion, enrolment=before, outcome="graduate",
                from_school=school, stage="junior", grade=3, destination=row["left_for"],
            )  # fmt: skip

    def _enrol(self, student: Student, row: dict):
        said = row["enrolment"]
        here = said["place"] == "in_county"
        school = self.schools[student.pk % 2] if here else None
        enrolment = Enrolment.objects.create(
            student=student, term=self.term, school=school, stage="primary", grade=3, place=said["place"], status=said["status"],
            outside_school="" if here else "遵义市第一小学", aided_elsewhere=said["aided_elsewhere"], categories=int(said["poor"]),
            school_area=school.area.full_code if school else "", home_area=row["home"],
        )  # fmt: skip
        self._ask(enrolment, said["question"])
        Entitlement.objects.bulk_create(
            subsidies.entitlement_of(enrolment, self.programmes[kind], fen) for kind, fen in row["owed"]
        )

    def _ask(self, enrolment: Enrolment, question: str):
        if question == "not_asked":
            return
        exchange, reply = self.letters[question]
        said = {"waits": False, "answer": "not_found", "answered_on": dt.date(2020, 11, 1), "reply": reply}
        ExchangeLine.objects.create(
            exchange=exchange, number=enrolment.pk, enrolment=enrolment, digest=f"{enrolment.pk:064}", shown_name="人*",
            stage="primary", grade=3, school="遵义市第一小学", **(said if question == "not_there" else {}),
        )  # fmt: skip

    def _write_letters(self, aid_officer):
        """A letter whose days still run, one whose days are over, one that was answered in part."""
        self.letters = {}
        for number, (name, due) in enumerate(
            (
                ("asked", today() + dt.timedelta(days=9)),
                ("overdue", today() - dt.timedelta(days=1)),
                ("not_there", today()),
            )
        ):
            exchange = Exchange.objects.create(
                number=f"test-{number}", term=self.term, recipient="遵义市教育局", state="answered", made_by="周敏",
                sent_on=dt.date(2020, 10, 1), due_on=due,
            )  # fmt: skip
            stored = StoredFile.keep([b"x"], name="答复.xlsx", purpose="test", owner=aid_officer)
            reply = ExchangeReply.objects.create(
                exchange=exchange,
                file=stored,
                answered_on=dt.date(2020, 11, 1),
                read_by="周敏",
                state="applied",
            )
            self.letters[name] = exchange, reply

    def _pay(self, student: Student, fen: int):
        Line.objects.create(
            batch=self.batch, sheet=self.sheet, term=self.term, student=student, programme=self.programmes["cash"], rule="x",
            amount_fen=fen, state="paid", student_name=student.name, school=self.schools[0], school_name="", stage="primary", grade=3,
            school_area="", account_hash="x", bank_file=self.bank_file, bank_no=student.pk, notice=self.notice, settled_at=timezone.now(),
        )  # fmt: skip
