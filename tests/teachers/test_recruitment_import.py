"""Recruitment by the import wizard: the plans' own tables with their figures, and lists of candidates with scores."""

from decimal import Decimal
from io import BytesIO

import openpyxl
import pytest
from django.urls import reverse

from povertyedu.imports import actions as imports
from povertyedu.imports.models import ImportBatch, StagedRow
from teachers.actions import recruitment
from teachers.models import Candidate, ChannelTarget, PostLine, RecruitmentPlan, StaffGoal
from tests import factories
from tests.imports.conftest import workbook
from tests.teachers.recruiting import OPEN, SPECIAL, approved, wanted

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
PLAN = ("年度", "计划名称", "渠道", "学段", "计划人数", "其中边远学校", "依据文件")
PEOPLE = ("计划名称", "报考学校", "学科", "姓名", "身份证号", "笔试", "面试")


@pytest.fixture(autouse=True)
def _county(db):
    factories.county()


def checked(content: bytes, *, by, kind="recruitment-plans") -> ImportBatch:
    batch = imports.receive(chunks=[content], name="计划表.xlsx", kind=kind, term=None, by=by)
    return imports.check(batch=batch)


def take_in(*rows, by, head=PLAN, kind="recruitment-plans") -> ImportBatch:
    batch = checked(workbook(("表", [head, *rows])), by=by, kind=kind)
    imports.confirm(batch=batch)
    return imports.apply(batch=batch, by=by.as_actor())


def told(batch, kind: str) -> list[str]:
    rows = StagedRow.objects.filter(batch=batch).order_by("pk")
    return [problem[2] for row in rows for problem in row.content[kind]]


def test_yizhang_recruits_460_by_three_channels(client, personnel):
    take_in(
        (2017, "宜章县教师补充计划", "定向委培", "", 180), (2017, "宜章县教师补充计划", "特岗计划", "", 80),
        (2017, "宜章县教师补充计划", "公开招聘", "", "200名"), ("合计", "", "", "", 460), by=personnel,
    )  # fmt: skip
    assert dict(ChannelTarget.objects.values_list("channel", "posts")) == {
        "commissioned": 180, "special_post": 80, "open_recruitment": 200,
    }  # fmt: skip
    client.force_login(personnel)
    table = client.get(reverse("teachers:recruitment_years")).context["tables"][0]
    assert (table.year, table.posts, table.posted) == (2017, 460, 0)
    ledger = openpyxl.load_workbook(
        BytesIO(client.get(reverse("teachers:recruitment_years_export")).content)
    ).active
    rows = [row[1:3] for row in ledger.iter_rows(values_only=True) if row[0] == 2017]
    assert rows == [("特岗计划", 80), ("定向委培", 180), ("公开招聘", 200)]
    plan = client.get(RecruitmentPlan.objects.get().get_absolute_url())
    assert plan.context["total"]["posts"] == 460


def test_luxi_brings_49_of_whom_37_go_to_remote_schools(client, personnel):
    take_in(
        (2017, "芦溪县教师补充", "特岗教师", "", 83, "", ""), (2017, "芦溪县教师补充", "公开招聘", "幼儿园", 115, "", ""),
        (2017, "芦溪县教师补充", "定向培养", "", 49, 37, ""), by=personnel,
    )  # fmt: skip
    client.force_login(personnel)
    table = client.get(reverse("teachers:recruitment_years")).context["tables"][0]
    assert {line.channel: (line.posts, line.remote_posts) for line in table.lines} == {
        "special_post": (83, 0), "commissioned": (49, 37), "open_recruitment": (115, 0),
    }  # fmt: skip
    assert (table.posts, table.remote_posts) == (247, 37)
    assert ChannelTarget.objects.get(posts=115).stage == "preschool"


def test_linxia_takes_in_494_kindergarten_teachers_on_the_way_to_6600(client, personnel):
    take_in(
        (2015, "学前教育三年行动计划", "招聘", "学前", 494, "", "临夏 一(一)"), (2020, "学前教育三年行动计划", "教师总数", "学前", "6,600人", "", "临夏 一(一)"),
        by=personnel,
    )  # fmt: skip
    assert ChannelTarget.objects.get().posts == 494
    client.force_login(personnel)
    goals = client.get(reverse("teachers:recruitment_years")).context["goals"]
    assert [(row.goal.year, row.goal.stage, row.goal.teachers, row.short) for row in goals] == [
        (2020, "preschool", 6600, 6600)
    ]


