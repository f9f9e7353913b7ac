"""Equipment by Excel: 临夏's and 芦溪's purchases from the workbook to the schools' ledgers, and old stock of schools."""

from decimal import Decimal
from io import BytesIO

import openpyxl
import pytest
from django.db.models import Sum
from django.urls import reverse

from povertyedu.imports import actions as imports
from povertyedu.orgs.calendar import today
from povertyedu.workflow.flow import StepRefused
from projects.actions import acceptances, gaps, purchases
from projects.models import (
    Asset,
    Condition,
    Project,
    ProjectQuantity,
    Purchase,
    PurchaseItem,
    PurchaseShare,
    Standard,
)
from projects.queries import equipment as queries
from projects.queries.ratios import ratios, whole
from tests import factories
from tests.imports.conftest import workbook
from tests.projects import plans
from tests.projects.building import programme
from tests.projects.equipping import came, desks, ordered, stock
from tests.projects.test_import import checked, take_in, warnings

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
HEAD = (
    "清单名称",
    "项目编号",
    "学校",
    "类别",
    "品名",
    "规格型号",
    "单位",
    "数量",
    "单价（元）",
    "金额（元）",
    "供应商",
)
# What 临夏's plan buys (S1 二(四)): books 564,837, computers 15,926, desks 59,863, beds 16,800, instruments worth 128.29 million.
LINXIA = (
    ("图书", "图书", "册", 564_837, 20), ("计算机", "学生计算机", "台", 15_926, 3_500), ("课桌椅", "课桌椅", "套", 59_863, 220),
    ("学生用床", "双层床", "套", 16_800, 600), ("教学仪器设备", "教学仪器", "套", 12_829, 10_000),
)  # fmt: skip


@pytest.fixture(autouse=True)
def _county(db):
    factories.county()


def bought(content: bytes, *, by):
    return take_in_kind(content, by=by, kind="purchases")


def take_in_kind(content, *, by, kind):
    batch = checked(content, by=by, kind=kind)
    imports.confirm(batch=batch)
    return imports.apply(batch=batch, by=by.as_actor())


def approved_and_ordered(purchase, *, by, approver, **more):
    purchases.submit(by=by, purchase=purchase)
    purchases.approve(by=approver, purchase=purchase)
    return purchases.order(
        by=by, purchase=purchase, supplier="中标公司", ordered_on=today(), due_on=today(), **more
    )


