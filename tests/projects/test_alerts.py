"""Alerts look at each source for itself: money is earmarked, another's cash covers nothing."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from projects.actions import alerts, funds, requests
from projects.models import Alert
from tests.projects.building import DAY, line, project_at, signed

pytestmark = pytest.mark.django_db


def told(kind: str) -> list[str]:
    alerts.watch()
    return list(Alert.objects.open().filter(kind=kind).values_list("text", flat=True))


def test_source_paid_before_its_money_arrived_is_told_though_another_source_has_cash(dormitory, officer):
    by = officer.as_actor()
    funds.arrive(by=by, line=line(dormitory), amount_fen=30_000_000, on=DAY, document="拨1")
    contract = signed(dormitory, by=by, parts={"county": 20_000_000, "central": 1_000_000})
    for part in contract.parts.all():
        funds.pay(by=by, part=part, amount_fen=part.contracted_fen, on=DAY, document="P-1")
    assert told("no_money") == ["县级资金已支付 20.00 万元，到位只有 0.00 万元"]
    funds.arrive(by=by, line=line(dormitory, "county"), amount_fen=20_000_000, on=DAY, document="拨2")
    assert told("no_money") == []


def test_source_contracted_over_its_budget_is_told_though_another_source_has_some(
    dormitory, officer, approver
):
    by = officer.as_actor()
    excess = requests.ask(
        by=by, project=dormitory, kind="over_contract", line=line(dormitory, "county"), amount_fen=5_000_000, reason="涨价",
    )  # fmt: skip
    requests.approve(by=approver.as_actor(), request=excess)
    signed(dormitory, by=by, parts={"county": 25_000_000})
    assert told("over_budget") == ["县级资金签约超过预算 5.00 万元"]


def test_watch_takes_the_same_queries_for_one_and_for_many(dormitory, officer, xiazhai):
    alerts.watch()
    with CaptureQueriesContext(connection) as few:
        alerts.watch()
    for number in range(5):
        project_at(xiazhai, by=officer.as_actor(), name=f"项目{number}", budget={"central": 100, "loan": 5})
    alerts.watch()
    with CaptureQueriesContext(connection) as many:
        alerts.watch()
    assert len(many) == len(few)
