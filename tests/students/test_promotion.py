"""The promotion wizard: counts add up, all or nothing, once; undone while nothing depends on it."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.orgs.models import Person, School, SchoolClass, Term
from povertyedu.workflow.flow import StepRefused
from students.actions import departures, moves, promotion
from students.actions.promotion import propose
from students.enums import HardshipCategory
from students.models import Departure, Enrolment, FactChange, HardshipStatus, Promotion, PromotionLine
from tests import factories
from tests.factories import subsidies

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


def line(run, student):
    return run.lines.get(student=student)


@pytest.mark.parametrize(
    ("stage", "grade", "status", "goes_up", "own", "expected"),
    [
        ("primary", 1, "studying", True, {"primary"}, ("promote", "primary", 2)),
        ("primary", 6, "studying", False, {"primary"}, ("promote", "primary", 6)),
        ("primary", 6, "studying", True, {"primary"}, ("sent", "junior", 1)),
        ("primary", 6, "studying", True, {"primary", "junior"}, ("promote", "junior", 1)),
        ("junior", 3, "studying", True, {"junior", "senior"}, ("graduate", "", None)),
        ("vocational", 3, "studying", True, {"vocational"}, ("graduate", "", None)),
        ("preschool", 3, "studying", True, {"preschool"}, ("graduate", "", None)),
        ("primary", 6, "suspended", True, {"primary"}, ("suspended", "primary", 6)),
    ],
)
def test_usual_step_of_a_grade(stage, grade, status, goes_up, own, expected):
    step = propose(stage, grade, status, goes_up=goes_up, own_stages=frozenset(own))
    assert (step.outcome, step.stage, step.grade) == expected


def test_applied_run_writes_the_new_term_from_last_terms_facts(run, pupils, clerk, xiazhai, junior, autumn):
    HardshipStatus.objects.create(
        id_hash=pupils["五"].id_hash, category=HardshipCategory.ORPHAN, since="2019-01-01", name="五年生",
        source="department_list",
    )  # fmt: skip
    School.objects.filter(pk=xiazhai.pk).update(setting="town")
    FactChange.objects.all().delete()
    promotion.apply(by=clerk.as_actor(), promotion=run)

    row = Enrolment.objects.get(student=pupils["五"], term=autumn)
    assert (row.school, row.stage, row.grade, row.school_class.name, row.status) == (
        xiazhai, "primary", 6, "1班", "studying",
    )  # fmt: skip
    assert (row.boarding, row.setting, row.school_area, row.home_area) == (
        True, "town", "529901100000", "529901100001",
    )  # fmt: skip
    assert row.categories == HardshipCategory.ORPHAN
    on_leave = Enrolment.objects.get(student=pupils["休"], term=autumn)
    assert (on_leave.grade, on_leave.status) == (3, "suspended")
    assert not Enrolment.objects.filter(student__in=[pupils["六"], pupils["走"]], term=autumn).exists()
    assert run.counts == {"promote": 1, "suspended": 1, "sent": 2}
    assert set(Departure.objects.values_list("student__name", "to_school", "destination")) == {
        ("六年生", junior.pk, "sent"), ("走失生", junior.pk, "sent"),
    }  # fmt: skip
    assert set(FactChange.objects.values_list("student__name", flat=True)) == {"五年生", "休学生"}
    past = Enrolment.objects.get(student=pupils["五"], term__code="2020-spring")
    assert (past.grade, past.setting) == (5, "rural")


def test_applying_twice_does_it_once(run, clerk, autumn):
    promotion.apply(by=clerk.as_actor(), promotion=run)
    with pytest.raises(StepRefused, match="已生效，不能再改"):
        promotion.apply(by=clerk.as_actor(), promotion=run)
    assert (Enrolment.objects.filter(term=autumn).count(), Departure.objects.count()) == (2, 2)
    again = promotion.open_promotion(by=clerk.as_actor(), to_term=autumn, school=run.school)
    promotion.apply(by=clerk.as_actor(), promotion=again)
    assert (Enrolment.objects.filter(term=autumn).count(), Departure.objects.count()) == (2, 2)


def test_children_already_in_the_new_term_are_left_as_they_are(run, pupils, clerk, autumn, qingshi):
    row = pupils["五"].enrolments.get()
    row.pk, row.term, row.school, row.school_class, row.grade = None, autumn, qingshi, None, 5
    row.save()
    promotion.apply(by=clerk.as_actor(), promotion=run)
    assert Enrolment.objects.get(student=pupils["五"], term=autumn).school == qingshi
    assert line(run, pupils["五"]).made is False


def test_undecided_sixth_grade_stops_the_whole_run(pupils, clerk, xiazhai, autumn, junior):
    run = promotion.open_promotion(by=clerk.as_actor(), to_term=autumn, school=xiazhai)
    with pytest.raises(StepRefused, match="还有 2 名六年级学生没有定对口初中"):
        promotion.apply(by=clerk.as_actor(), promotion=run)
    assert not Enrolment.objects.filter(term=autumn).exists()
    promotion.edit(
        by=clerk.as_actor(), promotion=run, lines=run.lines.undecided(), outcome="sent", to_school=junior
    )
    promotion.apply(by=clerk.as_actor(), promotion=run)
    assert Departure.objects.filter(to_school=junior).count() == 2


def test_change_of_last_term_after_the_preview_stops_it_until_read_anew(run, pupils, clerk, autumn):
    promotion.edit(
        by=clerk.as_actor(), promotion=run, lines=run.lines.filter(student=pupils["六"]), outcome="repeat"
    )
    pupils["五"].enrolments.update(grade=4)
    with pytest.raises(StepRefused, match="有 1 名学生的上学期学籍"):
        promotion.apply(by=clerk.as_actor(), promotion=run)
    promotion.refresh(by=clerk.as_actor(), promotion=run)
    assert (line(run, pupils["五"]).to_grade, line(run, pupils["六"]).outcome) == (5, "repeat")
    promotion.apply(by=clerk.as_actor(), promotion=run)
    assert set(Enrolment.objects.filter(term=autumn).values_list("student__name", "grade")) == {
        ("五年生", 5), ("六年生", 6), ("休学生", 3),
    }  # fmt: skip


def test_edits_refuse_what_cannot_be(run, pupils, clerk, junior):
    def decide(who, outcome, **more):
        promotion.edit(
            by=clerk.as_actor(),
            promotion=run,
            lines=run.lines.filter(student=pupils[who]),
            outcome=outcome,
            **more,
        )

    with pytest.raises(StepRefused, match="六年生在本校已没有更高的年级"):
        decide("六", "promote")
    with pytest.raises(StepRefused, match="五年生不是六年级毕业生"):
        decide("五", "sent", to_school=junior)
    decide("五", "not_here", destination="outside", note="随父母去了浙江")
    decide("休", "promote")
    assert (line(run, pupils["五"]).destination, line(run, pupils["休"]).to_grade) == ("outside", 4)
    with pytest.raises(IntegrityError, match="rolling_line_says_where_to"), transaction.atomic():
        PromotionLine.objects.filter(student=pupils["五"]).update(outcome="repeat")


def test_undo_takes_back_everything(run, clerk, autumn):
    promotion.apply(by=clerk.as_actor(), promotion=run)
    FactChange.objects.all().delete()
    with pytest.raises(StepRefused, match="必须填写理由"):
        promotion.undo(by=clerk.as_actor(), promotion=run, reason="")
    promotion.undo(by=clerk.as_actor(), promotion=run, reason="选错了学期")
    assert not Enrolment.objects.filter(term=autumn).exists()
    assert not Departure.objects.exists()
    assert FactChange.objects.filter(term=autumn).count() == 2
    assert run.state == "undone"


@pytest.mark.parametrize("what", ["money", "facts", "move", "answer", "arrival"])
def test_undo_is_refused_when_something_depends_on_it(
    what, run, pupils, clerk, autumn, junior, aid_officer, approver, finance, qingshi
):
    promotion.apply(by=clerk.as_actor(), promotion=run)
    row = Enrolment.objects.get(student=pupils["五"], term=autumn)
    if what == "money":
        subsidies.entitle(pupils["五"], 50_000, term=autumn)
        people = subsidies.People(clerk=clerk, aid=aid_officer, approver=approver, finance=finance)
        subsidies.batch_at("open", people, term=autumn)
    elif what == "facts":
        Enrolment.objects.filter(pk=row.pk).update(boarding=False)
    elif what == "move":
        moves.request_transfer(
            by=clerk.as_actor(), enrolment=row, to_school=qingshi, side="sending",
            effective_on=autumn.starts_on, reason="迁居",
        )  # fmt: skip
    elif what == "answer":
        departures.answer(
            by=clerk.as_actor(),
            departure=pupils["走"].departures.get(),
            destination="unknown",
            responsible="王校长",
        )
    else:
        departures.receive(by=clerk.as_actor(), departures=Departure.objects.filter(student=pupils["六"]))
    words = {
        "money": "已有发放批次列入 1 人（五年生）",
        "facts": "新学期学籍已改动 1 人（五年生）",
        "move": "新学期已办异动 1 人（五年生）",
        "answer": "已登记去向或已由新学校接收 1 人（走失生）",
        "arrival": "已登记去向或已由新学校接收 1 人（六年生）",
    }[what]
    with pytest.raises(StepRefused) as refusal:
        promotion.undo(by=clerk.as_actor(), promotion=run, reason="重来")
    assert str(refusal.value) == f"不能撤销：{words}。请逐人更正。"
    run.refresh_from_db()
    assert run.state == "applied"
    assert Enrolment.objects.filter(student=pupils["五"], term=autumn).exists()


def test_county_run_takes_all_schools_and_its_figures_add_up(
    client, pupils, administrator, xiazhai, junior, qingshi, autumn, spring
):
    factories.student("青石生", at=qingshi, during=spring, grade=1)
    factories.student("九年生", at=junior, during=spring, stage="junior", grade=3)
    there = factories.student("已入学", at=qingshi, during=spring, grade=2)
    row = there.enrolments.get()
    row.pk, row.term, row.grade = None, autumn, 3
    row.save()
    client.force_login(administrator)
    client.post(reverse("students:feeders"), {f"school-{xiazhai.pk}": junior.pk})
    answer = client.post(reverse("students:promotions"), {"to_term": autumn.pk, "school": ""})
    run = Promotion.objects.get()
    assert answer.headers["Location"] == reverse("students:promotion", args=[run.pk])
    page = client.get(answer.headers["Location"])
    assert [(figure["label"], figure["value"]) for figure in page.context["figures"]] == [
        ("上学期在校", "7"), ("升级（续读）", "2"), ("留级", "0"), ("休学保留", "1"), ("送初中", "2"), ("毕业", "1"),
        ("不再就读", "0"), ("已有新学期学籍", "1"),
    ]  # fmt: skip
    asked = client.get(reverse("students:promotion_step", args=[run.pk, "apply"])).content.decode()
    assert "为 3 名学生建立2020—2021学年 秋季学期学籍（升级 2、留级 0、休学保留 1）" in asked
    client.post(reverse("students:promotion_step", args=[run.pk, "apply"]))
    assert Enrolment.objects.filter(term=autumn).count() == 4
    assert Departure.objects.liang_hou_sheng().get().student.name == "九年生"


def test_spring_carries_on_in_the_same_grade(pupils, clerk, xiazhai, run, autumn):
    promotion.apply(by=clerk.as_actor(), promotion=run)
    spring = factories.term("2021-spring")
    again = promotion.open_promotion(by=clerk.as_actor(), to_term=spring, school=xiazhai)
    assert set(again.lines.values_list("student__name", "outcome", "grade", "to_grade", "to_class_name")) == {
        ("五年生", "promote", 6, 6, "1班"), ("休学生", "suspended", 3, 3, "1班"),
    }  # fmt: skip


def test_class_that_goes_up_is_made_once_with_its_teacher(run, pupils, clerk, xiazhai, autumn):
    teacher = Person.objects.create(name="刘老师", school=xiazhai)
    SchoolClass.objects.filter(school=xiazhai, grade=5).update(homeroom_teacher=teacher)
    run.lines.filter(student=pupils["五"]).update(to_class_name="3班", class_name="3班")
    SchoolClass.objects.filter(school=xiazhai, grade=5).update(name="3班")
    promotion.apply(by=clerk.as_actor(), promotion=run)
    made = SchoolClass.objects.get(school=xiazhai, grade=6, name="3班")
    assert made.homeroom_teacher == teacher
    assert Enrolment.objects.get(student=pupils["五"], term=autumn).school_class == made


# --- pages and limits -----------------------------------------------------------------------------


def test_lines_are_decided_by_ticking(client, run, pupils, clerk):
    client.force_login(clerk)
    url = reverse("students:promotion_lines", args=[run.pk])
    assert client.post(url, {"outcome": "repeat"}).status_code == 422
    ticked = {"line": [line(run, pupils["五"]).pk, line(run, pupils["六"]).pk]}
    assert client.post(url, ticked | {"outcome": "repeat", "note": "家长申请"}).status_code == 302
    assert set(run.lines.filter(is_edited=True).values_list("student__name", "to_grade", "note")) == {
        ("五年生", 5, "家长申请"), ("六年生", 6, "家长申请"),
    }  # fmt: skip
    page = client.get(url + "?outcome=repeat")
    assert len(page.context["rows"]) == 2


def test_other_school_does_not_see_the_run(client, run, neighbour, leader):
    url = reverse("students:promotion", args=[run.pk])
    client.force_login(neighbour)
    assert client.get(url).status_code == 404
    client.force_login(leader)
    assert client.get(url).status_code == 403


def test_closed_term_takes_no_promotion(run, clerk, autumn):
    Term.objects.filter(pk=autumn.pk).update(is_closed=True)
    with pytest.raises(StepRefused, match="已关闭"):
        promotion.apply(by=clerk.as_actor(), promotion=run)


def test_second_draft_for_the_same_school_is_refused(run, clerk, autumn, xiazhai):
    with pytest.raises(StepRefused, match="已有一份待确认的升级名单"):
        promotion.open_promotion(by=clerk.as_actor(), to_term=autumn, school=xiazhai)
    promotion.drop(by=clerk.as_actor(), promotion=run)
    promotion.open_promotion(by=clerk.as_actor(), to_term=autumn, school=xiazhai)


def _queries(act):
    with CaptureQueriesContext(connection) as captured:
        act()
    return len(captured)


def test_queries_of_a_run_do_not_grow_with_the_children(clerk, xiazhai, qingshi, junior, spring, autumn):
    counts = []
    for school, children in ((xiazhai, 2), (qingshi, 40)):
        for number in range(children):
            factories.student(f"学生{number}", at=school, during=spring, grade=number % 6 + 1)
        departures.set_feeder(by=clerk.as_actor(), from_school=school, to_school=junior)
        counts.append(
            _queries(
                lambda school=school: promotion.apply(
                    by=clerk.as_actor(),
                    promotion=promotion.open_promotion(by=clerk.as_actor(), to_term=autumn, school=school),
                )
            )
        )
    assert counts[0] == counts[1]
