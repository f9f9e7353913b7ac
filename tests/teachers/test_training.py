"""Training: plan against actual on any day, rural first, hours with proof accepted by another, second rounds, coverage."""

import datetime as dt
from io import BytesIO

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.home.demo.recruiting import recruit_and_train
from povertyedu.imports import actions as imports
from povertyedu.publicity.models import Notice
from povertyedu.workflow.flow import StepRefused
from teachers.actions import training as actions
from teachers.actions.training import Completion
from teachers.enums.training import TrainingLevel
from teachers.models import (
    HireList,
    RecruitmentPlan,
    SchoolPlace,
    Trainee,
    TraineeDecision,
    TrainingCourse,
    TrainingTarget,
)
from teachers.queries import training as queries
from tests import factories
from tests.factories import teachers as staff
from tests.imports.conftest import workbook
from tests.teachers.recruiting import drawn
from tests.teachers.trained import completed, course_of

pytestmark = pytest.mark.django_db
DAY = dt.date(2020, 10, 12)


@pytest.fixture(autouse=True)
def _monday(on_day):
    on_day("2020-10-12")


def test_linxia_plans_25500_over_six_years_by_import(client, personnel):
    factories.county()
    rows = [("年度", "级别", "形式", "计划人次", "年度为推定"), (2015, "", "", 9000, "是"), (2016, "", "", 4000, "是"), (2017, "", "", "4000人", ""),
            (2018, "", "", 3000, ""), (2019, "", "", 3000, "是"), (2020, "", "", 2500, ""), ("合计", "", "", 25500, "")]  # fmt: skip
    batch = imports.receive(
        chunks=[workbook(("计划", rows))], name="计划.xlsx", kind="training-targets", term=None, by=personnel
    )
    batch = imports.check(batch=batch)
    assert batch.counts["warned"] == 0
    imports.confirm(batch=batch)
    imports.apply(batch=batch, by=personnel.as_actor())
    assert dict(TrainingTarget.objects.values_list("year", "people")) == {
        2015: 9000, 2016: 4000, 2017: 4000, 2018: 3000, 2019: 3000, 2020: 2500,
    }  # fmt: skip
    client.force_login(personnel)
    page = client.get(reverse("teachers:training"))
    assert (page.context["total"]["planned"], page.context["total"]["done"]) == (25_500, 0)
    inferred = {line.year for year in page.context["years"] for line in year.lines if line.is_inferred}
    assert (inferred, page.content.decode().count("年度为推定")) == ({2015, 2016, 2019}, 3)
    ledger = openpyxl.load_workbook(BytesIO(client.get(reverse("teachers:training_export")).content)).active
    rows = [row for row in ledger.iter_rows(values_only=True) if isinstance(row[0], int)]
    assert (sum(row[2] for row in rows), sorted(row[0] for row in rows if row[6])) == (
        25_500,
        [2015, 2016, 2019],
    )


def test_five_levels_are_planned_apart_and_add_up(client, personnel, clerk, xiazhai):
    """Facts 2 row 36: 国 省 州 县 校; the 4,000 of 2017 by level, one trained at each."""
    levels = {"国家级": 50, "省级": 150, "州（市）级": 300, "县级": 1500, "校级": 2000}
    rows = [
        ("年度", "级别", "形式", "计划人次"),
        *((2017, level, "", people) for level, people in levels.items()),
    ]
    batch = imports.receive(
        chunks=[workbook(("计划", rows))], name="五级.xlsx", kind="training-targets", term=None, by=personnel
    )
    batch = imports.check(batch=batch)
    imports.confirm(batch=batch)
    assert imports.apply(batch=batch, by=personnel.as_actor()).counts["created"] == 5
    for code in TrainingLevel.values:
        course = course_of(by=personnel, name=code, level=code, on=dt.date(2017, 9, 4))
        completed(course, staff.teacher(code, xiazhai), by=clerk, confirmer=personnel, on=dt.date(2017, 9, 9))
    client.force_login(personnel)
    page = client.get(reverse("teachers:training"))
    (year,) = page.context["years"]
    assert [(TrainingLevel(line.level).label, line.planned, line.done) for line in year.lines] == [
        (level, people, 1) for level, people in levels.items()
    ]
    assert (page.context["total"]["planned"], page.context["total"]["done"]) == (4_000, 5)
    assert [level for level in levels if f">{level}<" not in page.content.decode()] == []


