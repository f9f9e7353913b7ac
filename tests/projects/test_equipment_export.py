"""Purchase lists and ratios as workbooks, and what schools are told when something is ordered for them."""

from io import BytesIO

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.inbox.models import Message
from projects.actions import acceptances
from projects.models import Acceptance, Condition, Purchase, PurchaseShare, Standard
from tests import factories
from tests.projects.equipping import came, computers, desks, drawn, ordered
from tests.projects.wizard import taken_in

pytestmark = pytest.mark.django_db


def sheets(client, url) -> list[list[tuple]]:
    """Return the rows below the heads of each sheet."""
    answer = client.get(url)
    assert answer.status_code == 200
    book = openpyxl.load_workbook(BytesIO(answer.content), data_only=True)
    return [list(sheet.iter_rows(min_row=4, values_only=True)) for sheet in book]


@pytest.fixture
def on_its_way(officer, approver, xiazhai, qingshi):
    by = officer.as_actor()
    return ordered(
        desks({xiazhai: 40, qingshi: 20}), computers({xiazhai: 5}), by=by, approver=approver.as_actor()
    )


def test_list_is_exported_school_by_school_and_item_by_item(
    client, officer, on_its_way, xiazhai, clerk, head
):
    came(on_its_way, xiazhai, (30, 0), (5, 0), by=clerk.as_actor())
    acceptances.confirm(by=head.as_actor(), acceptance=Acceptance.objects.get())
    client.force_login(officer)
    by_school, by_item = sheets(client, reverse("projects:purchase_export", args=[on_its_way.pk]))
    assert [row[1:12] for row in by_school[:4]] == [
        ("城关镇下寨小学", "课桌椅", "课桌椅", "KZ-1", "套", 40, 120, 4800, 30, 10, 3600),
        ("城关镇下寨小学", "计算机", "学生计算机", "", "台", 5, 3500, 17500, 5, 0, 17500),
        ("青石镇中心小学", "课桌椅", "课桌椅", "KZ-1", "套", 20, 120, 2400, 0, 20, 0),
        (None, None, None, None, None, 65, None, 24700, 35, 30, 21100),
    ]  # fmt: skip
    assert [row[1:9] for row in by_item[:2]] == [
        ("课桌椅", "KZ-1", "套", 60, 120, 7200, 60, 30), ("学生计算机", "", "台", 5, 3500, 17500, 5, 5),
    ]  # fmt: skip


def test_school_exports_its_own_part_and_another_none(client, clerk, on_its_way):
    client.force_login(clerk)
    url = reverse("projects:purchase_export", args=[on_its_way.pk])
    by_school, by_item = sheets(client, url)
    assert {row[1] for row in by_school[:2]} == {"城关镇下寨小学"}
    assert [row[7] for row in by_item[:2]] == [40, 5]
    stranger = factories.school("城关镇别处小学")
    client.force_login(factories.user("别校", ("school_clerk", stranger), username="stranger"))
    assert client.get(url).status_code == 404


def test_exported_list_is_imported_again_as_it_was(client, officer, on_its_way, xiazhai, qingshi):
    client.force_login(officer)
    body = client.get(reverse("projects:purchase_export", args=[on_its_way.pk])).content
    Purchase.objects.filter(pk=on_its_way.pk).update(name="旧清单")
    batch, _ = taken_in(client, "purchases", body)
    assert batch.counts["rejected"] == 0
    again = Purchase.objects.exclude(pk=on_its_way.pk).get()
    shares = PurchaseShare.objects.filter(item__purchase=again).order_by("school__area_id", "item")
    assert (again.name, again.state) == ("秋季设备采购", "draft")
    assert [(row.school, row.item.name, row.quantity, row.item.price_fen) for row in shares] == [
        (xiazhai, "课桌椅", 40, 12_000), (xiazhai, "学生计算机", 5, 350_000), (qingshi, "课桌椅", 20, 12_000),
    ]  # fmt: skip


def test_lists_are_exported_as_the_filter_leaves_them(client, officer, on_its_way, xiazhai):
    drawn(desks({xiazhai: 1}), by=officer.as_actor(), name="零星添置")
    client.force_login(officer)
    url = reverse("projects:purchases_export")
    [rows] = sheets(client, url)
    assert [(row[1], row[5], row[6], row[7]) for row in rows[:2]] == [
        ("秋季设备采购", "采购中", 2, 24_700), ("零星添置", "拟订中", 1, 120),
    ]  # fmt: skip
    assert rows[2][7] == 24_820
    [narrowed] = sheets(client, url + "?tab=draft")
    assert [row[1] for row in narrowed[:1]] == ["零星添置"]


def test_ratios_are_exported_with_have_should_and_standard(client, officer, clerk, xiazhai, autumn):
    factories.student("张三", at=xiazhai, during=autumn)
    Standard.objects.create(item="图书", unit="册", basis="pupil", amount=15)
    Condition.objects.create(school=xiazhai, item="图书", amount=9, on="2020-09-01", by_name="杨丽")
    client.force_login(officer)
    [rows] = sheets(client, reverse("projects:ratios_export"))
    assert rows[0][:8] == ("城关镇下寨小学", 1, 0, "9", "15", "9", "15", "不达标")
    assert rows[0][8] == "没有填报"
    assert (rows[1][0], rows[1][5]) == ("合计（填报了的学校）", "9")


def test_schools_are_told_what_is_ordered_for_them(
    client, officer, approver, clerk, head, neighbour, xiazhai, qingshi
):
    made = ordered(
        desks({xiazhai: 40, qingshi: 20}),
        computers({xiazhai: 5}),
        by=officer.as_actor(),
        approver=approver.as_actor(),
    )
    told = {message.to: message.text for message in Message.objects.filter(url="/projects/deliveries/")}
    ours = f"已为本校采购设备（秋季设备采购）：课桌椅 40 套、学生计算机 5 台，{made.due_on} 前到货；到货后请点数，登记验收。"
    assert told == {clerk: ours, head: ours, neighbour: ours.replace("40 套、学生计算机 5 台", "20 套")}


def test_telling_schools_takes_the_same_queries_for_one_and_for_thirty(officer, approver, clerk, xiazhai):
    def queries(*schools) -> int:
        by, boss = officer.as_actor(), approver.as_actor()
        with CaptureQueriesContext(connection) as caught:
            ordered(
                desks(dict.fromkeys(schools, 2)), by=by, approver=boss, name=f"清单{Purchase.objects.count()}"
            )
        return len(caught)

    queries(xiazhai)
    many = [factories.school(f"第{number}小学") for number in range(30)]
    for number, school in enumerate(many):
        factories.user(f"经办{number}", ("school_clerk", school), username=f"clerk{number}")
    assert queries(*many) == queries(xiazhai)
