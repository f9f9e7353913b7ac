"""Whatever comes in however many deliveries: shares, ledger, school's figures and what is still due agree."""

from decimal import Decimal

import pytest
from django.db import transaction
from django.db.models import F, Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projects.actions import acceptances, gaps
from projects.models import AcceptanceLine, Asset, Condition, PurchaseShare
from tests.projects.equipping import came, computers, desks, ordered

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


@given(data=st.data(), wanted=st.tuples(st.integers(1, 60), st.integers(1, 60)))
@settings(
    max_examples=8,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
)
def test_deliveries_add_up_on_share_ledger_and_figures(officer, approver, clerk, head, xiazhai, data, wanted):
    by = officer.as_actor()
    began = transaction.savepoint()
    had = data.draw(st.integers(0, 50), label="desks before")
    gaps.say_conditions(
        by=by, rows=[(xiazhai.pk, "课桌椅", Decimal(had)), (xiazhai.pk, "计算机", Decimal(0))]
    )
    items = desks({xiazhai: wanted[0]}), computers({xiazhai: wanted[1]})
    purchase = ordered(*items, by=by, approver=approver.as_actor())
    for _ in range(data.draw(st.integers(1, 4), label="deliveries")):
        due = list(PurchaseShare.objects.outstanding().order_by("item"))
        counts = [data.draw(_counts(share.left), label="good, damaged") for share in due]
        if not any(good or bad for good, bad in counts):
            continue
        slip = came(purchase, xiazhai, *counts, by=clerk.as_actor())
        if data.draw(st.booleans(), label="confirmed"):
            acceptances.confirm(by=head.as_actor(), acceptance=slip)
        else:
            acceptances.reject(by=head.as_actor(), acceptance=slip, reason="重点")
    _agree(purchase, had)
    transaction.savepoint_rollback(began)


def _counts(left: int):
    return st.integers(0, left).flatmap(lambda good: st.tuples(st.just(good), st.integers(0, left - good)))


def _agree(purchase, had: int) -> None:
    lines = AcceptanceLine.objects.filter(acceptance__state="confirmed")
    accepted = dict(lines.values_list("share").annotate(n=Sum("accepted")))
    shares = list(PurchaseShare.objects.select_related("item"))
    assert {share.pk: share.accepted for share in shares} == {
        share.pk: accepted.get(share.pk, 0) for share in shares
    }
    assert all(0 <= share.accepted <= share.quantity for share in shares)
    ledger = dict(Asset.objects.values_list("kind").annotate(n=Sum("quantity")))
    of_kind = {share.item.kind: share.accepted for share in shares}
    assert ledger == {kind: number for kind, number in of_kind.items() if number}
    figures = dict(Condition.objects.values_list("item", "amount"))
    assert figures == {"课桌椅": had + of_kind["desks"], "计算机": of_kind["computers"]}
    purchase.refresh_from_db()
    whole = not PurchaseShare.objects.filter(accepted__lt=F("quantity")).exists()
    assert purchase.state == ("delivered" if whole else "ordered")
