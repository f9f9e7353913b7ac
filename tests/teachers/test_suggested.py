"""交流建议方案: ordered on the page, solved by the job, answered, solved again, adopted once as drafts."""

import datetime as dt
from io import BytesIO

import openpyxl
import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.audit.models import AccessEvent, AuditEvent
from povertyedu.jobs.models import Job
from povertyedu.jobs.tasks import run as run_job
from povertyedu.workflow.flow import StepRefused
from teachers import planning
from teachers.actions import suggested as actions
from teachers.enums.posts import post_label
from teachers.models import Deployment, PlanHold, PlannedMove, PlanRun, PlanRunDecision
from teachers.queries.plan_facts import read_facts
from tests import factories
from tests.factories import teachers
from tests.teachers.deploying import deployment
from tests.teachers.suggesting import SINCE, UNTIL, ordered, solved, two_schools

pytestmark = pytest.mark.django_db
LIST, NEW = reverse("teachers:suggested_plans"), reverse("teachers:suggested_new")
FREE = planning.Rules(unwilling_percent=None)


@pytest.fixture
def county(xiazhai, qingshi, autumn, on_day):
    on_day("2020-09-10")
    return two_schools(xiazhai, qingshi, autumn)


def typed(client, url=NEW, **changes) -> dict:
    """Return what the page of rules has in its fields, changed as asked; a rule set to None is unticked."""
    form = client.get(url).context["form"]
    data = {name: form[name].value() for name in form.fields}
    data = {name: value for name, value in (data | changes).items() if value not in (None, False)}
    return {name: "on" if value is True else value for name, value in data.items()}


def names(run) -> list[tuple[str, str]]:
    return [(move.teacher.name, move.state) for move in run.moves.select_related("teacher__person")]


def test_rules_are_set_solved_adjusted_solved_again_and_adopted(
    client, personnel, county, qingshi, autumn, django_capture_on_commit_callbacks
):
    client.force_login(personnel)
    assert "还没有建议方案" in client.get(LIST).content.decode()
    data = typed(client, term=autumn.pk, since="2020-09-15", until="2021-01-20", on_unwilling_percent=None)
    answer = client.post(NEW, data)
    run = PlanRun.objects.get()
    assert answer.url == run.get_absolute_url()
    assert run.rules == planning.Rules(unwilling_percent=None).to_dict()
    job = Job.objects.get()
    assert (job.kind, job.arguments, job.lock) == (
        "teachers.solve_plan",
        {"run": run.pk},
        f"suggested_plan:{run.pk}",
    )
    run_job(job.pk)
    run.refresh_from_db()
    assert (run.state, len(run.digest), Job.objects.get().state) == ("solved", 64, "done")
    page = client.get(run.get_absolute_url()).content.decode()
    assert "已证明是这些规则下最好的方案" in page
    # 100 for the place, 60 remote, 30 village, 80 for the first of the subject, less 11 km; the second costs 30 more, without the 80.
    assert run.result["figures"]["points"] == (100 + 60 + 30 + 80 - 11) + (100 + 60 + 30 - 11 - 30)
    assert run.result["short"] == 2
    assert {name for name, _ in names(run)} in ({"王芳", "李娜"}, {"王芳", "张强"})
    other = run.moves.exclude(teacher=county[0]).get()

    client.post(reverse("teachers:suggested_say", args=[other.pk, "stay"]))
    client.post(reverse("teachers:suggested_say", args=[run.moves.get(teacher=county[0]).pk, "pin"]))
    assert "求解后有调整" in client.get(run.get_absolute_url()).content.decode()
    client.post(reverse("teachers:suggested_solve", args=[run.pk]))
    again = PlanRun.objects.get(based_on=run)
    run_job(Job.objects.get(arguments={"run": again.pk}).pk)
    run.refresh_from_db()
    again.refresh_from_db()
    third = ({"李娜", "张强"} - {other.teacher.name}).pop()
    assert (run.state, again.state) == ("replaced", "solved")
    assert names(again) == [("王芳", "pinned"), (third, "proposed")]

    answer = client.post(
        reverse("teachers:suggested_adopt", args=[again.pk]), {"kind": "exchange", "reason": "均衡师资"}
    )
    assert answer.url == reverse("teachers:deployments") + "?tab=draft"
    drafts = Deployment.objects.order_by("pk")
    assert [(d.teacher.name, d.receiving, d.state, d.origin, d.since, d.until) for d in drafts] == [
        (name, qingshi, "draft", "planned", dt.date(2020, 9, 15), dt.date(2021, 1, 20))
        for name in ("王芳", third)
    ]
    assert drafts[0].reason == f"均衡师资：补青石镇中心小学小学数学缺额（建议方案 {again.pk}）"
    assert names(again) == [("王芳", "accepted"), (third, "accepted")]
    client.post(
        reverse("teachers:suggested_adopt", args=[again.pk]), {"kind": "exchange", "reason": "均衡师资"}
    )
    assert Deployment.objects.count() == 2
    said = list(
        AuditEvent.objects.filter(action__startswith="suggested_plan.")
        .values_list("action", flat=True)
        .order_by("pk")
    )
    assert said == [
        f"suggested_plan.{verb}"
        for verb in ("order", "solve", "say", "say", "replace", "order", "solve", "adopt")
    ]
    assert "王芳" not in str(list(AuditEvent.objects.filter(action="suggested_plan.say").values()))


