"""Lists of projects by the import wizard: the plans' own figures come in, are told where they do not add up, and print back."""

from decimal import Decimal
from io import BytesIO

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Sum
from django.urls import reverse

from povertyedu.imports import actions as imports
from povertyedu.imports.models import ImportBatch, StagedRow
from povertyedu.workbooks.cells import CellError
from projects.models import FundEntry, FundLine, Gap, Milestone, Project, ProjectQuantity
from projects.queries import lists
from projects.resources.units import clean_area, clean_money
from tests import factories
from tests.imports.conftest import workbook
from tests.projects import plans
from tests.projects.building import programme
from tests.projects.wizard import taken_in

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
WAN = 1_000_000


@pytest.fixture(autouse=True)
def _county(db):
    factories.county()


def checked(content: bytes, *, by, kind="projects") -> ImportBatch:
    batch = imports.receive(chunks=[content], name="项目表.xlsx", kind=kind, term=None, by=by)
    return imports.check(batch=batch)


def warnings(batch) -> list[str]:
    return [
        warning[2]
        for row in StagedRow.objects.filter(batch=batch).order_by("pk")
        for warning in row.content["warnings"]
    ]


def take_in(content, *, by) -> ImportBatch:
    batch = checked(content, by=by)
    imports.confirm(batch=batch)
    return imports.apply(batch=batch, by=by.as_actor())


def ledger(client, query="") -> dict:
    """Return the totals of the exported ledger by heading, in yuan."""
    content = client.get(reverse("projects:export") + query).content
    rows = list(openpyxl.load_workbook(BytesIO(content), data_only=True).active.iter_rows(values_only=True))
    head = next(row for row in rows if "项目编号" in row)
    total = next(row for row in rows if row[0] and str(row[0]).startswith("总计"))
    return dict(zip(head, total, strict=True))


def test_linxia_comes_in_with_968_schools_and_is_told_that_its_funds_do_not_add_up(client, officer):
    programme("全面改薄", years=(2014, 2018))
    client.force_login(officer)
    batch, preview = taken_in(client, "projects", plans.linxia())
    told = "总投资 174,600.00 万元，各来源相加 174,286.00 万元，相差 314.00 万元；按各来源登记。"
    assert (warnings(batch), told in preview) == ([told], True)
    project = Project.objects.get()
    assert dict(FundLine.objects.values_list("source", "budget_fen")) == {
        "central": 87_000 * WAN, "province": 47_000 * WAN, "county": 39_800 * WAN, "other": 486 * WAN,
    }  # fmt: skip
    built = {row.item: (row.planned, row.unit) for row in ProjectQuantity.objects.filter(project=project)}
    assert built == {
        "学校": (Decimal(968), "所"), "教学辅助用房": (Decimal(441_553), "平方米"), "生活服务用房": (Decimal(116_668), "平方米"),
        "行政办公用房": (Decimal(18_186), "平方米"), "图书": (Decimal(564_837), "册"), "计算机": (Decimal(15_926), "台"), "课桌椅": (Decimal(59_863), "套"),
        "学生用床": (Decimal(16_800), "张"), "设备仪器价值": (Decimal(128_290_000), "元"),
    }  # fmt: skip
    areas = sum(amount for amount, unit in built.values() if unit == "平方米")
    assert areas == Decimal(576_407)
    total = ledger(client)
    assert (total["预算合计（元）"], total["中央资金（元）"]) == (1_742_860_000, 870_000_000)
    page = client.get(project.get_absolute_url()).content.decode()
    assert [text in page for text in ("441,553", "564,837", "1,742,860,000.00", told)] == [True] * 4
    shown = client.get(project.programme.get_absolute_url()).content.decode()
    assert ["174,286.00" in shown, f"{project.name}：{told}" in shown] == [True, True]
    assert "174,286.00" in client.get(reverse("projects:list") + "?print=1").content.decode()


