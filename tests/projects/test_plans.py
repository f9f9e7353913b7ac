"""Programmes and their targets: the plans' tables come in by the wizard, contradictions are kept and told, any day is answered."""

import datetime as dt
from decimal import Decimal
from io import BytesIO

import openpyxl
import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.audit.models import AuditEvent
from povertyedu.imports.models import StagedRow
from povertyedu.indicators.models import CountReading, Snapshot, SnapshotRow
from povertyedu.workflow.flow import Actor
from projects.actions import programmes as actions
from projects.enums import ProgrammeKind
from projects.models import Programme, ProgrammeTarget
from projects.queries.programmes import lines_of
from projects.resources.programmes import number_in
from tests import factories
from tests.imports.conftest import workbook
from tests.projects import plans
from tests.projects.building import programme
from tests.projects.wizard import taken_in

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
TARGETS = reverse("projects:targets")
BY = Actor(1, "马项目", "")
CONFLICT = "“幼儿园”2020 年累计完成 478 所（四(一)），各年相加 165 + 249 = 414 所，相差 64 所；两个数都保留。"


@pytest.fixture
def office(client, officer):
    client.force_login(officer)
    return client


@pytest.fixture
def linxia(office):
    taken_in(office, "programme-targets", plans.linxia_targets())
    taken_in(office, "programme-counts", plans.counts())


def stands(name: str, day: dt.date) -> dict:
    """Return (year, item, basis) -> (target, done, tone) of a programme on a day."""
    lines = lines_of([Programme.objects.get(name=name)], day)
    return {(line.year, line.item, line.basis): (line.target, line.done, line.words[0]) for line in lines}


def test_every_kind_of_the_issue_is_a_programme_with_a_target(office):
    words = {label for _, label in ProgrammeKind.choices}
    named = {
        "全面改薄",
        "能力提升",
        "标准化建设",
        "寄宿制学校",
        "幼儿园建设",
        "合格学校",
        "厕所改造",
        "高中建设",
        "特殊教育学校",
        "职业学校",
        "三通两平台",
    }
    assert named <= words
    for kind in ProgrammeKind.values:
        made = {"name": f"规划{kind}", "kind": kind, "first_year": 2015, "last_year": 2020, "document": ""}
        assert office.post(reverse("projects:programme_new"), made).status_code == 302
        page = reverse("projects:target_new", args=[Programme.objects.get(kind=kind).pk])
        target = {
            "year": 2017,
            "item": "学校",
            "basis": "added",
            "planned": 10,
            "unit": "所",
            "clause": "一",
            "indicator": "",
        }
        assert office.post(page, target).status_code == 302
    assert {row.kind for row in Programme.objects.filter(targets__planned=10)} == set(ProgrammeKind.values)
    assert office.get(TARGETS + "?kind=toilets").context["rows"][0].programme.kind == "toilets"


def test_linxia_targets_come_in_and_its_contradiction_is_kept_and_told(office):
    batch, preview = taken_in(office, "programme-targets", plans.linxia_targets())
    assert (batch.counts["created"], batch.counts["rejected"]) == (11 + 19 + 1, 0)
    told = [w[2] for row in StagedRow.objects.filter(batch=batch) for w in row.content["warnings"]]
    assert told == [CONFLICT]
    assert CONFLICT in preview
    of = {
        (row.year, row.item, row.basis): (row.planned, row.unit)
        for row in ProgrammeTarget.objects.filter(programme__name=plans.PRESCHOOL)
    }
    assert of == {
        (2015, "幼儿园", "added"): (165, "所"), (2015, "幼儿园", "reached"): (469, "所"), (2015, "招录幼儿教师", "added"): (494, "人"),
        (2015, "学前三年毛入园率", "share"): (60, "%"), (2015, "2000人以上行政村学前教育覆盖", "share"): (100, "%"),
        (2020, "幼儿园", "added"): (249, "所"), (2020, "幼儿园", "reached"): (718, "所"), (2020, "在园幼儿", "reached"): (65_000, "人"),
        (2020, "学前三年毛入园率", "share"): (70, "%"), (2020, "幼儿教师", "reached"): (6600, "人"), (2020, "幼儿园", "total"): (478, "所"),
    }  # fmt: skip
    page = office.get(Programme.objects.get(name=plans.PRESCHOOL).get_absolute_url()).content.decode()
    assert [text in page for text in (CONFLICT, "65,000", "6,600", "年度为推定", "一(一)")] == [True] * 5
    again, _ = taken_in(office, "programme-targets", plans.linxia_targets())
    assert (again.counts["created"], again.counts["updated"], again.counts["unchanged"]) == (0, 0, 31)


