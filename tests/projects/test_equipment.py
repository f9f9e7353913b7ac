"""设备: purchase lists to schools, counted on arrival, confirmed by another person, on the ledger, per pupil, and gaps filled by it."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.findings.models import Finding
from povertyedu.orgs.calendar import today
from povertyedu.workflow.flow import StepRefused
from projects.actions import acceptances, gaps, purchases
from projects.actions.gaps import NewGap
from projects.models import (
    Acceptance,
    AcceptanceLine,
    Asset,
    AssetEntry,
    Condition,
    Gap,
    Purchase,
    PurchaseItem,
    PurchaseShare,
)
from tests import factories
from tests.projects.building import project_at, signed
from tests.projects.equipping import came, computers, desks, drawn, ordered, slip, stock

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
LIST = reverse("projects:purchases")
DELIVERIES = reverse("projects:deliveries")


def step(client, purchase, verb, **data):
    return client.post(reverse("projects:purchase_step", args=[purchase.pk, verb]), data)


def text(client, url) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def test_list_goes_from_draft_to_the_last_school_by_different_people(
    client, officer, approver, clerk, head, leader, xiazhai, qingshi
):
    client.force_login(officer)
    assert "拟订采购清单" in text(client, LIST)
    client.post(reverse("projects:purchase_new"), {"name": "秋季课桌椅", "project": "", "note": ""})
    purchase = Purchase.objects.get()
    assert purchase.code == f"CG{today().year}-0001"
    new = reverse("projects:item_new", args=[purchase.pk])
    item = {
        "kind": "desks",
        "name": "课桌椅",
        "model": "KZ-1",
        "unit": "套",
        "quantity": "100",
        "price_fen": "120",
    }
    made = client.post(new, item)
    row = PurchaseItem.objects.get()
    page = reverse("projects:item", args=[row.pk])
    assert (made.headers["Location"], row.total_fen) == (page, 1_200_000)
    assert "已有这个品名和型号" in client.post(new, item).content.decode()
    assert client.post(page, {"school": xiazhai.pk, "quantity": "60"}).status_code == 302
    over = client.post(page, {"school": qingshi.pk, "quantity": "41"}).content.decode()
    assert "共 100 套，别的学校已分 60，这里最多 40" in over
    early = step(client, purchase, "submit", reason="").content.decode()
    assert "“课桌椅 KZ-1”清单 100 套，分到学校 60，相差 40" in early
    client.post(page, {"school": qingshi.pk, "quantity": "40"})
    assert step(client, purchase, "submit", reason="").status_code == 302
    assert "不能再改" in client.post(new, item | {"name": "凳子"}).content.decode()
    assert step(client, purchase, "approve").status_code == 403
    client.force_login(approver)
    assert "待审批的设备采购清单" in text(client, "/")
    assert step(client, purchase, "approve", reason="同意").status_code == 302
    client.force_login(officer)
    order = {"supplier": "云岭教学设备公司", "ordered_on": str(today()), "due_on": str(today())}
    assert step(client, purchase, "order", **order).status_code == 302
    client.force_login(clerk)
    assert "已下单、待到校验收的设备" in text(client, "/")
    assert "课桌椅 KZ-1 60 套" in text(client, DELIVERIES)
    share = PurchaseShare.objects.get(school=xiazhai)
    accept = reverse("projects:accept", args=[purchase.pk, xiazhai.pk])
    counted = {"on": str(today()), f"good_{share.pk}": "60", f"bad_{share.pk}": "0", "note": ""}
    assert client.post(accept, counted).status_code == 422  # without the signed slip
    made = client.post(accept, counted | {"scan": slip()})
    acceptance = Acceptance.objects.get()
    assert made.headers["Location"] == acceptance.get_absolute_url()
    assert "要由另一人" in text(client, acceptance.get_absolute_url())
    confirm = reverse("projects:acceptance_step", args=[acceptance.pk, "confirm"])
    assert client.post(confirm, {"reason": ""}).status_code == 403
    client.force_login(head)
    assert "待复核的到货验收单" in text(client, "/")
    assert client.post(confirm, {"reason": "点过"}).status_code == 302
    purchase.refresh_from_db()
    assert (purchase.state, Purchase.objects.with_sums().get().arrived_fen) == ("ordered", 720_000)
    acceptances.confirm(
        by=officer.as_actor(),
        acceptance=came(
            purchase, qingshi, (40, 0), by=factories.user("何勇", ("school_clerk", qingshi)).as_actor()
        ),
    )
    purchase.refresh_from_db()
    assert purchase.state == "delivered"
    assert [d.verb for d in purchase.decisions.all()] == ["draw_up", "submit", "approve", "order", "deliver"]
    client.force_login(leader)
    shown = text(client, purchase.get_absolute_url())
    assert [word in shown for word in ("12,000.00", "到齐", "云岭教学设备公司", "验收单")] == [True] * 4
    assert step(client, purchase, "settle", reason="算了").status_code == 403


def test_list_is_not_approved_by_who_drew_it_up(officer, xiazhai):
    by = officer.as_actor()
    purchase = drawn(desks({xiazhai: 2}), by=by)
    purchases.submit(by=by, purchase=purchase)
    with pytest.raises(StepRefused, match="审批人不能是拟订人"):
        purchases.approve(by=by, purchase=purchase)
    with pytest.raises(IntegrityError), transaction.atomic():
        Purchase.objects.filter(pk=purchase.pk).update(state="approved", approved_by_id=by.id)


def test_list_that_left_its_draft_stands_still_whatever_writes(officer, approver, xiazhai):
    purchase = ordered(desks({xiazhai: 2}), by=officer.as_actor(), approver=approver.as_actor())
    writes = [
        lambda: PurchaseItem.objects.update(price_fen=1),
        lambda: PurchaseShare.objects.update(quantity=9),
        lambda: PurchaseShare.objects.all()._raw_delete("default"),
        lambda: PurchaseItem.objects.create(
            purchase=purchase, kind="beds", name="床", unit="张", quantity=1, price_fen=1
        ),
    ]
    for write in writes:
        with pytest.raises(IntegrityError, match="采购清单已提交"), transaction.atomic():
            write()


def test_order_is_held_to_the_contract_and_to_the_source(officer, approver, xiazhai):
    by = officer.as_actor()
    project = project_at(xiazhai, by=by, budget={"central": 3_000_000, "county": 1_000_000})
    contract = signed(project, by=by, parts={"central": 2_400_000})
    ordered(
        desks({xiazhai: 150}), by=by, approver=approver.as_actor(), project=project, contract=contract
    )  # 18,000 yuan
    second = {"by": by, "approver": approver.as_actor(), "project": project, "name": "第二批"}
    with pytest.raises(
        StepRefused,
        match=r"合同 HT-1 24,000.00 元，别的清单已下单 18,000.00 元，这张清单 6,120.00 元，超出 120.00 元",
    ):
        ordered(desks({xiazhai: 51}), contract=contract, **second)
    third = second | {"name": "第三批", "line": project.fund_lines.get(source="county")}
    with pytest.raises(StepRefused, match=r"县级资金预算 10,000.00 元，.*超出 80.00 元"):
        ordered(desks({xiazhai: 84}), **third)
    elsewhere = project_at(xiazhai, by=by, name="别的项目", budget={"central": 1})
    with pytest.raises(StepRefused, match="不是这张清单的项目的"):
        ordered(desks({xiazhai: 1}), **second | {"name": "第四批", "line": elsewhere.fund_lines.get()})


def test_short_and_damaged_become_a_finding_and_are_made_good_by_a_second_delivery(
    client, officer, approver, clerk, xiazhai
):
    purchase = ordered(
        desks({xiazhai: 40}), computers({xiazhai: 10}), by=officer.as_actor(), approver=approver.as_actor()
    )
    first = came(purchase, xiazhai, (36, 1), (10, 0), by=clerk.as_actor())
    assert [(line.accepted, line.damaged, line.short) for line in first.lines.all()] == [
        (36, 1, 3),
        (10, 0, 0),
    ]
    client.force_login(officer)
    page = reverse("projects:acceptance_step", args=[first.pk, "confirm"])
    late = client.post(page, {"reason": "", "to_mend": "on", "due_on": "2019-01-01"})
    assert (late.status_code, "不能早于今天" in late.content.decode()) == (422, True)
    due = today() + dt.timedelta(days=15)
    assert client.post(page, {"reason": "属实", "to_mend": "on", "due_on": str(due)}).status_code == 302
    finding = Finding.objects.get()
    assert (finding.school, finding.source, finding.due_on, finding.text) == (
        xiazhai, "project", due, "课桌椅 KZ-1 短缺 3、损坏 1",
    )  # fmt: skip
    assert "到货不足" in text(client, first.get_absolute_url())
    assert "课桌椅 KZ-1 4 套" in text(client, DELIVERIES)
    second = came(purchase, xiazhai, (4, 0), by=clerk.as_actor())
    assert acceptances.confirm(by=officer.as_actor(), acceptance=second).state == "confirmed"
    purchase.refresh_from_db()
    assert purchase.state == "delivered"
    cards = Asset.objects.values_list("name", "quantity", "price_fen").order_by("pk")
    assert list(cards) == [("课桌椅", 36, 12_000), ("学生计算机", 10, 350_000), ("课桌椅", 4, 12_000)]


def test_short_delivery_stays_open_or_is_settled_with_a_reason(client, officer, approver, clerk, xiazhai):
    purchase = ordered(desks({xiazhai: 40}), by=officer.as_actor(), approver=approver.as_actor())
    slip_of = came(purchase, xiazhai, (30, 0), by=clerk.as_actor())
    client.force_login(officer)
    waiting = step(client, purchase, "settle", reason="供应商停产").content.decode()
    assert "还有学校的验收单等着复核" in waiting
    client.post(reverse("projects:acceptance_step", args=[slip_of.pk, "confirm"]), {"reason": ""})
    assert Finding.objects.count() == 0
    assert "还在待验收里" in text(client, slip_of.get_absolute_url())
    assert step(client, purchase, "settle", reason="").status_code == 422
    assert step(client, purchase, "settle", reason="供应商停产").status_code == 302
    purchase.refresh_from_db()
    assert (purchase.state, PurchaseShare.objects.get().accepted) == ("settled", 30)
    with pytest.raises(StepRefused, match="现在不能验收"):
        acceptances.accept(
            by=clerk.as_actor(), purchase=purchase, school=xiazhai, on=today(), counts={}, upload=slip()
        )


def test_more_than_is_due_nothing_or_twice_is_refused(client, officer, approver, clerk, xiazhai):
    purchase = ordered(desks({xiazhai: 40}), by=officer.as_actor(), approver=approver.as_actor())
    share = PurchaseShare.objects.get()
    client.force_login(clerk)
    page = reverse("projects:accept", args=[purchase.pk, xiazhai.pk])

    def count(good, bad, **more):
        data = {
            "on": str(today()),
            f"good_{share.pk}": good,
            f"bad_{share.pk}": bad,
            "note": "",
            "scan": slip(),
        }
        return client.post(page, data | more).content.decode()

    assert "超过应到的 40" in count(40, 1)
    assert "没有到货的不用登记验收" in count(0, 0)
    assert "不能晚于今天" in count(40, 0, on="2099-01-01")
    assert count(40, 0) == ""
    assert "已有一张验收单等着复核" in count(40, 0)
    with pytest.raises(StepRefused, match="退回也要由另一人"):
        acceptances.reject(by=clerk.as_actor(), acceptance=Acceptance.objects.get(), reason="重点")
    acceptances.reject(by=officer.as_actor(), acceptance=Acceptance.objects.get(), reason="重点")
    assert count(39, 1) == ""
    with pytest.raises(IntegrityError, match="验收数不得修改"), transaction.atomic():
        AcceptanceLine.objects.update(accepted=40)
    with pytest.raises(IntegrityError), transaction.atomic():
        Acceptance.objects.filter(state="reported").update(state="confirmed", confirmed_by_id=clerk.pk)


def test_delivery_counts_as_possession_and_fills_the_gap_for_another_to_close(
    client, officer, approver, clerk, head, xiazhai
):
    by = officer.as_actor()
    gaps.say_conditions(
        by=by, rows=[(xiazhai.pk, "课桌椅", Decimal(60)), (xiazhai.pk, "教学仪器设备值", Decimal(10_000))]
    )
    desk, machine, value = gaps.report(
        by=clerk.as_actor(),
        gaps=[
            NewGap(xiazhai.pk, "课桌椅", "套", Decimal(100), Decimal(60)), NewGap(xiazhai.pk, "计算机", "台", Decimal(12), Decimal(0)),
            NewGap(xiazhai.pk, "教学仪器设备值", "万元", Decimal(4), Decimal(1)),
        ],
    )  # fmt: skip
    purchase = ordered(desks({xiazhai: 40}), computers({xiazhai: 10}), by=by, approver=approver.as_actor())
    slip_of = came(purchase, xiazhai, (40, 0), (10, 0), by=clerk.as_actor())
    acceptances.confirm(by=head.as_actor(), acceptance=slip_of)
    assert dict(Condition.objects.values_list("item", "amount")) == {
        "课桌椅": Decimal(100), "教学仪器设备值": Decimal(45_000),  # 10,000 + 10 x 3,500; computers were never reported
    }  # fmt: skip
    for gap in (desk, machine, value):
        gap.refresh_from_db()
    assert (desk.state, desk.filled_by_id, desk.proof_id) == ("filled", clerk.pk, slip_of.proof_id)
    assert (machine.state, machine.present, machine.decisions.last().label) == ("open", 10, "到货一部分")
    assert (value.state, value.present) == ("filled", 1)  # 3.5 of the 3 that were missing
    client.force_login(officer)
    told = text(client, desk.get_absolute_url())
    assert f"验收单 {slip_of.pk}：到货合格 40 套，吴校长复核确认" in told
    closing = client.post(reverse("projects:gap_step", args=[desk.pk, "confirm"]), {"reason": "到校看过"})
    assert closing.status_code == 302
    desk.refresh_from_db()
    assert desk.state == "closed"
    client.post(reverse("projects:gap_step", args=[desk.pk, "reopen"]), {"reason": "坏了 5 套"})
    desk.refresh_from_db()
    assert [d.verb for d in desk.decisions.all()] == ["report", "fill", "confirm", "reopen"]
    assert Gap.objects.filter(state="closed").count() == 0


def test_assets_are_moved_and_disposed_of_by_decision_and_nothing_is_overwritten(
    client, officer, clerk, xiazhai, qingshi
):
    gaps.say_conditions(
        by=officer.as_actor(), rows=[(xiazhai.pk, "计算机", Decimal(30)), (qingshi.pk, "计算机", Decimal(5))]
    )
    card = stock(xiazhai, by=clerk.as_actor())
    client.force_login(clerk)
    assert client.get(reverse("projects:asset_step", args=[card.pk, "move"])).status_code == 403
    client.force_login(officer)
    day = {"on": str(today()), "document": "云教财〔2020〕3号", "reason": "淘汰"}
    remove, move = (reverse("projects:asset_step", args=[card.pk, verb]) for verb in ("remove", "move"))
    assert (
        "在册 30 台，不能办理 31 台"
        in client.post(remove, day | {"kind": "disposed", "quantity": 31}).content.decode()
    )
    assert client.post(remove, day | {"kind": "disposed", "quantity": 4, "document": ""}).status_code == 422
    assert client.post(remove, day | {"kind": "disposed", "quantity": 4}).status_code == 302
    assert (
        client.post(move, day | {"to_school": qingshi.pk, "quantity": 6, "reason": "支援"}).status_code == 302
    )
    card.refresh_from_db()
    there = Asset.objects.get(school=qingshi)
    assert (card.quantity, there.quantity, there.moved_from) == (20, 6, card)
    assert [(e.kind, e.quantity) for e in card.entries.all()] == [
        ("stock", 30),
        ("disposed", -4),
        ("moved_out", -6),
    ]
    assert dict(Condition.objects.values_list("school", "amount")) == {xiazhai.pk: 20, qingshi.pk: 11}
    page = text(client, card.get_absolute_url())
    assert [word in page for word in ("云教财〔2020〕3号", "调往青石镇中心小学", "淘汰", "40,000.00")] == [
        True
    ] * 4
    for write in (
        lambda: AssetEntry.objects.update(quantity=1),
        lambda: AssetEntry.objects.all()._raw_delete("default"),
        lambda: Asset.objects.filter(pk=card.pk).update(quantity=99),
        lambda: Asset.objects.filter(pk=card.pk)._raw_delete("default"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            write()


def test_pages_are_the_schools_own(client, officer, approver, neighbour, clerk, xiazhai, qingshi, autumn):
    mine = ordered(desks({xiazhai: 4}), by=officer.as_actor(), approver=approver.as_actor())
    both = ordered(
        desks({xiazhai: 3, qingshi: 5}), by=officer.as_actor(), approver=approver.as_actor(), name="两校"
    )
    slip_of = came(mine, xiazhai, (4, 0), by=clerk.as_actor())
    card = stock(xiazhai, by=clerk.as_actor())
    client.force_login(neighbour)
    gone = [
        mine.get_absolute_url(), slip_of.get_absolute_url(), reverse("projects:acceptance_proof", args=[slip_of.pk]), card.get_absolute_url(),
        reverse("projects:accept", args=[both.pk, xiazhai.pk]), reverse("projects:accept", args=[mine.pk, qingshi.pk]),
    ]  # fmt: skip
    assert [client.get(url).status_code for url in gone] == [404] * len(gone)
    shown = text(client, both.get_absolute_url())
    assert ("青石镇中心小学" in shown, "下寨" in shown) == (True, False)
    for url in (
        DELIVERIES,
        DELIVERIES + "?tab=reported",
        reverse("projects:assets"),
        reverse("projects:ratios"),
    ):
        assert "下寨" not in text(client, url)
    client.force_login(clerk)
    assert b"".join(client.get(gone[2]).streaming_content).startswith(b"\x89PNG")


def test_empty_pages_say_what_comes_next(client, officer, clerk, autumn):
    client.force_login(officer)
    assert "拟订清单，写明品名" in text(client, LIST)
    assert "没有等着验收的设备" in text(client, DELIVERIES)
    assert "验收合格后自动入账" in text(client, reverse("projects:assets"))
    assert "没有要打印的标签" in text(client, reverse("projects:asset_labels"))
    assert "本学期没有在校生" in text(client, reverse("projects:ratios"))
    for url in (LIST, reverse("projects:assets"), reverse("projects:ratios")):
        assert "请放宽或重置筛选条件" in text(client, url + "?township=529901100&kind=&short=yes&q=无")


def test_pages_take_the_same_queries_for_one_and_for_many(
    client, officer, approver, clerk, xiazhai, qingshi, autumn
):
    by, clerks = officer.as_actor(), clerk.as_actor()
    purchase = ordered(desks({xiazhai: 4}), computers({xiazhai: 1}), by=by, approver=approver.as_actor())
    before = ordered(desks({xiazhai: 4}), by=by, approver=approver.as_actor(), name="先到的")
    acceptances.confirm(by=by, acceptance=came(before, xiazhai, (3, 0), by=clerks))
    slip_of = came(purchase, xiazhai, (3, 0), (1, 0), by=clerks)
    card = stock(xiazhai, by=clerks)
    factories.student("罗娜", at=xiazhai, during=autumn)
    client.force_login(officer)
    tabs = [DELIVERIES + f"?tab={tab}" for tab in ("due", "reported", "confirmed")]
    pages = [
        LIST, LIST + "?print=1", purchase.get_absolute_url(), *tabs, slip_of.get_absolute_url(), card.get_absolute_url(),
        *(reverse(f"projects:{name}") for name in ("assets", "assets_export", "asset_labels", "ratios")),
    ]  # fmt: skip

    def queries():
        counts = []
        for page in pages:
            with CaptureQueriesContext(connection) as caught:
                assert client.get(page).status_code == 200
            counts.append(len(caught))
        return counts

    queries()
    few = queries()
    acceptances.confirm(by=by, acceptance=slip_of)
    came(purchase, xiazhai, (1, 0), by=clerks)
    schools = [factories.school(f"村小{n}", area=factories.township()) for n in range(12)]
    for n, school in enumerate(schools):
        factories.student(f"孩子{n}", at=school, during=autumn)
        stock(school, by=by)
    more = ordered(desks(dict.fromkeys(schools, 5)), by=by, approver=approver.as_actor(), name="十二校")
    for school in schools[:6]:
        acceptances.confirm(by=by, acceptance=came(more, school, (5, 0), by=clerks))
    came(more, schools[7], (5, 0), by=clerks)
    assert queries() == few