def test_areas_that_do_not_add_up_are_told_with_both_figures(officer):
    programme("全面改薄", years=(2014, 2018))
    row = list(plans.LINXIA)
    row[plans.LINXIA_HEAD.index("校舍总面积（平方米）")] = "57.65万平方米"
    row[plans.LINXIA_HEAD.index("总投资（亿元）")] = "17.4286"
    batch = checked(workbook(("改薄", [plans.LINXIA_HEAD, row])), by=officer)
    assert warnings(batch) == ["建筑面积 576,500 平方米，各类用房相加 576,407 平方米；按各类用房登记。"]


def test_yizhang_adds_up_to_7600_and_comes_in_once(client, officer):
    for name, kind in (
        ("厕所改造", "toilets"),
        ("合格学校", "qualified"),
        ("全面改薄", "weak_schools"),
        ("高中建设", "senior"),
    ):
        programme(name, kind, years=(2017, 2017))
    client.force_login(officer)
    batch, _ = taken_in(client, "projects", plans.yizhang())
    assert warnings(batch) == []
    assert [(row.label, row.budget_fen) for row in lists.by_programme(Project.objects.all())] == [
        ("全面改薄", 2300 * WAN), ("厕所改造", 3000 * WAN), ("合格学校", 1300 * WAN), ("高中建设", 1000 * WAN),
    ]  # fmt: skip
    assert ledger(client)["预算合计（元）"] == 76_000_000
    assert client.get(reverse("projects:funds")).content.decode().count("7,600.00") >= 3
    assert "7,600.00" in client.get(reverse("projects:list") + "?print=1").content.decode()
    again = checked(plans.yizhang(), by=officer)
    assert (again.counts["created"], again.counts["unchanged"]) == (0, 4)
    assert FundEntry.objects.count() == 4
    off = checked(plans.yizhang(total=7700), by=officer)
    assert warnings(off)[0] == "合计行的其他资金 7,700.00 万元，各行相加 7,600.00 万元，相差 100.00 万元；"


def test_luxi_comes_in_by_name_and_year_with_its_loan(client, officer):
    for name in ("教育扶贫工程", "村级小学建设", "整合涉农资金项目"):
        programme(name, "standard", years=(2017, 2018))
    client.force_login(officer)
    batch, _ = taken_in(client, "projects", plans.luxi())
    assert (batch.counts["created"], warnings(batch)) == (13 + 3 + 3 + 3, [])
    of = Project.objects.filter(programme__name="教育扶贫工程").exclude(kind="other")
    assert [of.filter(year=year).count() for year in (2017, 2018)] == [13, 3]
    sources = dict(
        FundLine.objects.filter(project__programme__name="教育扶贫工程")
        .values_list("source")
        .annotate(fen=Sum("budget_fen"))
    )
    assert sources == {"loan": 30_000 * WAN, "other": 7_620 * WAN}
    assert sum(sources.values()) == 37_620 * WAN
    fen = FundLine.objects.filter(source="agriculture").order_by("pk").values_list("budget_fen", flat=True)
    assert list(fen) == [836_490_000, 259_662_000]
    villages = FundLine.objects.filter(project__programme__name="村级小学建设").aggregate(
        fen=Sum("budget_fen")
    )
    assert villages["fen"] == 600 * WAN
    begins = Milestone.objects.filter(project__programme__name="村级小学建设", kind="start")
    assert [str(day) for day in begins.values_list("planned_on", flat=True)] == ["2017-10-01"] * 3
    schools = ProjectQuantity.objects.filter(item="学校").order_by("pk").values_list("planned", flat=True)
    assert list(schools) == [1, 1, 1, 16, 25]
    total = ledger(client)
    assert (total["贷款（元）"], total["预算合计（元）"]) == (
        300_000_000,
        376_200_000 + 6_000_000 + 8_364_900 + 2_596_620,
    )
    page = client.get(reverse("projects:list") + "?print=1").content.decode()
    assert ["濂溪中学新建工程" in page, "39,316.15" in page] == [True, True]