def test_three_links_and_two_platforms_stand_as_the_plan_says(linxia):
    of = Programme.objects.get(name=plans.INFORMATION)
    added = of.targets.filter(basis="added")
    assert [sum(row.planned for row in added.filter(item=item)) for item in ("宽带网络校校通", "优质资源班班通", "网络学习空间人人通")] == [
        300 + 442, 1677 + 452 + 314, 17_859,
    ]  # fmt: skip
    whole = of.targets.exclude(basis="added").values_list("year", "item", "planned")
    assert {(year, item): int(planned) for year, item, planned in whole} == {
        (2016, "宽带网络校校通"): 1492, (2017, "优质资源班班通"): 8926, (2020, "网络学习空间人人通"): 17_859, (2017, "州级平台"): 1,
        (2018, "县级平台建成的县市"): 100, (2019, "中心校平台"): 100, (2020, "各级各类平台"): 100, (2020, "公用经费用于信息化的比例"): 8,
    }  # fmt: skip


def test_plan_against_actual_on_any_day(linxia):
    network, rooms = "宽带网络校校通", "优质资源班班通"
    end = stands(plans.INFORMATION, dt.date(2017, 12, 31))
    assert (end[2015, network, "added"], end[2016, network, "added"], end[2016, network, "reached"]) == (
        (300, 300, "ok"), (442, 442, "ok"), (1492, 1492, "ok"),
    )  # fmt: skip
    assert (end[2017, rooms, "added"], end[2017, rooms, "reached"]) == (
        (314, 288, "bad"),
        (8926, 8900, "bad"),
    )
    assert end[2017, "网络学习空间人人通", "added"] == (3000, None, "warn")  # due, and nobody counted
    before = stands(plans.INFORMATION, dt.date(2016, 12, 19))
    assert (before[2016, network, "reached"], before[2017, rooms, "added"]) == (
        (1492, 1050, "doing"), (314, 0, "todo"),
    )  # fmt: skip
    shares = stands(plans.INFORMATION, dt.date(2020, 12, 31))[2020, "公用经费用于信息化的比例", "share"]
    assert shares == (8, 8, "ok")
    share = stands(plans.VOCATIONAL, dt.date(2016, 1, 1))[2015, plans.VOCATIONAL_SHARE, "share"]
    assert share == (30, Decimal("29.9"), "bad")
    preschool = stands(plans.PRESCHOOL, dt.date(2020, 12, 31))
    assert {key[0::2]: value[1:] for key, value in preschool.items() if key[1] == "幼儿园"} == {
        (2015, "added"): (165, "ok"), (2015, "reached"): (469, "ok"), (2020, "added"): (249, "ok"),
        (2020, "reached"): (718, "ok"), (2020, "total"): (414, "bad"),
    }  # fmt: skip


def test_targets_of_all_plans_are_listed_filtered_printed_and_exported(office, linxia):
    page = office.get(TARGETS + "?on=2020-12-31")
    assert (len(page.context["rows"]), page.context["due"]) == (31, 31)
    rows = {
        query: sorted(line.item for line in office.get(f"{TARGETS}?on=2020-12-31&{query}").context["rows"])
        for query in ("state=missed", "kind=vocational", "year=2019", "state=uncounted&year=2017")
    }
    assert rows == {
        "state=missed": ["优质资源班班通", "优质资源班班通", "幼儿园", plans.VOCATIONAL_SHARE], "kind=vocational": [plans.VOCATIONAL_SHARE],
        "year=2019": ["中心校平台", "网络学习空间人人通"], "state=uncounted&year=2017": ["州级平台", "网络学习空间人人通"],
    }  # fmt: skip
    sheet = openpyxl.load_workbook(
        BytesIO(office.get(reverse("projects:targets_export") + "?on=2020-12-31").content)
    ).active
    found = [row for row in sheet.iter_rows(values_only=True) if row[3] == "幼儿园"]
    assert [(row[2], row[4], row[6], row[8], row[10]) for row in found] == [
        (2015, "当年完成", "165", "165", "达到"), (2015, "年末达到", "469", "469", "达到"), (2020, "当年完成", "249", "249", "达到"),
        (2020, "年末达到", "718", "718", "达到"), (2020, "累计完成", "478", "414", "未达到"),
    ]  # fmt: skip
    assert office.get(TARGETS + "?on=昨天&programme=x&year=y&kind=z&state=q").status_code == 200