def test_actual_counts_on_its_day_in_its_level_and_form(client, personnel, clerk, xiazhai):
    by = personnel.as_actor()
    for level, form, people in (("county", "", 10), ("county", "distance", 5), ("national", "", 2)):
        actions.set_target(by=by, year=2020, level=level, form=form, people=people)
    county = course_of(by=personnel)
    distance = course_of(by=personnel, name="信息技术", form="distance", hours=20)
    province = course_of(by=personnel, name="省培", level="province")
    for number, course in enumerate((county, county, distance, province)):
        who = staff.teacher(f"教师{number}", xiazhai)
        completed(
            course, who, by=clerk, confirmer=personnel, hours=course.hours, on=dt.date(2020, 9, 1 + number)
        )
    client.force_login(personnel)

    def lines(on):
        year = client.get(reverse("teachers:training"), {"on": on}).context["years"][0]
        return {(line.level, line.form): (line.planned, line.done, line.hours) for line in year.lines}

    assert lines("2020-12-31") == {
        ("county", ""): (10, 2, 80), ("county", "distance"): (5, 1, 20), ("national", ""): (2, 0, 0), ("province", ""): (None, 1, 40),
    }  # fmt: skip
    assert lines("2020-09-02")["county", ""] == (10, 2, 80)
    assert lines("2020-09-01")["county", ""] == (10, 1, 40)


def test_rural_and_never_trained_stand_first_with_their_reasons(client, personnel, clerk, xiazhai):
    town = factories.school("城关一小", setting="town")
    far = factories.school("远山小学")
    SchoolPlace.objects.create(school=far, remoteness=3)
    trained, fresh = staff.teacher("甲", xiazhai), staff.teacher("乙", xiazhai, backbone="county")
    urban, remote = staff.teacher("丙", town), staff.teacher("丁", far)
    earlier = course_of(by=personnel, name="前一期", on=dt.date(2019, 9, 2))
    completed(earlier, trained, by=clerk, confirmer=personnel)
    client.force_login(personnel)
    course = course_of(by=personnel)
    picks = client.get(reverse("teachers:course_enrol", args=[course.pk])).context["picks"]
    assert [(pick.teacher, pick.reasons) for pick in picks] == [
        (remote, ["乡村学校", "三类（偏远）", "没有参加过培训"]), (fresh, ["乡村学校", "骨干教师", "没有参加过培训"]),
        (trained, ["乡村学校", "上次 2019-09-06"]), (urban, ["没有参加过培训"]),
    ]  # fmt: skip
    page = reverse("teachers:course_enrol", args=[course.pk])
    assert client.post(page).status_code == 422  # nobody chosen
    assert client.post(page, {"teacher": [remote.pk, urban.pk]}).status_code == 302
    shown = client.get(course.get_absolute_url())
    assert (shown.context["rural"], shown.context["taking"]) == (1, 2)
    assert "50.0%" in shown.content.decode()


@pytest.mark.sql
def test_places_are_counted_by_the_database_and_nobody_is_enrolled_twice(personnel, clerk, xiazhai):
    course = course_of(by=personnel, places=2)
    people = [staff.teacher(f"教师{number}", xiazhai) for number in range(3)]
    with pytest.raises(StepRefused, match="还有 2 个名额，选了 3 人"):
        actions.enrol(by=clerk.as_actor(), course=course, teachers=people)
    first, _ = actions.enrol(by=clerk.as_actor(), course=course, teachers=people[:2])
    with pytest.raises(IntegrityError), transaction.atomic():
        Trainee.objects.create(course=course, teacher=people[2], school=xiazhai)
    with pytest.raises(IntegrityError), transaction.atomic():
        TrainingCourse.objects.filter(pk=course.pk).update(taken=1)
    actions.miss(by=clerk.as_actor(), trainee=first, reason="病假")
    course.refresh_from_db()
    assert (course.taken, course.free) == (1, 1)
    with pytest.raises(StepRefused, match="已报这门课程"):
        actions.enrol(by=clerk.as_actor(), course=course, teachers=[people[1]])


def test_hours_take_proof_and_another_person(client, personnel, clerk, neighbour, xiazhai):
    course = course_of(by=personnel)
    who = staff.teacher("罗丽", xiazhai)
    trainee = actions.enrol(by=clerk.as_actor(), course=course, teachers=[who])[0]
    client.force_login(clerk)
    page = reverse("teachers:trainee_step", args=[trainee.pk, "report"])
    assert client.post(page, {"hours": "40", "certificate": "", "completed_on": ""}).status_code == 422
    assert client.post(page, {"hours": "41", "certificate": "证-9", "completed_on": ""}).status_code == 422
    scan = SimpleUploadedFile("证书.png", b"\x89PNG")
    assert (
        client.post(
            page, {"hours": "36", "certificate": "", "completed_on": "2020-09-05", "scan": scan}
        ).status_code
        == 302
    )
    assert client.post(reverse("teachers:trainee_step", args=[trainee.pk, "confirm"])).status_code == 403
    client.force_login(neighbour)
    assert client.get(reverse("teachers:training_evidence", args=[trainee.pk])).status_code == 404
    assert "罗丽" not in client.get(course.get_absolute_url()).content.decode()
    client.force_login(personnel)
    assert "待认定学时的培训" in client.get("/").content.decode()
    sent = b"".join(client.get(reverse("teachers:training_evidence", args=[trainee.pk])).streaming_content)
    assert sent == b"\x89PNG"
    assert client.post(reverse("teachers:course_confirm", args=[course.pk])).status_code == 302
    trainee.refresh_from_db()
    assert (trainee.state, trainee.hours, trainee.completed_on) == ("completed", 36, dt.date(2020, 9, 5))
    assert [d.verb for d in trainee.decisions.all()] == ["enrol", "report", "confirm"]
    assert course.name in client.get(who.get_absolute_url()).content.decode()
    assert TraineeDecision.broken_link(trainee) is None