def test_same_plan_in_mixed_units_comes_to_the_same_totals(client, officer):
    programme("全面改薄", years=(2014, 2018))
    client.force_login(officer)
    in_yuan = {"总投资（亿元）": ("总投资（元）", 1_746_000_000), "中央资金（亿元）": ("中央资金（万元）", "87,000"), "省级资金（亿元）": ("省级资金", "4.7亿"),
               "校舍总面积（平方米）": ("校舍总面积（万平方米）", "57.6407"), "其他资金（万元）": ("其他资金", "4860000元")}  # fmt: skip
    cells = dict(zip(plans.LINXIA_HEAD, plans.LINXIA, strict=True))
    rows = dict(in_yuan.get(head, (head, cell)) for head, cell in cells.items())
    batch, _ = taken_in(client, "projects", workbook(("改薄规划", [tuple(rows), tuple(rows.values())])))
    assert warnings(batch) == [
        "总投资 174,600.00 万元，各来源相加 174,286.00 万元，相差 314.00 万元；按各来源登记。"
    ]
    assert ledger(client)["预算合计（元）"] == 1_742_860_000


@pytest.mark.parametrize(
    ("cell", "fen"),
    [
        ("836.49万元", 836_490_000),
        ("3.762亿", 37_620_000_000),
        ("1,200.50元", 120_050),
        ("7600万", 7_600_000_000),
        ("", None),
        ("0", None),
        ("—", None),
    ],
)
def test_money_is_read_with_its_unit(cell, fen):
    assert clean_money(cell).value == fen


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("120", "unit_unknown"),
        ("120平方米", "unit_unknown"),
        ("-3万元", "amount_invalid"),
        ("约三百", "amount_invalid"),
    ],
)
def test_money_without_a_unit_or_of_a_wrong_one_is_refused(cell, code):
    with pytest.raises(CellError) as refused:
        clean_money(cell)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("cell", "area"),
    [("441553", "441553"), ("1.2万平方米", "12000"), ("85㎡", "85"), (20.5, "20.5"), ("", None)],
)
def test_area_is_read_in_square_metres(cell, area):
    assert clean_area(cell).value == area


def test_same_figures_in_yuan_and_in_wan_come_to_the_same_and_money_among_areas_is_refused(officer, xiazhai):
    programme("全面改薄", years=(2020, 2020))
    head = ("项目名称", "建设规划", "计划年度", "学校", "中央资金（{}）")

    def sheet(unit, amount, name):
        return workbook(
            (
                "表",
                [tuple(each.format(unit) for each in head), (name, "全面改薄", 2020, xiazhai.name, amount)],
            )
        )

    take_in(sheet("万元", 120.5, "甲楼"), by=officer)
    take_in(sheet("元", 1_205_000, "乙楼"), by=officer)
    assert list(FundLine.objects.values_list("budget_fen", flat=True)) == [120_500_000, 120_500_000]
    assert {project.area_id for project in Project.objects.all()} == {"529901100"}
    wrong = workbook(
        (
            "表",
            [
                ("项目名称", "建设规划", "计划年度", "总面积（万元）", "中央资金"),
                ("丙楼", "全面改薄", 2020, 300, 50),
            ],
        )
    )
    batch = checked(wrong, by=officer)
    told = StagedRow.objects.get(batch=batch).content["errors"]
    assert [code for _, code, _ in told] == ["unit_unknown", "unit_unknown"]
    assert ["不要把钱和面积放错列" in told[0][2], "没有写明是元还是万元" in told[1][2]] == [True, True]