def test_only_the_volunteer_goes_while_the_rule_on_the_unwilling_is_on(client, personnel, county, autumn):
    run = solved(personnel, autumn)
    assert names(run) == [("王芳", "proposed")]
    client.force_login(personnel)
    text = client.get(run.get_absolute_url() + "?tab=open").content.decode()
    assert "可以来的 3 人中，1 人已安排到别处，2 人受“不愿去偏远的不超过 20%”限制。" in text
    schools = client.get(run.get_absolute_url() + "?tab=schools").context["schools"]
    assert [(row["school"].name, row["short"], row["short_after"], row["bare"], row["bare_after"]) for row in schools] == [
        ("青石镇中心小学", 2, 1, 1, 0), ("城关镇下寨小学", 0, 0, 0, 0),
    ]  # fmt: skip
    assert "不愿去偏远的不超过 20%" in client.get(run.get_absolute_url() + "?tab=rules").content.decode()


def test_pins_that_cannot_be_say_which_rule_and_what_would_help(client, personnel, county, qingshi, autumn):
    run = solved(personnel, autumn)
    client.force_login(personnel)
    answer = client.post(
        reverse("teachers:suggested_pin", args=[run.pk]),
        {"teacher": county[1].code, "school": qingshi.pk, "stage": "primary", "subject": "mathematics"},
    )
    assert answer.url.endswith("?tab=holds")
    with pytest.raises(StepRefused, match="李娜固定到青石镇中心小学 小学数学，还没有求解"):
        actions.adopt(by=personnel.as_actor(), run=run, kind="exchange", reason="均衡")
    run = PlanRun.objects.get()
    assert (run.state, run.is_touched, Deployment.objects.count()) == ("solved", True, 0)
    again = actions.solve(
        by=personnel.as_actor(),
        run=ordered(personnel, autumn, based_on=run, rules=planning.Rules(unwilling_percent=20, most_in=0)),
    )
    assert again.state == "infeasible"
    page = client.get(again.get_absolute_url()).content.decode()
    assert "固定的调动违反“每校最多接收 0 人”：青石镇中心小学固定接收 1 人。" in page
    assert "只放宽一条规则还不够" in page
    client.post(reverse("teachers:suggested_take_back", args=[again.holds.get().pk]))
    assert PlanHold.objects.filter(run=again).count() == 0
    final = actions.solve(by=personnel.as_actor(), run=ordered(personnel, autumn, based_on=again, rules=FREE))
    assert (final.state, final.moves.count()) == ("solved", 2)


def test_rejected_move_is_left_out_of_the_drafts_without_another_solve(client, personnel, county, autumn):
    run = solved(personnel, autumn, rules=FREE)
    move = run.moves.exclude(teacher=county[0]).get()
    actions.say(by=personnel.as_actor(), move=move, kind="forbid")
    client.force_login(personnel)
    assert (
        "1 项调动各生成一份派出草稿"
        in client.get(reverse("teachers:suggested_adopt", args=[run.pk])).content.decode()
    )
    assert len(actions.adopt(by=personnel.as_actor(), run=run, kind="support", reason="支教")) == 1
    assert Deployment.objects.get().teacher == county[0]
    with pytest.raises(StepRefused, match="不能再调整"):
        actions.restore(by=personnel.as_actor(), move=move)