def test_yizhang_and_suizhou_count_what_their_plans_count(office):
    taken_in(office, "programme-targets", plans.yizhang_targets())
    taken_in(office, "programme-targets", plans.suizhou_targets())
    found = {row.item: (row.planned, row.unit) for row in ProgrammeTarget.objects.all()}
    assert found == {
        "创建合格学校": (32, "所"), "乡镇幼儿园": (3, "所"), "均衡发展项目学校": (49, "所"), "重点贫困村学校": (80, "所"),
        "教学点数字教育资源覆盖": (100, "%"), "教学点接入省级平台": (100, "%"), "计划投入": (7600, "万元"),
        "乡镇寄宿制学校和农村小规模学校": (100, "所"),
    }  # fmt: skip
    points = Programme.objects.get(name="教学点数字教育资源")
    parts = (("value", 118), ("whole", 120))
    counted = {f"{part}_{target.pk}": n for target in points.targets.all() for part, n in parts}
    page = reverse("projects:count_new", args=[points.pk])
    assert office.post(page, counted | {"on": "2017-12-31", "note": "县电教站"}).status_code == 302
    line = stands("教学点数字教育资源", dt.date(2017, 12, 31))[2017, "教学点数字教育资源覆盖", "share"]
    assert (round(line[1], 2), line[2]) == (Decimal("98.33"), "bad")
    assert "98.33" in office.get(points.get_absolute_url() + "?on=2017-12-31").content.decode()


def test_share_of_the_shared_indicators_is_taken_from_its_snapshots(office):
    county = factories.county()
    of = programme("学前教育", "kindergarten", years=(2015, 2020))
    actions.set_target(
        by=BY, programme=of, year=2020, item="学前三年毛入园率", unit="%", planned=Decimal(70),
        basis="share", indicator="kindergarten",
    )  # fmt: skip
    for on, part in ((dt.date(2019, 12, 1), 610), (dt.date(2020, 11, 1), 702)):
        taken = Snapshot.objects.create(code="kindergarten", year=on.year, on=on)
        for reading in ("home_area", "school_area"):
            SnapshotRow.objects.create(
                snapshot=taken, reading=reading, area_code=county.code[:6], numerator=part if reading == "home_area" else 1, denominator=1000
            )  # fmt: skip
    key = (2020, "学前三年毛入园率", "share")
    assert stands("学前教育", dt.date(2020, 6, 1))[key] == (70, 61, "doing")
    assert stands("学前教育", dt.date(2021, 1, 1))[key] == (70, Decimal("70.2"), "ok")
    assert (
        "还没有要登记完成数的目标" in office.get(reverse("projects:count_new", args=[of.pk])).content.decode()
    )


def test_count_is_corrected_by_the_same_day_again_and_bad_ones_are_told(office):
    of = programme("信息化", "information", years=(2015, 2020))
    target = actions.set_target(
        by=BY, programme=of, year=2015, item="校校通", unit="所", planned=Decimal(300)
    )
    share = actions.set_target(
        by=BY, programme=of, year=2015, item="比例", unit="%", planned=Decimal(8), basis="share"
    )
    page = reverse("projects:count_new", args=[of.pk])
    for value in (290, 300, 300):
        assert office.post(page, {"on": "2015-12-31", f"value_{target.pk}": value}).status_code == 302
    assert [int(row.value) for row in CountReading.objects.all()] == [300]
    assert AuditEvent.objects.filter(action="indicator.count").count() == 2  # the third said nothing new
    for bad, told in (
        ({}, "至少填一项完成数"), ({f"value_{share.pk}": 101}, "应在 0 到 100 之间"),
        ({f"value_{share.pk}": 5, f"whole_{share.pk}": 4}, "部分数不能大于总数"), ({f"value_{target.pk}": "很多"}, "数字"),
    ):  # fmt: skip
        answer = office.post(page, {"on": "2015-12-31"} | bad)
        assert (answer.status_code, told in answer.content.decode()) == (422, True), bad
    assert "上次 2015-12-31：300" in office.get(page).content.decode()
    drop = reverse("projects:target_drop", args=[target.pk])
    assert "校校通" in office.get(drop).content.decode()
    assert office.post(drop).status_code == 302
    assert (ProgrammeTarget.objects.filter(item="校校通").exists(), CountReading.objects.count()) == (
        False,
        1,
    )