def test_who_reported_does_not_confirm(personnel, xiazhai):
    course = course_of(by=personnel)
    trainee = actions.enrol(
        by=personnel.as_actor(), course=course, teachers=[staff.teacher("罗丽", xiazhai)]
    )[0]
    actions.report(by=personnel.as_actor(), trainee=trainee, completion=Completion(40, "证-1"))
    with pytest.raises(StepRefused, match="认定人不能是上报人"):
        actions.confirm(by=personnel.as_actor(), trainee=trainee)
    assert actions.confirm_all(by=personnel.as_actor(), course=course) == 0
    with pytest.raises(IntegrityError), transaction.atomic():
        Trainee.objects.filter(pk=trainee.pk).update(state="completed", confirmed_by_id=personnel.pk)


def test_second_round_is_held_by_who_was_trained_and_counted(client, personnel, clerk, xiazhai, qingshi):
    national = course_of(by=personnel, name="国培", level="national")
    who, colleague, elsewhere = (
        staff.teacher("罗丽", xiazhai),
        staff.teacher("何勇", xiazhai),
        staff.teacher("外校", qingshi),
    )
    trainee = actions.enrol(by=clerk.as_actor(), course=national, teachers=[who])[0]
    with pytest.raises(StepRefused, match="完成培训并认定学时以后"):
        actions.hold_second_round(by=clerk.as_actor(), trainee=trainee, starts_on=DAY, hours=4, places=20)
    actions.report(by=clerk.as_actor(), trainee=trainee, completion=Completion(40, "证-1"))
    actions.confirm(by=personnel.as_actor(), trainee=trainee)
    client.force_login(clerk)
    page = reverse("teachers:trainee_step", args=[trainee.pk, "second_round"])
    data = {"name": "", "starts_on": "2020-10-12", "hours": "4", "places": "20"}
    assert client.post(page, data).status_code == 302
    second = TrainingCourse.objects.get(relays=national)
    assert (second.name, second.level, second.form, second.trainer, second.school) == (
        "国培（二级培训）", "school", "in_school", who, xiazhai,
    )  # fmt: skip
    picks = queries.picks_for(second, type(who).objects.all())
    assert [pick.teacher for pick in picks] == [colleague]  # not the trainer, nobody of another school
    with pytest.raises(StepRefused, match="是主讲教师"):
        actions.enrol(by=clerk.as_actor(), course=second, teachers=[who])
    completed(second, colleague, by=clerk, confirmer=personnel, hours=4, on=DAY)
    client.force_login(personnel)
    total = client.get(reverse("teachers:training")).context["total"]
    assert (total["done"], total["second"], total["hours"]) == (2, 1, 44)
    assert elsewhere.trainings.count() == 0


def test_coverage_says_who_had_none_in_so_many_years(client, personnel, clerk, school_head, xiazhai, qingshi):
    old, recent, never = (staff.teacher(name, xiazhai) for name in ("甲某", "乙某", "丙某"))
    staff.teacher("丁某", qingshi)
    completed(
        course_of(by=personnel, name="旧课", on=dt.date(2016, 9, 1)),
        old,
        by=clerk,
        confirmer=personnel,
        hours=30,
    )
    completed(course_of(by=personnel), recent, by=clerk, confirmer=personnel)
    client.force_login(personnel)
    page = reverse("teachers:training_coverage")
    rows = client.get(page).context["rows"]
    assert [(row.school, row.teachers, row.trained, row.none, row.hours) for row in rows] == [
        (qingshi, 1, 0, 1, 0), (xiazhai, 3, 1, 2, 40),
    ]  # fmt: skip
    wide = client.get(page, {"years": "5"}).context["rows"]
    assert [(row.school, row.trained, row.hours) for row in wide] == [(qingshi, 0, 0), (xiazhai, 2, 70)]
    names = (
        client.get(reverse("teachers:training_untrained"), {"school": xiazhai.pk}).context["page"].object_list
    )
    assert list(names) == [old, never]
    untrained = reverse("teachers:training_untrained_export")
    book = openpyxl.load_workbook(BytesIO(client.get(untrained, {"school": xiazhai.pk}).content)).active
    found = [row for row in book.iter_rows(values_only=True) if row[2] == xiazhai.name]
    assert [row[0] for row in found] == ["甲某", "丙某"]
    book = openpyxl.load_workbook(
        BytesIO(client.get(reverse("teachers:training_coverage_export")).content)
    ).active
    assert [row[2:5] for row in book.iter_rows(values_only=True) if row[0] == "城关镇下寨小学"] == [(3, 1, 2)]
    client.force_login(school_head)
    assert [row.school for row in client.get(page).context["rows"]] == [xiazhai]
    assert "丁某" not in client.get(reverse("teachers:training_untrained")).content.decode()


