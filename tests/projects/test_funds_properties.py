"""Whatever is tried in whatever order, and by how many at once, the book keeps its limits and adds up."""

import datetime as dt
from contextlib import suppress
from random import Random

import pytest
from django.core.exceptions import ValidationError
from django.db.models import Sum
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from povertyedu.orgs.calendar import today
from povertyedu.workflow.flow import Actor, StepRefused
from projects.actions import funds, requests
from projects.enums import EntryKind
from projects.models import ContractPart, FundEntry, FundLine, FundRequest, Project
from projects.queries import lists
from tests import factories
from tests.projects.building import DAY, line, programme, project_at, signed, sums
from tests.together import refused_at_once

ONE, OTHER = Actor(1, "甲", ""), Actor(2, "乙", "")
COLUMNS = {
    "budget_fen": "budget", "arrived_fen": "arrival", "contracted_fen": "contract", "paid_fen": "payment",
    "over_contract_fen": "over_contract", "over_pay_fen": "over_pay",
}  # fmt: skip
amounts = st.integers(min_value=1, max_value=120)
# (what, which project, which source, how much)
VERBS = ("grant", "arrive", "sign", "pay", "reverse", "transfer", "over_contract", "over_pay", "change")
steps = st.lists(
    st.tuples(
        st.sampled_from(VERBS),
        st.integers(0, 1), st.sampled_from(["central", "county"]), amounts,
    ),
    min_size=4, max_size=25,
)  # fmt: skip


def check_book():
    """Each sum is that of its entries, every limit holds, and the three ways of adding up agree."""
    for found in FundLine.objects.all():
        for column, kind in COLUMNS.items():
            booked = found.entries.filter(kind=kind).aggregate(fen=Sum("amount_fen"))["fen"] or 0
            assert getattr(found, column) == booked
        assert found.paid_fen <= found.contracted_fen + found.over_pay_fen
        assert found.contracted_fen <= found.budget_fen + found.over_contract_fen
        assert 0 <= found.arrived_fen <= found.budget_fen
        for kind in ("over_contract", "over_pay"):
            approved = FundRequest.objects.filter(state="approved", kind=kind, line=found)
            assert getattr(found, f"{kind}_fen") == (approved.aggregate(fen=Sum("amount_fen"))["fen"] or 0)
        assert not found.entries.filter(reverses__request__isnull=False).exists()
        check_moved(found)
    for part in ContractPart.objects.all():
        assert 0 <= part.paid_fen <= part.contracted_fen + part.over_pay_fen
        check_days(part)
    assert not FundEntry.objects.filter(on__gt=today()).exists()
    assert not any(FundEntry.objects.like(each).exclude(pk=each.pk).exists() for each in typed())
    rows = Project.objects.all()
    whole = lists.totals(rows)
    for table in (lists.by_source(rows), lists.by_programme(rows), lists.by_township(rows)):
        for name in lists.SUMS:
            assert sum(getattr(row, name) for row in table) == whole[name]


def typed():
    """Return what people booked themselves and did not take back."""
    return FundEntry.objects.filter(reverses=None, reversal=None, request=None)


def check_moved(found: FundLine):
    """Told entry by entry: what was moved on by a request was neither contracted nor paid."""
    held = dict.fromkeys(EntryKind, 0)
    for entry in found.entries.order_by("pk"):
        held[entry.kind] += entry.amount_fen
        if entry.amount_fen < 0 and not entry.reverses_id and entry.kind == EntryKind.BUDGET:
            assert held[EntryKind.BUDGET] >= max(held[EntryKind.CONTRACT], held[EntryKind.PAYMENT])
        if entry.amount_fen < 0 and not entry.reverses_id and entry.kind == EntryKind.ARRIVAL:
            assert held[EntryKind.ARRIVAL] >= held[EntryKind.PAYMENT]


def check_days(part: ContractPart):
    """On no day is more paid than was contracted and approved until then."""
    entries = list(part.entries.all())
    for day in {entry.on for entry in entries}:
        held = dict.fromkeys(EntryKind, 0)
        for entry in entries:
            held[entry.kind] += entry.amount_fen if entry.on <= day else 0
        assert 0 <= held[EntryKind.PAYMENT] <= held[EntryKind.CONTRACT] + held[EntryKind.OVER_PAY]


