"""The same money is booked once and asked for once, however often a button is pressed."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from povertyedu.orgs.calendar import today
from povertyedu.workflow.flow import StepRefused
from projects.actions import funds, requests
from projects.models import FundEntry, FundRequest
from tests.projects.building import DAY, line, signed, sums
from tests.together import refused_at_once

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
AGAIN = "已由马项目登记过，没有重复登记；确是另一笔的，请写明不同的文号（凭证号）。"


@pytest.fixture
def by(officer):
    return officer.as_actor()


def grant(by, project, document="云财1号", on=DAY):
    return funds.grant(by=by, project=project, source="central", amount_fen=500, on=on, document=document)


def arrive(by, project, document="拨1", on=DAY):
    return funds.arrive(by=by, line=line(project), amount_fen=500, on=on, document=document)


def pay(by, project, document="P-1", on=DAY):
    part = project.contracts.get().parts.get()
    return funds.pay(by=by, part=part, amount_fen=500, on=on, document=document)


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        (grant, "中央资金同一天、同一金额、同一文号（凭证号）的下达预算"),
        (arrive, "中央资金同一天、同一金额、同一文号（凭证号）的资金到位"),
        (pay, "中央资金同一天、同一金额、同一文号（凭证号）的支付"),
    ],
)
def test_same_document_day_and_amount_is_booked_once(dormitory, by, verb, words):
    signed(dormitory, by=by, parts={"central": 10_000})
    first = verb(by, dormitory)
    before = sums(dormitory)
    with pytest.raises(StepRefused) as refused:
        verb(by, dormitory)
    assert (str(refused.value), sums(dormitory)) == (words + AGAIN, before)
    verb(by, dormitory, "另一份")
    again = ("line", "part", "kind", "amount_fen", "on", "document")
    with pytest.raises(IntegrityError, match="同一笔资金已登记过"), transaction.atomic():
        FundEntry.objects.create(by_name="绕过", **{name: getattr(first, name) for name in again})


def test_what_was_taken_back_is_booked_again(dormitory, by):
    signed(dormitory, by=by, parts={"central": 10_000})
    for verb in (grant, arrive, pay):
        funds.take_back(by=by, entry=verb(by, dormitory, on=today()), reason="登记错了")
        verb(by, dormitory, on=today())
    assert sums(dormitory) == (30_000_500, 500, 10_000, 500)


def test_arrivals_without_a_document_are_told_apart_by_one(dormitory, by):
    arrive(by, dormitory, "")
    with pytest.raises(StepRefused, match="请写明不同的文号（凭证号）"):
        arrive(by, dormitory, "")
    arrive(by, dormitory, "回单2")
    assert sums(dormitory)[1] == 1000


def test_form_sent_twice_books_once_and_says_so(client, officer, finance, dormitory):
    client.force_login(finance)
    data = {"line": line(dormitory).pk, "amount_fen": "5", "on": "2020-09-01", "document": "拨1"}
    answers = [client.post(reverse("projects:act", args=[dormitory.pk, "arrive"]), data) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 422]
    assert "同一文号（凭证号）的资金到位已由" in answers[1].content.decode()
    assert sums(dormitory)[1] == 500


def ask(by, project, **more):
    wanted = {"kind": "over_contract", "line": line(project), "amount_fen": 500, "reason": "涨价"} | more
    return requests.ask(by=by, project=project, **wanted)


def test_same_request_waits_once_until_it_is_decided(dormitory, by, approver):
    first = ask(by, dormitory)
    with pytest.raises(StepRefused, match="同样的申请（超预算签约 5.00 元，马项目 .* 提出）还在待审批"):
        ask(by, dormitory, reason="再提一次")
    ask(by, dormitory, amount_fen=501)
    requests.refuse(by=approver.as_actor(), request=first, reason="材料不全")
    ask(by, dormitory)
    twin = {"project": dormitory, "kind": "over_contract", "line": line(dormitory), "amount_fen": 501}
    with pytest.raises(IntegrityError, match="同样的申请还在待审批"), transaction.atomic():
        FundRequest.objects.create(**twin, reason="绕过", asked_by_id=1, asked_by="甲")
    assert FundRequest.objects.filter(state="asked").count() == 2


@pytest.mark.usefixtures("real_commits")
def test_the_same_by_four_at_once_stands_once(officer, dormitory):
    by = officer.as_actor()
    refused = refused_at_once(*(lambda: arrive(by, dormitory) for _ in range(4)), refusing=StepRefused)
    assert (len(refused), FundEntry.objects.filter(kind="arrival").count()) == (3, 1)
    refused = refused_at_once(*(lambda: ask(by, dormitory) for _ in range(4)), refusing=StepRefused)
    assert (len(refused), FundRequest.objects.count()) == (3, 1)