def test_row_of_an_unknown_programme_school_or_without_sources_is_told_what_to_do(run):
    programme("全面改薄", years=(2014, 2018))
    head = ("项目名称", "建设规划", "计划年度", "学校", "总投资（万元）")
    rows = [
        ("甲", "没有的规划", 2017, "", 1),
        ("乙", "全面改薄", 2017, "没有的小学", ""),
        ("丙", "全面改薄", 2019, "", ""),
        ("丁", "全面改薄", 2017, "", 5),
    ]
    answer = run("projects", workbook(("表", [head, *rows])))
    assert (answer["created"], answer["rejected"]) == (0, 4)
    assert answer["rejected_by_code"] == {"school_unknown": 1, "sources_missing": 2, "value_unknown": 2}


def test_budget_of_a_registered_project_is_not_changed_by_a_file(officer):
    programme("全面改薄", years=(2017, 2017))
    head = ("项目名称", "建设规划", "计划年度", "中央资金（万元）")
    take_in(workbook(("表", [head, ("甲楼", "全面改薄", 2017, 100)])), by=officer)
    batch = checked(workbook(("表", [head, ("甲楼", "全面改薄", 2017, 130)])), by=officer)
    assert batch.counts["unchanged"] == 1
    assert warnings(batch) == [
        "已登记的预算 100.00 万元，文件里 130.00 万元，相差 30.00 万元；没有改动；预算变动请在项目页下达预算或申请资金调剂。"
    ]


def test_gaps_are_imported_by_a_school_for_itself_only(run, clerk, xiazhai, qingshi):
    head = ("学校", "内容", "单位", "应有", "现有", "缺口", "是否危房")
    content = workbook(
        (
            "缺口",
            [
                head,
                (xiazhai.name, "课桌椅", "套", 100, 60, 50, ""),
                (xiazhai.code, "围墙", "米", "200米", "", "", "是"),
                (qingshi.name, "床", "张", 9, 1, 8, ""),
            ],
        )
    )
    batch = checked(content, by=clerk, kind="school-gaps")
    assert (batch.counts["created"], batch.counts["rejected"]) == (2, 1)
    assert warnings(batch) == ["缺口写 50，应有减现有是 40；按应有、现有登记。"]
    imports.confirm(batch=batch)
    imports.apply(batch=batch, by=clerk.as_actor())
    found = [
        (gap.item, gap.needed, gap.present, gap.is_hazard, gap.origin) for gap in Gap.objects.order_by("pk")
    ]
    assert found == [("课桌椅", 100, 60, False, "imported"), ("围墙", 200, 0, True, "imported")]
    again = checked(content, by=clerk, kind="school-gaps")
    assert (again.counts["created"], again.counts["unchanged"]) == (0, 2)


def test_list_is_uploaded_and_taken_in_on_the_pages(client, officer):
    programme("全面改薄", years=(2014, 2018))
    client.force_login(officer)
    assert "建设项目" in client.get(reverse("imports:upload") + "?kind=projects").content.decode()
    template = client.get(reverse("imports:template", args=["projects"]))
    assert "★项目名称" in [
        cell.value for cell in openpyxl.load_workbook(BytesIO(b"".join(template))).active[2]
    ]
    upload = SimpleUploadedFile("改薄.xlsx", plans.linxia())
    assert client.post(reverse("imports:upload"), {"kind": "projects", "file": upload}).status_code == 302


def test_queries_do_not_grow_with_the_rows(run, django_assert_max_num_queries):
    programme("全面改薄", years=(2017, 2017))
    head = ("项目名称", "建设规划", "计划年度", "中央资金（万元）", "图书（册）")

    def sheet(start, count):
        return workbook(
            ("表", [head, *((f"项目{n}", "全面改薄", 2017, 10, 5) for n in range(start, start + count))])
        )

    run("projects", sheet(0, 2))
    with django_assert_max_num_queries(90) as few:
        run("projects", sheet(10, 2), name="二.xlsx")
    with django_assert_max_num_queries(90) as many:
        run("projects", sheet(100, 30), name="三十.xlsx")
    assert len(few) == len(many)
