"""Recruitment plans: by channel and year, posts placed on what schools lack, remote schools first, approved by another."""

from io import BytesIO

import openpyxl
import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from povertyedu.workflow.flow import StepRefused
from teachers.actions import recruitment as actions
from teachers.models import ChannelTarget, PlanDecision, PostLine, RecruitmentPlan, SchoolPlace
from teachers.queries import recruitment as queries
from teachers.queries.lacks import share
from tests import factories
from tests.teachers.recruiting import COMMISSIONED, OPEN, SPECIAL, approved, drawn, wanted

pytestmark = pytest.mark.django_db
PAGE = reverse("teachers:plans")


def step(client, plan, verb, reason=""):
    return client.post(reverse("teachers:plan_step", args=[plan.pk, verb]), {"reason": reason})


def test_plan_goes_from_draft_over_another_persons_approval_to_its_end(client, personnel, approver):
    client.force_login(personnel)
    data = {"year": "2020", "name": "2020年教师补充计划", "document": "", "written_percent": "60", "note": ""}
    assert client.post(reverse("teachers:plan_new"), data).status_code == 302
    plan = RecruitmentPlan.objects.get()
    assert step(client, plan, "submit").status_code == 422  # no channel yet
    target = {"channel": SPECIAL, "stage": "", "posts": "80", "remote_posts": "37"}
    assert client.post(reverse("teachers:target_new", args=[plan.pk]), target).status_code == 302
    assert step(client, plan, "submit").status_code == 302
    assert step(client, plan, "approve").status_code == 403
    client.force_login(approver)
    assert "待审批的教师招聘计划" in client.get("/").content.decode()
    assert step(client, plan, "return").status_code == 422  # no reason
    assert step(client, plan, "return", "岗位没有安排").status_code == 302
    client.force_login(personnel)
    assert step(client, plan, "submit").status_code == 302
    client.force_login(approver)
    assert step(client, plan, "approve").status_code == 302
    client.force_login(personnel)
    assert client.post(reverse("teachers:target_new", args=[plan.pk]), target).status_code == 422
    assert step(client, plan, "close", "年度结束").status_code == 302
    plan.refresh_from_db()
    assert (plan.state, plan.drawn_by_id, plan.approved_by_id) == ("closed", personnel.pk, approver.pk)
    verbs = [decision.verb for decision in plan.decisions.all()]
    assert verbs == ["draw_up", "submit", "return", "submit", "approve", "close"]
    assert PlanDecision.broken_link(plan) is None


def test_who_drew_it_up_cannot_approve_it_whatever_writes(personnel, approver):
    plan = drawn(by=approver)
    actions.submit(by=approver.as_actor(), plan=plan)
    with pytest.raises(StepRefused, match="批准人不能是拟订人"):
        actions.approve(by=approver.as_actor(), plan=plan)
    with pytest.raises(IntegrityError), transaction.atomic():
        RecruitmentPlan.objects.filter(pk=plan.pk).update(
            state="approved", approved_by_id=approver.pk, approved_on="2020-09-01"
        )


@pytest.mark.sql
def test_posts_of_an_approved_plan_stay_as_they_are(personnel, approver, xiazhai, qingshi):
    plan = approved(wanted(xiazhai), by=personnel, approver=approver)
    target, line = plan.targets.get(), PostLine.objects.get()
    changes = (
        lambda: PostLine.objects.filter(pk=line.pk).update(posts=2),
        lambda: PostLine.objects.filter(pk=line.pk).delete(),
        lambda: PostLine.objects.filter(pk=line.pk).update(taken=1),
        lambda: PostLine.objects.create(
            target=target, school=qingshi, stage="primary", subject="art", posts=1
        ),
        lambda: ChannelTarget.objects.filter(pk=target.pk).update(posts=2),
        lambda: ChannelTarget.objects.create(plan=plan, channel=SPECIAL, posts=1),
    )
    for change in changes:
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
    with pytest.raises(StepRefused, match="不能再改"):
        actions.drop_line(by=personnel.as_actor(), line=line)