def test_what_changed_since_the_solve_is_told_and_keeps_the_plan_from_being_adopted(
    client, personnel, county, autumn, qingshi
):
    run = solved(personnel, autumn)
    client.force_login(personnel)
    adopt = reverse("teachers:suggested_adopt", args=[run.pk])
    assert "有变化" not in client.get(adopt).content.decode()
    county[2].willing_remote = True
    county[2].save()
    page = client.get(adopt).content.decode()
    assert "各项调动今天仍符合规则，可以采纳" in page
    deployment(county[0], qingshi, state="asked", since=SINCE, until=UNTIL)
    page = client.get(adopt).content.decode()
    assert "教师已不在岗、已另有派出，或岗位已不存在；请否决这一调动，或重新求解。" in page
    answer = client.post(adopt, {"kind": "exchange", "reason": "均衡"})
    assert (answer.status_code, Deployment.objects.count(), PlanRun.objects.get().state) == (422, 1, "solved")


@pytest.mark.parametrize(
    ("day", "rested"),
    [(dt.date(2020, 6, 30), False), (dt.date(2020, 1, 31), True)],
    ids=["last term", "before that"],
)
def test_who_was_away_last_term_rests(county, autumn, qingshi, day, rested):
    factories.term("2020-spring")
    deployment(county[0], qingshi, state="returned", since=dt.date(2019, 10, 1), until=day)
    facts = read_facts(dt.date(2020, 9, 10), term=autumn, since=SINCE, until=UNTIL)
    assert facts.teacher[county[0].pk].rested is rested


def test_who_is_away_during_the_plan_is_not_weighed(county, autumn, qingshi):
    deployment(county[0], qingshi, state="draft", since=UNTIL, until=UNTIL)
    facts = read_facts(dt.date(2020, 9, 10), term=autumn, since=SINCE, until=UNTIL)
    assert set(facts.teacher) == {county[1].pk, county[2].pk}


def test_post_is_called_by_stage_and_subject_once():
    assert [post_label(*of) for of in (("primary", "english"), ("preschool", "preschool"), ("preschool", "art"))] == [
        "小学英语", "学前教育", "学前美术",
    ]  # fmt: skip


def test_move_tells_why_and_the_next_best(client, personnel, county, autumn):
    run = solved(personnel, autumn, rules=FREE)
    client.force_login(personnel)
    move = run.moves.exclude(teacher=county[0]).get()
    third = ({"李娜", "张强"} - {move.teacher.name}).pop()
    text = client.get(move.get_absolute_url()).content.decode()
    assert "学科对口（小学数学）；城关镇下寨小学小学数学富余 2 人" in text
    assert "青石镇中心小学小学数学缺 2 人，本方案调入 2 人，之后缺 0 人" in text
    assert "两校相距 11.1 公里；本人未表示愿到偏远学校；计 41 分，得 190 分" in text
    assert f"{third}（" in text
    assert "方案少 0 分" in text


def test_export_has_every_move_with_its_reasons_and_is_logged(client, personnel, county, autumn):
    run = solved(personnel, autumn, rules=FREE)
    client.force_login(personnel)
    book = openpyxl.load_workbook(
        BytesIO(client.get(reverse("teachers:suggested_export", args=[run.pk])).content)
    )
    rows = list(book.active.iter_rows(values_only=True))
    assert sorted(row[2] for row in rows if row[4] == "青石镇中心小学") == sorted(
        m.teacher.name for m in run.moves.all()
    )
    assert AccessEvent.objects.get().reason == "导出建议方案"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"until": "2020-09-01"}, "调动止日应晚于起日"),
        ({"until": "2030-09-01"}, "一次交流最长 3 年"),
        ({"distance_km": ""}, "启用了“距离上限”，请填写数字，或取消勾选"),
        ({"distance_km": "-1"}, "0"),
        ({"seconds": "9999"}, "300"),
        ({"weight_post": "x"}, "整数"),
        ({"term": "2099-autumn"}, "请选择"),
    ],
)
def test_rules_that_make_no_sense_are_refused(client, personnel, county, autumn, changes, message):
    client.force_login(personnel)
    answer = client.post(NEW, typed(client, term=autumn.pk) | changes)
    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert PlanRun.objects.count() == 0