def test_units_of_targets_are_told_apart(office):
    assert [number_in(*each) for each in (("17.46亿元", "万元"), ("6.5万", "人"), ("7600万", "万元"), ("57.64万平方米", "平方米"))] == [
        174_600, 65_000, 7600, 576_400,
    ]  # fmt: skip
    assert number_in("300平方米", "万元") is None
    rows = [
        ("甲", "", "", "", 2017, "校舍", "", "300平方米", "万元", "", ""), ("乙", "幼儿园建设", 2017, 2016, 2017, "园", "", 1, "所", "", ""),
        ("丙", "幼儿园建设", 2015, 2016, 2017, "园", "", 1, "所", "", ""), ("丁", "幼儿园建设", 2015, 2017, 2017, "园", "", 3, "", "", ""),
        ("戊", "幼儿园建设", 2015, 2017, 2017, "率", "比例", 130, "%", "", ""), ("己", "幼儿园建设", 2015, 2017, 2017, "园", "", 0, "所", "", ""),
    ]  # fmt: skip
    batch, _ = taken_in(office, "programme-targets", workbook(("表", [plans.TARGET_HEAD, *rows])))
    told = [
        e[2] for row in StagedRow.objects.filter(batch=batch).order_by("pk") for e in row.content["errors"]
    ]
    assert (batch.counts["rejected"], Programme.objects.count()) == (6, 0)
    words = (
        "换算不成“万元”",
        "没有叫“甲”的建设规划",
        "截止年度不能早于",
        "没有 2017 年",
        "没有写单位",
        "应在 0 到 100",
        "应大于零",
    )
    assert [any(word in text for text in told) for word in words] == [True] * 7


def test_changed_target_is_updated_and_a_count_of_an_unknown_item_is_refused(office, linxia):
    row = (plans.INFORMATION, "", "", "", 2015, "宽带网络校校通", "当年完成", 310, "所", "一(六)", "是")
    batch, preview = taken_in(office, "programme-targets", workbook(("表", [plans.TARGET_HEAD, row])))
    assert (batch.counts["updated"], "各年相加" in preview) == (1, False)
    assert ProgrammeTarget.objects.get(year=2015, item="宽带网络校校通", basis="added").planned == 310
    rows = [
        ("没有的规划", "甲", "2015-12-31", 1, "", ""),
        (plans.INFORMATION, "没有的内容", "2015-12-31", 1, "", ""),
    ]
    batch, _ = taken_in(office, "programme-counts", workbook(("表", [plans.COUNT_HEAD, *rows])))
    assert batch.counts["rejected"] == 2


def test_years_of_a_plan_are_not_cut_off_from_its_targets(office):
    of = programme("信息化", "information", years=(2015, 2020))
    actions.set_target(by=BY, programme=of, year=2016, item="校校通", unit="所", planned=Decimal(442))
    page = reverse("projects:programme_edit", args=[of.pk])
    fields = {"name": of.name, "kind": of.kind, "document": ""}
    cut = office.post(page, fields | {"first_year": 2017, "last_year": 2020})
    assert (cut.status_code, "规划里已有 2016 年的目标" in cut.content.decode()) == (422, True)
    assert office.post(page, fields | {"first_year": 2016, "last_year": 2020}).status_code == 302


def test_database_refuses_a_share_over_a_hundred_and_a_part_over_its_whole(office):
    of = programme()
    with pytest.raises(IntegrityError, match="programme_share_is_a_percentage"), transaction.atomic():
        ProgrammeTarget.objects.create(
            programme=of, year=2020, item="率", unit="%", basis="share", planned=101
        )
    with pytest.raises(IntegrityError, match="count_is_part_of_its_whole"), transaction.atomic():
        CountReading.objects.create(
            plan=of.plan, item="率", on=dt.date(2020, 1, 1), value=2, whole=1, counted_by="甲"
        )


def test_pages_of_targets_take_the_same_queries_for_few_and_for_many(office, linxia):
    pages = [TARGETS, reverse("projects:targets_export"), Programme.objects.first().get_absolute_url()]

    def queries():
        counts = []
        for page in pages:
            with CaptureQueriesContext(connection) as caught:
                assert office.get(page).status_code == 200
            counts.append(len(caught))
        return counts

    queries()
    few = queries()
    for number in range(20):
        of = programme(f"规划{number}", "toilets")
        for year in (2018, 2019, 2020):
            actions.set_target(by=BY, programme=of, year=year, item="厕所", unit="座", planned=Decimal(3))
        actions.count_done(by=BY, programme=of, on=dt.date(2019, 12, 31), done={"厕所": (Decimal(3), None)})
    assert queries() == few
    assert max(few) < 24


def test_neighbour_without_a_project_there_sees_no_target_and_a_school_changes_none(
    client, officer, clerk, linxia
):
    client.force_login(clerk)
    of = Programme.objects.first()
    assert client.get(TARGETS).context["rows"] == []
    assert client.get(of.get_absolute_url()).status_code == 404
    assert client.get(reverse("projects:count_new", args=[of.pk])).status_code == 403
    assert client.post(reverse("projects:target_drop", args=[of.targets.first().pk])).status_code == 403