def test_trainees_come_in_by_import_with_what_is_wrong_told(personnel, clerk, xiazhai):
    course = course_of(by=personnel)
    who, other = staff.teacher("罗丽", xiazhai, code="T900"), staff.teacher("何勇", xiazhai, code="T901")
    head = ("课程名称", "工号", "姓名", "学时", "证书编号")
    rows = [head, (course.name, "T900", "罗丽", 40, "证-1"), (course.name, "T901", "何勇", "", ""), (course.name, "T999", "无人", "", ""),
            ("没有的课", "T900", "罗丽", "", ""), (course.name, "T900", "错名", "", "")]  # fmt: skip
    batch = imports.receive(
        chunks=[workbook(("名册", rows))], name="名册.xlsx", kind="trainees", term=None, by=personnel
    )
    batch = imports.check(batch=batch)
    assert (batch.counts["created"], batch.counts["rejected"]) == (2, 3)
    good = [head, *rows[1:3]]
    batch = imports.receive(
        chunks=[workbook(("名册", good))], name="好.xlsx", kind="trainees", term=None, by=personnel
    )
    imports.confirm(batch=imports.check(batch=batch))
    imports.apply(batch=batch, by=personnel.as_actor())
    found = {trainee.teacher: (trainee.state, trainee.hours) for trainee in Trainee.objects.all()}
    assert found == {who: ("reported", 40), other: ("enrolled", 0)}


def test_pages_take_the_same_queries_for_one_and_for_thirty(client, personnel, clerk, xiazhai):
    client.force_login(personnel)
    course = course_of(by=personnel, places=100)
    completed(course, staff.teacher("甲", xiazhai), by=clerk, confirmer=personnel)
    staff.teacher("未报名", xiazhai)
    pages = [
        reverse(f"teachers:{name}")
        for name in (
            "training",
            "courses",
            "training_coverage",
            "training_untrained",
            "training_coverage_export",
            "training_untrained_export",
            "training_export",
        )
    ]
    pages += [
        reverse(f"teachers:{name}", args=[course.pk]) for name in ("course", "course_enrol", "course_export")
    ]

    def queries_of():
        counts = []
        for page in pages:
            with CaptureQueriesContext(connection) as caught:
                assert client.get(page).status_code == 200
            counts.append(len(caught))
        return counts

    queries_of()
    few = queries_of()
    people = [staff.teacher(f"教师{number}", factories.school(f"学校{number}")) for number in range(30)]
    actions.enrol(by=personnel.as_actor(), course=course, teachers=people[:20])
    course_of(by=personnel, name="另一门")
    assert queries_of() == few


def test_leaders_dashboard_shows_how_many_were_trained_and_came(
    client, leader, personnel, clerk, xiazhai, autumn
):
    first, _ = staff.teacher("甲", xiazhai), staff.teacher("乙", xiazhai)
    completed(course_of(by=personnel), first, by=clerk, confirmer=personnel)
    drawn(by=personnel, year=2020, open_recruitment=200)
    client.force_login(leader)
    tiles = {
        tile["title"]: (tile["value"], tile["change"])
        for tile in client.get(reverse("home:dashboard")).context["teacher_tiles"]
    }
    assert tiles["教师培训覆盖"] == ("50", "1/2 人")
    assert tiles["教师招聘到岗"] == ("0", "200 人")


def test_demo_county_recruits_and_trains(personnel, approver, clerk, xiazhai):
    for number in range(14):
        staff.teacher(f"教师{number}", xiazhai)
    recruit_and_train()
    assert sorted(RecruitmentPlan.objects.values_list("state", flat=True)) == [
        "approved",
        "approved",
        "submitted",
    ]
    listed = HireList.objects.get(approved_on__isnull=False)
    assert listed.drawn_on < listed.closes_on < listed.approved_on
    assert Notice.objects.get(about=listed.about).opens_on == listed.drawn_on
    states = dict.fromkeys(Trainee.objects.values_list("state", flat=True))
    assert set(states) == {"enrolled", "reported", "completed"}
    assert TrainingCourse.objects.filter(relays__isnull=False).count() == 1