def test_cancelled_solve_leaves_a_plan_that_can_be_started_again(client, personnel, county, autumn):
    run = ordered(personnel, autumn)
    client.force_login(personnel)
    assert "还没有求解结果" in client.get(run.get_absolute_url()).content.decode()
    client.post(reverse("teachers:suggested_solve", args=[run.pk]))
    client.post(reverse("teachers:suggested_solve", args=[run.pk]))
    assert Job.objects.count() == 1
    run_job(Job.objects.get().pk)
    actions.solve(by=personnel.as_actor(), run=PlanRun.objects.get())
    assert PlanRun.objects.get().moves.count() == 1


def test_county_without_standards_or_need_says_so(client, personnel, autumn, xiazhai, on_day):
    on_day("2020-09-10")
    run = solved(personnel, autumn)
    client.force_login(personnel)
    assert "没有定标准的学段不算" in client.get(run.get_absolute_url()).content.decode()
    with pytest.raises(StepRefused, match="没有可采纳的调动"):
        actions.adopt(by=personnel.as_actor(), run=run, kind="exchange", reason="均衡")


@pytest.mark.parametrize("who", ["clerk", "approver", "aid_officer"])
def test_plans_are_the_personnel_officers_alone(client, request, personnel, county, autumn, who):
    run = solved(personnel, autumn)
    client.force_login(request.getfixturevalue(who))
    for url in (LIST, NEW, run.get_absolute_url(), run.moves.get().get_absolute_url()):
        assert client.get(url).status_code == 403


@pytest.mark.sql
def test_the_database_keeps_moves_drafts_and_decisions_together(personnel, county, autumn, qingshi, xiazhai):
    run = solved(personnel, autumn)
    move = run.moves.get()
    for broken in ({"state": "accepted"}, {"from_school": move.school}):
        with pytest.raises(IntegrityError), transaction.atomic():
            PlannedMove.objects.filter(pk=move.pk).update(**broken)
    with pytest.raises(IntegrityError), transaction.atomic():
        PlannedMove.objects.create(
            run=run,
            number=9,
            teacher=move.teacher,
            from_school=xiazhai,
            school=qingshi,
            stage="primary",
            subject="mathematics",
            gain=1,
            cost=1,
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        PlanHold.objects.create(run=run, teacher=move.teacher, kind="pin")
    with pytest.raises(IntegrityError), transaction.atomic():
        PlanRunDecision.objects.filter(subject=run).update(by_name="别人")


@pytest.mark.sql
def test_reading_the_county_and_a_plan_takes_the_same_queries_for_more_teachers(
    client, personnel, county, autumn, xiazhai, qingshi
):
    def queries(action):
        with CaptureQueriesContext(connection) as found:
            action()
        return len(found)

    def read():
        read_facts(dt.date(2020, 9, 10), term=autumn, since=SINCE, until=UNTIL)

    client.force_login(personnel)
    before, few = queries(read), solved(personnel, autumn, rules=FREE)
    pages = [f"{few.get_absolute_url()}?tab={tab}" for tab in ("moves", "schools", "open", "holds", "rules")]
    client.get(pages[0])
    counts = [queries(lambda url=url: client.get(url)) for url in pages]
    for number in range(10):
        teachers.teacher(
            f"教师{'甲乙丙丁戊己庚辛壬癸'[number]}", at=xiazhai, subject="mathematics", willing_remote=True
        )
        factories.student(f"孩子{'甲乙丙丁戊己庚辛壬癸'[number]}", at=qingshi, during=autumn)
    assert queries(read) == before
    many = solved(personnel, autumn, rules=planning.Rules(most_out=None, most_in=None))
    assert many.moves.count() > few.moves.count()
    pages = [url.replace(f"/{few.pk}/", f"/{many.pk}/") for url in pages]
    assert [queries(lambda url=url: client.get(url)) for url in pages] == counts
    assert before == 12