def some_day(number: int) -> dt.date:
    """Return one of four days; contracts are signed on the first three, the last is still to come."""
    return (DAY, DAY + dt.timedelta(days=30), today(), today() + dt.timedelta(days=1))[number % 4]


class Attempts:
    """Tries each step; what is refused leaves no trace."""

    def __init__(self, projects, number=0):
        self.projects, self.number = projects, number

    def attempt(self, what, which, source, fen):
        self.number += 1
        project = self.projects[which]
        before, held = FundEntry.objects.count(), self._held()
        try:
            getattr(self, what)(project, source, fen)
            assert what != "transfer" or self._held() == held
        except (StepRefused, ValidationError, FundLine.DoesNotExist, IndexError):
            assert FundEntry.objects.count() == before

    def _held(self) -> dict:
        return FundLine.objects.aggregate(budget=Sum("budget_fen"), arrived=Sum("arrived_fen"))

    def grant(self, project, source, fen):
        funds.grant(by=ONE, project=project, source=source, amount_fen=fen, on=some_day(fen), document="文")

    def arrive(self, project, source, fen):
        funds.arrive(by=ONE, line=line(project, source), amount_fen=fen, on=some_day(fen), document="拨")

    def sign(self, project, source, fen):
        signed(project, by=ONE, parts={source: fen}, number=f"HT-{self.number}", on=some_day(self.number))

    def _part(self, project, source):
        return list(ContractPart.objects.filter(line__project=project, line__source=source).order_by("pk"))[
            -1
        ]

    def pay(self, project, source, fen):
        funds.pay(
            by=ONE,
            part=self._part(project, source),
            amount_fen=fen,
            on=some_day(fen),
            document=f"P-{self.number}",
        )

    def reverse(self, project, source, fen):
        entries = list(FundEntry.objects.filter(line__project=project, line__source=source).order_by("pk"))
        funds.take_back(by=ONE, entry=entries[fen % len(entries)] if entries else entries[0], reason="更正")

    def _ask(self, project, kind, **more):
        request = requests.ask(by=ONE, project=project, kind=kind, reason="需要", **more)
        requests.approve(by=OTHER, request=request)

    def transfer(self, project, source, fen):
        into = self.projects[self.projects.index(project) - 1]
        self._ask(
            project, "transfer", line=line(project, source), to_project=into, to_source="loan", amount_fen=fen
        )

    def over_contract(self, project, source, fen):
        self._ask(project, "over_contract", line=line(project, source), amount_fen=fen - 30 or 1)

    def over_pay(self, project, source, fen):
        self._ask(project, "over_pay", part=self._part(project, source), amount_fen=fen - 30 or 1)

    def change(self, project, source, fen):
        self._ask(project, "change", part=self._part(project, source), amount_fen=fen - 60 or 1)


def in_a_row(*verbs: str) -> list[tuple]:
    """Return ``verbs`` as steps with the whole central money of the first project."""
    return [(verb, 0, "central", 100) for verb in verbs]


@pytest.mark.sql
class FundBook(TestCase):
    @settings(max_examples=30)
    @example(steps=in_a_row("arrive", "sign", "pay", "over_contract", "transfer"))
    @example(steps=in_a_row("grant", "grant", "arrive", "arrive"))
    @example(steps=in_a_row("grant", "sign", "change", "pay", "pay"))
    @given(steps=steps)
    def test_book_keeps_its_limits_and_adds_up_whatever_is_tried(self, steps):
        first = factories.school("城关镇下寨小学")
        second = factories.school("青石镇中心小学", area=factories.township("529901101", "青石镇"))
        attempts = Attempts(
            [
                project_at(first, by=ONE, budget={"central": 100, "county": 40}),
                project_at(second, by=ONE, name="食堂", budget={"central": 60}),
            ]
        )
        for step in steps:
            attempts.attempt(*step)
        check_book()


REFUSALS = (StepRefused, ValidationError)


def at_once(*deeds) -> int:
    """Run ``deeds`` at once; return how many were refused in words."""
    return len(refused_at_once(*deeds, refusing=REFUSALS))