def test_channels_are_placed_in_order_and_a_need_is_met_once(personnel, xiazhai, qingshi):
    plan = drawn(by=personnel, **{OPEN: 3, COMMISSIONED: 2, SPECIAL: 1})
    needs = [
        wanted(qingshi, 2, remote=True), wanted(xiazhai, 3), wanted(xiazhai, 1, "art"), wanted(xiazhai, 2, "english"),
    ]  # fmt: skip
    assert actions.draw_lines(by=personnel.as_actor(), plan=plan, needs=needs) == 6
    placed = [
        (line.target.channel, line.school.name, line.subject, line.posts, line.priority)
        for line in PostLine.objects.select_related("target", "school").order_by("pk")
    ]
    assert placed == [
        (COMMISSIONED, "青石镇中心小学", "chinese", 2, 1), (SPECIAL, "城关镇下寨小学", "chinese", 1, 2),
        (OPEN, "城关镇下寨小学", "chinese", 2, 2), (OPEN, "城关镇下寨小学", "art", 1, 3),
    ]  # fmt: skip
    assert queries.disagreements(queries.channels_of(plan.targets.all())) == []
    assert actions.draw_lines(by=personnel.as_actor(), plan=plan, needs=needs[:1]) == 2
    assert queries.disagreements(queries.channels_of(plan.targets.all())) == [
        "公开招聘计划 3 人，岗位合计 0 个，还差 3 个。", "特岗计划计划 1 人，岗位合计 0 个，还差 1 个。",
    ]  # fmt: skip


def test_a_channel_of_one_stage_takes_that_stage_only(personnel, xiazhai, qingshi):
    plan = drawn(by=personnel, **{OPEN: 5})
    actions.set_target(by=personnel.as_actor(), plan=plan, channel=OPEN, stage="preschool", posts=2)
    needs = [wanted(xiazhai, 1, "preschool", "preschool"), wanted(xiazhai, 1)]
    actions.draw_lines(by=personnel.as_actor(), plan=plan, needs=needs)
    assert sorted(PostLine.objects.values_list("target__stage", "stage", "posts")) == [
        ("", "primary", 1), ("preschool", "preschool", 1),
    ]  # fmt: skip


def test_order_is_remoteness_poor_village_point_rural_then_the_subject_nobody_teaches():
    town = factories.school("城关一小", setting="town")
    rural = factories.school("乡村小学")
    point = factories.school("山上教学点", kind="teaching_point")
    poor = factories.village("529901100077", "穷山村")
    type(poor).objects.filter(pk=poor.pk).update(is_poor_village=True)
    village = factories.school("穷山小学", area=type(poor).objects.get(pk=poor.pk))
    far = factories.school("远山小学", setting="town")
    SchoolPlace.objects.create(school=far, remoteness=3)
    lacks = [
        queries.Lack(town, "primary", "music", 2, True), queries.Lack(town, "primary", "chinese", 5, False), queries.Lack(rural, "primary", "art", 1, False),
        queries.Lack(point, "primary", "all", 1, True), queries.Lack(village, "primary", "chinese", 1, False), queries.Lack(far, "primary", "english", 1, False),
        queries.Lack(far, "primary", "art", 0, False),
    ]  # fmt: skip
    names = {school.pk: school.name for school in (town, rural, point, village, far)}
    assert [(names[each.school], each.is_remote, each.reasons) for each in queries.in_order(lacks)] == [
        ("远山小学", True, "三类（偏远）、缺 1 人"), ("穷山小学", False, "贫困村、乡村学校、缺 1 人"), ("山上教学点", False, "教学点、乡村学校、本学科没有教师、缺 1 人"),
        ("乡村小学", False, "乡村学校、缺 1 人"), ("城关一小", False, "本学科没有教师、缺 2 人"), ("城关一小", False, "缺 5 人"),
    ]  # fmt: skip


@given(st.integers(0, 30), st.lists(st.tuples(st.integers(1, 6), st.booleans()), max_size=6))
def test_shares_of_a_shortage_add_up_and_stay_within_what_each_lacks(short, subjects):
    parts = share(short, subjects)
    assert sum(parts) == min(short, sum(lacking for lacking, _ in subjects))
    assert all(0 <= part <= lacking for part, (lacking, _) in zip(parts, subjects, strict=True))
    empty = [number for number, (_, has_none) in enumerate(subjects) if has_none and not parts[number]]
    assert not empty or not any(
        part > 1 or part and not has_none for part, (_, has_none) in zip(parts, subjects, strict=True)
    )  # nobody gets more before each subject without a teacher has one