def test_total_row_that_does_not_agree_is_told_with_both_figures(personnel):
    rows = [
        PLAN,
        (2017, "计划", "定向委培", "", 180),
        (2017, "计划", "特岗", "", 80),
        ("合计", "", "", "", 280),
    ]
    assert told(checked(workbook(("表", rows)), by=personnel), "warnings") == [
        "合计行 280 人，各行相加 260 人，相差 20 人；按各行登记。"
    ]


def test_same_table_again_changes_nothing_and_another_number_changes_a_draft(personnel, approver):
    row = (2017, "计划", "特岗", "", 80)
    take_in(row, by=personnel)
    again = take_in(row, by=personnel)
    assert (again.counts["created"], again.counts["updated"], again.counts["unchanged"]) == (0, 0, 1)
    changed = take_in((2017, "计划", "特岗", "", 90), by=personnel)
    assert (changed.counts["updated"], ChannelTarget.objects.get().posts) == (1, 90)
    plan = RecruitmentPlan.objects.get()
    recruitment.submit(by=personnel.as_actor(), plan=plan)
    recruitment.approve(by=approver.as_actor(), plan=plan)
    late = checked(workbook(("表", [PLAN, (2017, "计划", "特岗", "", 100)])), by=personnel)
    assert told(late, "errors") == ["“计划”已批准，不能再改；要改的，请审批人退回。"]


def test_what_cannot_be_is_told_in_words(personnel):
    rows = [
        PLAN, ("明年", "计划", "特岗", "", 80), (2017, "计划", "猎头", "", 80), (2017, "计划", "特岗", "", "许多"), (2017, "计划", "定向", "", 49, 50),
        (2017, "计划", "公招", "", 0), (2017, "计划", "教师总数", "", 10),
    ]  # fmt: skip
    batch = checked(workbook(("表", rows)), by=personnel)
    assert batch.counts["rejected"] == 6
    assert len(told(batch, "errors")) == 6
    assert (RecruitmentPlan.objects.count(), StaffGoal.objects.count()) == (0, 0)


def test_candidates_come_in_and_their_scores_after(personnel, approver, xiazhai):
    plan = approved(wanted(xiazhai), by=personnel, approver=approver, **{OPEN: 1})
    first, second = factories.id_number(birth="19980312"), factories.id_number(birth="19980312")
    rows = [
        (plan.name, xiazhai.name, "语文", "罗丽", first, "", ""),
        (plan.name, xiazhai.code, "语文", "何勇", second, "", ""),
    ]
    made = take_in(*rows, by=personnel, head=PEOPLE, kind="candidates")
    assert made.counts["created"] == 2
    scored = [(*rows[0][:5], 80, 90), (*rows[1][:5], "85.5", "缺考")]
    assert take_in(*scored, by=personnel, head=PEOPLE, kind="candidates").counts["updated"] == 2
    assert list(Candidate.objects.order_by("name").values_list("name", "total", "rank")) == [
        ("何勇", None, None), ("罗丽", Decimal("84.00"), 1),
    ]  # fmt: skip
    assert take_in(*scored, by=personnel, head=PEOPLE, kind="candidates").counts["unchanged"] == 2


def test_candidates_of_two_channels_at_one_school_say_which(personnel, approver, xiazhai):
    plan = approved(wanted(xiazhai, 2), by=personnel, approver=approver, **{OPEN: 1, SPECIAL: 1})
    assert PostLine.objects.count() == 2
    number = factories.id_number(birth="19980312")
    row = (plan.name, xiazhai.name, "语文", "罗丽", number, "", "")
    batch = checked(workbook(("表", [PEOPLE, row])), by=personnel, kind="candidates")
    assert told(batch, "errors") == ["城关镇下寨小学的这个学科有 2 个岗位；请填写渠道和学段。"]
    head = (*PEOPLE, "渠道")
    take_in((*row, "特岗"), by=personnel, head=head, kind="candidates")
    assert Candidate.objects.get().line.target.channel == SPECIAL


def test_candidates_of_unknown_places_and_plans_are_told(personnel, approver, xiazhai):
    plan = approved(wanted(xiazhai), by=personnel, approver=approver, **{OPEN: 1})
    numbers = [factories.id_number(birth="19980312") for _ in range(4)]
    rows = [
        PEOPLE, ("没有的计划", xiazhai.name, "语文", "甲甲", numbers[0], "", ""), (plan.name, "没有的学校", "语文", "乙乙", numbers[1], "", ""),
        (plan.name, xiazhai.name, "美术", "丙丙", numbers[2], "", ""), (plan.name, xiazhai.name, "语文", "丁丁", numbers[3], "130", ""),
    ]  # fmt: skip
    batch = checked(workbook(("表", rows)), by=personnel, kind="candidates")
    assert (batch.counts["rejected"], Candidate.objects.count()) == (4, 0)