@pytest.mark.sql
@pytest.mark.usefixtures("real_commits")
class TestAtOnce:
    def test_eight_payments_at_once_never_exceed_the_contract(self, officer, dormitory):
        by = officer.as_actor()
        part = signed(dormitory, by=by, parts={"central": 10_000_000}).parts.get()
        refused = at_once(
            *(
                lambda n=n: funds.pay(by=by, part=part, amount_fen=3_000_000, on=DAY, document=f"P-{n}")
                for n in range(8)
            )
        )
        assert (refused, sums(dormitory)) == (5, (30_000_000, 0, 10_000_000, 9_000_000))

    def test_contracts_and_a_transfer_at_once_never_exceed_the_budget(self, officer, approver, dormitory):
        by, leader = officer.as_actor(), approver.as_actor()
        asked = requests.ask(
            by=by,
            project=dormitory,
            kind="transfer",
            line=line(dormitory),
            to_source="county",
            amount_fen=20_000_000,
            reason="调剂",
        )
        refused = at_once(
            lambda: requests.approve(by=leader, request=asked),
            lambda: signed(dormitory, by=by, parts={"central": 20_000_000}, number="HT-1"),
            lambda: signed(dormitory, by=by, parts={"central": 20_000_000}, number="HT-2"),
        )
        assert refused == 2
        check_book()
        total = FundLine.objects.aggregate(fen=Sum("budget_fen"))["fen"]
        assert total == 50_000_000

    def test_two_reversals_of_one_entry_at_once_count_one(self, officer, dormitory):
        by = officer.as_actor()
        part = signed(dormitory, by=by, parts={"central": 10_000_000}).parts.get()
        paid = funds.pay(by=by, part=part, amount_fen=4_000_000, on=DAY, document="P-1")
        refused = at_once(*(lambda: funds.take_back(by=by, entry=paid, reason="退回") for _ in range(2)))
        assert (refused, sums(dormitory)[3], FundEntry.objects.filter(kind=EntryKind.PAYMENT).count()) == (
            1,
            0,
            2,
        )

    def test_request_approved_by_three_at_once_is_booked_once(self, officer, approver, dormitory):
        by, leader = officer.as_actor(), approver.as_actor()
        asked = requests.ask(
            by=by,
            project=dormitory,
            kind="over_contract",
            line=line(dormitory),
            amount_fen=500,
            reason="涨价",
        )
        refused = at_once(*(lambda: requests.approve(by=leader, request=asked) for _ in range(3)))
        assert (refused, line(dormitory).over_contract_fen, asked.entries.count()) == (2, 500, 1)

    def test_contract_is_paid_or_taken_back_never_both(self, officer, dormitory):
        by = officer.as_actor()
        part = signed(dormitory, by=by, parts={"central": 10_000_000}).parts.get()
        entry = part.entries.get(kind="contract")
        refused = at_once(
            lambda: funds.take_back(by=by, entry=entry, reason="合同作废"),
            lambda: funds.pay(by=by, part=part, amount_fen=10_000_000, on=DAY, document="P-1"),
        )
        assert (refused, sums(dormitory)[2:] in ((0, 0), (10_000_000, 10_000_000))) == (1, True)

    @pytest.mark.parametrize("seed", range(3))
    def test_whatever_six_do_at_once_in_three_plans_the_book_holds(self, seed, officer, xiazhai, qingshi):
        of = [programme("全面改薄"), programme("厕所改造", "toilets"), programme("合格学校", "qualified")]
        projects = [
            project_at(school, by=ONE, name=f"项目{n}", of=of[n % 3], budget={"central": 100, "county": 60})
            for n, school in enumerate((xiazhai, qingshi, xiazhai, qingshi))
        ]
        projects.append(
            project_at(
                xiazhai, by=ONE, name="全县管网", area=factories.county(), of=of[0], budget={"loan": 90}
            )
        )

        def busy(number: int) -> None:
            chance, own = Random(seed * 100 + number), Attempts(projects, number=number * 1000)
            for _ in range(12):
                own.number += 1
                what, source = chance.choice(VERBS), chance.choice(["central", "county", "loan"])
                with suppress(*REFUSALS, FundLine.DoesNotExist, IndexError):
                    getattr(own, what)(chance.choice(projects), source, chance.randint(1, 60))

        at_once(*(lambda n=n: busy(n) for n in range(6)))
        check_book()
        assert FundEntry.objects.count() > 10