def test_posts_are_drawn_from_what_schools_lack_less_what_other_plans_bring(
    client, personnel, approver, xiazhai, autumn, on_day
):
    on_day("2020-10-12")
    from teachers.actions.establishment import take_state_standards

    take_state_standards(by=personnel.as_actor())
    for number in range(39):  # 39 / 19 is 3 in whole persons
        factories.student(f"孩子{number}", at=xiazhai, during=autumn, account=False)
    client.force_login(personnel)
    plan = drawn(by=personnel, **{SPECIAL: 2})
    page = reverse("teachers:plan_draw", args=[plan.pk])
    assert sum(row["short"] for row in client.get(page).context["wanted"]) == 3
    assert client.post(page).status_code == 302
    assert sum(PostLine.objects.values_list("posts", flat=True)) == 2
    other = drawn(by=personnel, name="第二份计划", **{OPEN: 5})
    response = client.get(reverse("teachers:plan_draw", args=[other.pk]))
    assert (response.context["lacking"], response.context["planned"]) == (1, 5)
    client.post(reverse("teachers:plan_draw", args=[other.pk]))
    told = client.get(reverse("teachers:plan", args=[other.pk])).content.decode()
    assert "公开招聘计划 5 人，岗位合计 1 个，还差 4 个。" in told


def test_line_is_added_changed_and_dropped_by_hand_in_a_draft(client, personnel, xiazhai):
    client.force_login(personnel)
    plan = drawn(by=personnel)
    new = reverse("teachers:post_line_new", args=[plan.pk])
    data = {
        "target": plan.targets.get().pk, "school": xiazhai.pk, "stage": "primary", "subject": "music", "posts": "1", "reasons": "新建班",
    }  # fmt: skip
    assert client.post(new, data).status_code == 302
    assert client.post(new, data).status_code == 422  # the same once more
    line = PostLine.objects.get()
    edit = reverse("teachers:post_line_edit", args=[plan.pk, line.pk])
    assert client.post(edit, {"posts": "3", "reasons": ""}).status_code == 302
    line.refresh_from_db()
    assert (line.posts, line.subject) == (3, "music")
    assert client.post(reverse("teachers:post_line_drop", args=[plan.pk, line.pk])).status_code == 302
    assert PostLine.objects.count() == 0


def test_posts_go_out_as_a_workbook_in_their_order(client, personnel, approver, xiazhai, qingshi):
    plan = approved(
        wanted(qingshi, remote=True), wanted(xiazhai, 2), by=personnel, approver=approver, **{OPEN: 3}
    )
    client.force_login(approver)
    content = client.get(reverse("teachers:plan_lines_export", args=[plan.pk])).content
    rows = list(openpyxl.load_workbook(BytesIO(content)).active.iter_rows(values_only=True))
    assert [row[2:8] for row in rows if row[0] in (1, 2)] == [
        ("青石镇中心小学", "小学", "语文", 1, 0, "是"), ("城关镇下寨小学", "小学", "语文", 2, 0, ""),
    ]  # fmt: skip


def test_plans_are_the_countys_not_a_schools(client, school_head, personnel):
    plan = drawn(by=personnel)
    client.force_login(school_head)
    for page in (PAGE, plan.get_absolute_url(), reverse("teachers:plan_new")):
        assert client.get(page).status_code == 403
    assert client.get(reverse("teachers:arrivals")).status_code == 200


def test_pages_take_the_same_queries_for_one_and_for_thirty_posts(client, personnel, xiazhai):
    client.force_login(personnel)
    plan = drawn(by=personnel, **{OPEN: 100})
    lines = reverse("teachers:plan_lines", args=[plan.pk])
    pages = [
        PAGE, plan.get_absolute_url(), lines, f"{lines}?print=1", reverse("teachers:plan_lines_export", args=[plan.pk]),
        reverse("teachers:recruitment_years"), reverse("teachers:recruitment_years_export"),
    ]  # fmt: skip

    def queries_of():
        counts = []
        for page in pages:
            with CaptureQueriesContext(connection) as caught:
                assert client.get(page).status_code == 200
            counts.append(len(caught))
        return counts

    by = personnel.as_actor()
    actions.draw_lines(by=by, plan=plan, needs=[wanted(xiazhai)])
    queries_of()
    few = queries_of()
    schools = [factories.school(f"学校{number}") for number in range(30)]
    actions.draw_lines(by=by, plan=plan, needs=[wanted(school) for school in schools])
    assert queries_of() == few