def parts(number: int, of: int) -> list[int]:
    return [number // of + (n < number % of) for n in range(of)]


def test_linxia_is_bought_shared_out_accepted_and_stands_in_the_ledgers(client, officer, approver):
    programme("全面改薄", years=(2014, 2018))
    take_in(plans.linxia(), by=officer)
    project = Project.objects.get()
    schools = [factories.school(f"临夏村小{n}", area=factories.township()) for n in range(4)]
    rows = [
        ("改薄设备", project.code, school.name, kind, name, "", unit, number, price, number * price, "")
        for kind, name, unit, total, price in LINXIA
        for school, number in zip(schools, parts(total, 4), strict=True)
    ]
    batch = bought(workbook(("清单", [HEAD, *rows])), by=officer)
    assert (batch.counts["created"], warnings(batch)) == (20, [])
    purchase = Purchase.objects.with_sums().get()
    found = {item.kind: (item.quantity, item.total_fen) for item in PurchaseItem.objects.all()}
    assert found == {
        "books": (564_837, 1_129_674_000), "computers": (15_926, 5_574_100_000), "desks": (59_863, 1_316_986_000),
        "beds": (16_800, 1_008_000_000), "instruments": (12_829, 12_829_000_000),
    }  # fmt: skip
    assert (purchase.project, purchase.places) == (project, 4)
    central = project.fund_lines.get(source="central")
    approved_and_ordered(purchase, by=officer.as_actor(), approver=approver.as_actor(), line=central)
    for school in schools:
        clerk = factories.user("验收人", ("school_clerk", school))
        due = PurchaseShare.objects.filter(school=school).order_by("item").values_list("quantity", flat=True)
        slip = came(purchase, school, *((number, 0) for number in due), by=clerk.as_actor())
        acceptances.confirm(by=officer.as_actor(), acceptance=slip)
    purchase.refresh_from_db()
    assert purchase.state == "delivered"
    bought_of = ["图书", "计算机", "课桌椅", "学生用床", "设备仪器价值"]
    done = ProjectQuantity.objects.filter(project=project, item__in=bought_of).values_list(
        "item", "planned", "done"
    )
    assert {item: (planned, number) for item, planned, number in done} == {
        "图书": (564_837, 564_837), "计算机": (15_926, 15_926), "课桌椅": (59_863, 59_863), "学生用床": (16_800, 16_800),
        "设备仪器价值": (128_290_000, 128_290_000),
    }  # fmt: skip
    assert Asset.objects.filter(kind="books").aggregate(n=Sum("quantity"))["n"] == 564_837
    client.force_login(officer)
    page = client.get(reverse("projects:assets")).content.decode()
    assert [number in page for number in ("564,837", "15,926", "59,863", "16,800", "12,829.00 万元")] == [
        True
    ] * 5
    book = openpyxl.load_workbook(
        BytesIO(client.get(reverse("projects:assets_export")).content), data_only=True
    )
    total = next(
        row for row in book.active.iter_rows(values_only=True) if row[0] and str(row[0]).startswith("总计")
    )
    assert total[8] == sum(number * price for _, _, _, number, price in LINXIA) == 218_577_600


def luxi(*, total=2_596_620) -> bytes:
    """250 sets at 10,386.48 yuan for 25 schools: 259.662万."""
    rows = [
        ("农村学校设备添置", "", f"芦溪第{n}小学", "设备", "教学设备", "", "套", 10, "10386.48", "", "")
        for n in range(1, 26)
    ]
    return workbook(("清单", [("芦溪县设备添置清单",), HEAD, *rows, ("合计", *[""] * 8, total, "")]))


def test_luxi_equips_25_schools_for_2596620_yuan(client, officer, approver):
    for name in ("教育扶贫工程", "村级小学建设", "整合涉农资金项目"):
        programme(name, "standard", years=(2017, 2018))
    take_in(plans.luxi(), by=officer)
    schools = [factories.school(f"芦溪第{n}小学", area=factories.township()) for n in range(1, 26)]
    off = checked(luxi(total=2_600_000), by=officer, kind="purchases")
    assert warnings(off) == [
        "合计行的金额 2,600,000.00 元，各行相加 2,596,620.00 元，相差 3,380.00 元；按各行登记。"
    ]
    assert warnings(bought(luxi(), by=officer)) == []
    client.force_login(officer)
    assert "259.66" in client.get(reverse("projects:purchases")).content.decode()
    purchase = Purchase.objects.with_sums().get()
    assert (purchase.total_fen, purchase.places) == (259_662_000, 25)
    project = Project.objects.get(name="25所农村中小学、幼儿园设备添置")
    Purchase.objects.filter(pk=purchase.pk).update(project=project)
    purchase.refresh_from_db()
    line = project.fund_lines.get(source="agriculture")
    assert line.budget_fen == 259_662_000
    approved_and_ordered(purchase, by=officer.as_actor(), approver=approver.as_actor(), line=line)
    assert len(queries.deliveries(PurchaseShare.objects.all())) == 25
    more = ordered(
        desks({schools[0]: 1}, 1), by=officer.as_actor(), approver=approver.as_actor(), name="不用项目资金的"
    )
    assert more.state == "ordered"
    with pytest.raises(
        StepRefused, match=r"整合涉农资金预算 2,596,620.00 元，别的清单已下单 2,596,620.00 元"
    ):
        ordered(
            desks({schools[0]: 1}, 1),
            by=officer.as_actor(),
            approver=approver.as_actor(),
            name="多一分",
            project=project,
            line=line,
        )
    for school in schools:
        clerk = factories.user("验收人", ("school_clerk", school))
        acceptances.confirm(
            by=officer.as_actor(), acceptance=came(purchase, school, (10, 0), by=clerk.as_actor())
        )
    assert Purchase.objects.with_sums().get(pk=purchase.pk).arrived_fen == 259_662_000


def test_list_by_excel_comes_in_once_grows_while_a_draft_and_is_told_where_it_differs(
    run, officer, approver, xiazhai, qingshi
):
    def rows(*more):
        return workbook(
            (
                "清单",
                [
                    HEAD,
                    ("甲单", "", xiazhai.name, "课桌凳", "课桌椅", "K1", "套", 30, 120, 3_600, "丙公司"),
                    *more,
                ],
            )
        )

    assert run("purchases", rows())["created"] == 1
    purchase = Purchase.objects.get()
    assert (purchase.supplier, purchase.area_id, purchase.code) == (
        "丙公司",
        "529901",
        f"CG{today().year}-0001",
    )
    grown = run(
        "purchases", rows(("甲单", "", qingshi.code, "课桌椅", "课桌椅", "K1", "套", 20, 120, 2_300, ""))
    )
    assert (grown["created"], grown["unchanged"], grown["warnings"]) == (1, 1, {"total_differs": 1})
    assert (purchase.items.get().quantity, PurchaseShare.objects.count()) == (50, 2)
    answer = run(
        "purchases",
        rows(
            ("甲单", "", "没有的小学", "课桌椅", "课桌椅", "K1", "套", 1, 120, "", ""),
            ("乙单", "", xiazhai.name, "床", "床", "", "张", "3.5", 600, "", ""),
            ("乙单", "", qingshi.name, "床", "床", "", "张", 3, 700, "", ""),
            ("乙单", "2099-00001", qingshi.name, "床", "木床", "", "张", 3, 700, "", ""),
            ("丁单", "", qingshi.name, "飞船", "床", "", "张", 3, 700, "", ""),
            ("甲单", "", qingshi.name, "课桌椅", "课桌椅", "K1", "套", 21, 120, "", ""),
        ),
    )
    assert (answer["created"], answer["unchanged"]) == (0, 1)
    assert answer["rejected_by_code"] == {
        "exists": 1, "number_invalid": 1, "school_unknown": 1, "value_conflict": 1, "value_unknown": 2,
    }  # fmt: skip
    purchases.submit(by=officer.as_actor(), purchase=purchase)
    frozen = run(
        "purchases",
        rows(("甲单", "", factories.school("新校").name, "课桌椅", "课桌椅", "K1", "套", 5, 120, "", "")),
    )
    assert (frozen["unchanged"], frozen["rejected_by_code"]) == (1, {"exists": 1})


def test_old_stock_is_imported_by_a_school_for_itself_once_and_labels_are_printed(
    client, clerk, officer, xiazhai, qingshi
):
    head = (
        "学校",
        "资产编号",
        "类别",
        "品名",
        "规格型号",
        "单位",
        "数量",
        "单价（元）",
        "购置日期",
        "存放地点",
    )
    good = [
        (xiazhai.name, "2015-01", "电脑", "联想台式机", "M4", "台", 32, 3_200, "2015-09-01", "微机室"),
        (xiazhai.name, "2015-02", "图书", "图书", "", "册", 4_100, 12.5, "2015-09-01", "图书室"),
    ]
    content = workbook(
        (
            "资产",
            [
                head,
                *good,
                (qingshi.name, "1", "图书", "图书", "", "册", 1, 1, "2015-09-01", ""),
                (xiazhai.name, "2015-03", "床", "床", "", "张", 1, 1, "2099-09-01", ""),
            ],
        )
    )
    gaps.say_conditions(by=clerk.as_actor(), rows=[(xiazhai.pk, "计算机", Decimal(32))])
    batch = take_in_kind(content, by=clerk, kind="school-assets")
    assert (batch.counts["created"], batch.counts["rejected"]) == (2, 2)
    cards = Asset.objects.order_by("code").values_list("code", "quantity", "price_fen", "place")
    assert list(cards) == [("2015-01", 32, 320_000, "微机室"), ("2015-02", 4_100, 1_250, "图书室")]
    assert Condition.objects.get().amount == 32  # what was reported has it already
    again = checked(content, by=clerk, kind="school-assets")
    assert (again.counts["created"], again.counts["unchanged"]) == (0, 2)
    dearer = workbook(("资产", [head, (*good[0][:7], 9_999, *good[0][8:])]))
    assert warnings(checked(dearer, by=clerk, kind="school-assets"))[0].startswith(
        "台账上这个编号是“联想台式机”、单价 3,200.00 元"
    )
    client.force_login(clerk)
    labels = client.get(reverse("projects:asset_labels") + "?kind=computers").content.decode()
    assert [word in labels for word in ("2015-01", "联想台式机 M4", "32 台", "2015-02")] == [
        True,
        True,
        True,
        False,
    ]
    page = client.get(reverse("projects:assets")).content.decode()
    assert "153,650.00" in page  # 32 x 3,200 + 4,100 x 12.5


def test_old_stock_is_registered_by_hand_once(client, clerk, xiazhai):
    client.force_login(clerk)
    page = reverse("projects:asset_new")
    data = {
        "school": xiazhai.pk, "code": "2010-1", "kind": "beds", "name": "双层床", "model": "", "unit": "张", "quantity": "12", "price_fen": "600",
        "acquired_on": "2010-09-01", "place": "", "document": "",
    }  # fmt: skip
    made = client.post(page, data)
    card = Asset.objects.get()
    assert (made.headers["Location"], card.quantity) == (card.get_absolute_url(), 12)
    assert "已有这个资产编号" in client.post(page, data).content.decode()
    assert (
        "不能晚于今天"
        in client.post(page, data | {"code": "2", "acquired_on": "2099-01-01"}).content.decode()
    )


def test_ratios_are_what_there_is_over_pupils_beside_the_standards(
    client, officer, approver, clerk, xiazhai, qingshi, autumn
):
    by = officer.as_actor()
    for number in range(5):
        factories.student(f"孩子{number}", at=xiazhai, during=autumn, boarding=number < 2)
    factories.student("邻校孩子", at=qingshi, during=autumn)
    gaps.take_usual_standards(by=by)
    said = [("图书", 60), ("课桌椅", 3), ("学生用床", 2), ("计算机", 0)]
    gaps.say_conditions(by=by, rows=[(xiazhai.pk, item, Decimal(amount)) for item, amount in said])
    gaps.say_conditions(by=by, rows=[(qingshi.pk, "图书", Decimal(9))])
    purchase = ordered(desks({xiazhai: 2}), by=by, approver=approver.as_actor())
    acceptances.confirm(by=by, acceptance=came(purchase, xiazhai, (2, 0), by=clerk.as_actor()))
    lines = ratios(autumn, [xiazhai, qingshi])
    assert [(line.school, line.pupils, line.boarders) for line in lines] == [(xiazhai, 5, 2), (qingshi, 1, 0)]
    assert [(cell.ratio, cell.standard, cell.is_short) for cell in lines[0].cells] == [
        (Decimal(12), Decimal(15), True),  # 60 books for 5
        (Decimal(0), Decimal(20), True),  # no computer; 0.1 x 5, a whole one, is 20 per hundred
        (Decimal(1), Decimal(1), False),  # 3 desks, and 2 that came
        (Decimal(1), Decimal(1), False),  # 2 beds for 2 boarders
        (None, Decimal(2000), False),  # value never reported
    ]
    assert [cell.ratio for cell in whole(lines).cells][:2] == [Decimal("11.50"), Decimal(0)]  # 69 books for 6
    client.force_login(officer)
    page = client.get(reverse("projects:ratios")).content.decode()
    assert [word in page for word in ("下寨小学", "没有填报", "标准 15", "11.5")] == [True] * 4
    assert "有不达标的" in page
    Standard.objects.filter(item="教学仪器设备值", stage="primary").update(unit="万元", amount=Decimal("0.2"))
    Standard.objects.filter(item="教学仪器设备值").exclude(stage="primary").delete()
    gaps.say_conditions(by=by, rows=[(xiazhai.pk, "教学仪器设备值", Decimal("0.5"))])
    cell = ratios(autumn, [xiazhai])[0].cells[4]
    assert (cell.ratio, cell.standard, cell.is_short) == (Decimal(1000), Decimal(2000), True)
    stock(xiazhai, by=by)


def test_queries_of_the_lists_do_not_grow_with_the_rows(run, xiazhai, django_assert_max_num_queries):
    schools = [factories.school(f"村小{n}", area=factories.township()) for n in range(30)]

    def sheet(name, of):
        return workbook(
            (
                "清单",
                [HEAD, *((name, "", school.name, "图书", "图书", "", "册", 5, 20, "", "") for school in of)],
            )
        )

    run("purchases", sheet("零", schools[:2]))
    with django_assert_max_num_queries(90) as few:
        run("purchases", sheet("一", schools[:2]), name="二.xlsx")
    with django_assert_max_num_queries(90) as many:
        run("purchases", sheet("二", schools), name="三十.xlsx")
    assert len(few) == len(many)
