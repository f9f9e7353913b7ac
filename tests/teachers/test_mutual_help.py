"""送课下乡, 同步课堂, 联校办班, 送教送训 (S0a 二(五)): planned, held with evidence, cancelled with a reason, counted."""

import datetime as dt
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from teachers.actions import mutual_help as actions
from teachers.enums.mutual_help import HelpKind
from teachers.models import HelpActivity
from teachers.queries.mutual_help import Help, help_between
from tests import factories
from tests.factories import teachers

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
PAGE = reverse("teachers:help")
DAY = dt.date(2020, 10, 12)


def photo() -> SimpleUploadedFile:
    return SimpleUploadedFile("签到.png", b"\x89PNG")


@pytest.fixture
def village_school(db):
    village = factories.village("529901101001", "远村")
    type(village).objects.filter(pk=village.pk).update(is_poor_village=True)
    return factories.school("远村教学点", kind="teaching_point", area=village)


def plan(by, giver, taker, term, **more) -> list[HelpActivity]:
    fields = {"kind": "lessons", "topic": "古诗教学", "planned_on": DAY, "planned_hours": 2} | more
    return actions.plan(by=by.as_actor(), term=term, from_school=giver, to_school=taker, **fields)


def test_help_is_planned_held_with_evidence_and_counted(
    client, clerk, xiazhai, village_school, autumn, on_day
):
    on_day("2020-10-20")
    wang = teachers.teacher("王芳", xiazhai)
    client.force_login(clerk)
    assert "制定计划" in client.get(PAGE).content.decode()
    data = {
        "kind": "lessons", "term": autumn.pk, "from_school": xiazhai.pk, "to_school": village_school.pk, "subject": "chinese", "topic": "古诗教学",
        "teachers": wang.code, "planned_on": "2020-10-12", "planned_hours": "2", "times": "3", "every_weeks": "2",
    }  # fmt: skip
    assert client.post(reverse("teachers:help_new"), data).status_code == 302
    rows = list(HelpActivity.objects.order_by("planned_on"))
    assert [row.planned_on for row in rows] == [DAY, dt.date(2020, 10, 26), dt.date(2020, 11, 9)]
    late = client.get(PAGE, {"tab": "overdue"})
    assert [row.pk for row in late.context["rows"]] == [rows[0].pk]
    hold = reverse("teachers:help_step", args=[rows[0].pk, "hold"])
    said = {
        "held_on": "2020-10-13",
        "held_hours": "3",
        "audience": "40",
        "teachers": wang.code,
        "summary": "三节课",
    }
    bare = client.post(hold, said)
    assert (bare.status_code, set(bare.context["form"].errors)) == (422, {"scan"})
    assert client.post(hold, said | {"scan": photo()}).status_code == 302
    assert client.post(hold, said | {"scan": photo()}).status_code == 422
    cancel = reverse("teachers:help_step", args=[rows[1].pk, "cancel"])
    assert client.post(cancel).status_code == 422
    assert client.post(cancel, {"reason": "大雪封路"}).status_code == 302
    sums = client.get(PAGE).context["sums"]
    assert sums == {"planned_n": 3, "held_n": 1, "cancelled_n": 1, "overdue_n": 0, "hours": 3, "audience": 40}
    counted = client.get(reverse("teachers:help_counts"))
    assert [[(r.label, r.planned, r.held, r.hours) for r in table] for _, table in counted.context["tables"]] == [
        [("城关镇下寨小学", 3, 1, 3)], [("远村教学点", 3, 1, 3)], [("远村", 3, 1, 3)],
    ]  # fmt: skip
    sent = client.get(reverse("teachers:help_evidence", args=[rows[0].pk]))
    assert b"".join(sent.streaming_content) == b"\x89PNG"
    written = load_workbook(BytesIO(client.get(reverse("teachers:help_export")).content)).active
    assert [cell.value for cell in written[4]][:7] == [
        "送课下乡",
        "城关镇下寨小学",
        "远村教学点",
        "远村",
        "语文",
        "古诗教学",
        "王芳",
    ]
    assert [written.cell(4, 9).value, written.cell(4, 12).value, written.cell(4, 13).value] == [2, 3, 40]


@pytest.mark.parametrize("kind", HelpKind.values)
def test_each_form_of_help_has_its_line(client, personnel, xiazhai, qingshi, autumn, kind):
    plan(personnel, xiazhai, qingshi, autumn, kind=kind)
    client.force_login(personnel)
    page = client.get(PAGE, {"kind": kind})
    assert (len(page.context["rows"]), HelpKind(kind).label in page.content.decode()) == (1, True)


def test_both_schools_see_it_and_nobody_elses_is_planned(
    client, clerk, neighbour, personnel, xiazhai, qingshi, autumn, leader
):
    third = factories.school("远山小学", area=factories.township("529901199", "远山镇"))
    made = plan(personnel, xiazhai, qingshi, autumn)[0]
    other = plan(personnel, xiazhai, third, autumn)[0]
    for user, pages in ((clerk, (200, 200)), (neighbour, (200, 404)), (leader, (200, 200))):
        client.force_login(user)
        assert (
            client.get(made.get_absolute_url()).status_code,
            client.get(other.get_absolute_url()).status_code,
        ) == pages
    assert client.get(reverse("teachers:help_step", args=[made.pk, "hold"])).status_code == 403
    client.force_login(neighbour)
    data = {
        "kind": "lessons",
        "term": autumn.pk,
        "from_school": xiazhai.pk,
        "to_school": third.pk,
        "topic": "x",
        "planned_on": "2020-10-12",
        "planned_hours": "1",
        "times": "1",
        "every_weeks": "1",
    }
    told = client.post(reverse("teachers:help_new"), data)
    assert (told.status_code, "应是您管理的学校" in told.content.decode()) == (422, True)


def test_plan_stays_in_its_term_and_is_made_once(personnel, xiazhai, qingshi, autumn):
    plan(personnel, xiazhai, qingshi, autumn)
    with pytest.raises(Exception, match="已有相同形式"):
        plan(personnel, xiazhai, qingshi, autumn)
    with pytest.raises(actions.StepRefused, match="不全在"):
        plan(personnel, xiazhai, qingshi, autumn, planned_on=dt.date(2021, 1, 25), times=2, topic="数学")
    with pytest.raises(Exception, match="不能是同一所"):
        plan(personnel, xiazhai, xiazhai, autumn)
    assert HelpActivity.objects.count() == 1


def test_database_keeps_what_was_held_with_its_evidence(personnel, xiazhai, qingshi, autumn, on_day):
    on_day("2020-10-20")
    made = plan(personnel, xiazhai, qingshi, autumn)[0]
    changes = (
        lambda: HelpActivity.objects.update(state="held", held_on=DAY, held_hours=1),
        lambda: HelpActivity.objects.update(state="cancelled"),
        lambda: HelpActivity.objects.update(held_hours=3),
        lambda: HelpActivity.objects.update(to_school=xiazhai),
    )
    for change in changes:
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
    with pytest.raises(actions.StepRefused, match="不能晚于今天"):
        actions.hold(
            by=personnel.as_actor(),
            activity=made,
            held_on=dt.date(2020, 10, 21),
            held_hours=1,
            audience=1,
            summary="x",
            upload=photo(),
        )


def test_pairs_are_read_by_days_for_a_register_of_pairings(personnel, xiazhai, qingshi, autumn, on_day):
    on_day("2020-10-20")
    first, _ = plan(personnel, xiazhai, qingshi, autumn, times=2)
    plan(personnel, qingshi, xiazhai, autumn, kind="teaching", planned_on=dt.date(2020, 12, 1))
    actions.hold(
        by=personnel.as_actor(),
        activity=first,
        held_on=DAY,
        held_hours=3,
        audience=20,
        summary="好",
        upload=photo(),
    )
    one, two = xiazhai.pk, qingshi.pk
    whole = help_between(dt.date(2020, 9, 1), dt.date(2021, 1, 31))
    assert sorted(whole) == sorted(
        [Help(one, two, "lessons", 2, 1, 0, 3), Help(two, one, "teaching", 1, 0, 0, 0)]
    )
    assert help_between(dt.date(2020, 10, 1), dt.date(2020, 10, 31), [one]) == [
        Help(one, two, "lessons", 2, 1, 0, 3)
    ]
    assert help_between(dt.date(2020, 10, 13), dt.date(2020, 10, 31)) == [
        Help(one, two, "lessons", 1, 0, 0, 0)
    ]


def test_list_takes_the_same_queries_for_one_and_for_forty(client, personnel, xiazhai, qingshi, autumn):
    plan(personnel, xiazhai, qingshi, autumn)
    client.force_login(personnel)

    def queries() -> list[int]:
        found = []
        for page in (PAGE, reverse("teachers:help_export"), reverse("teachers:help_counts")):
            with CaptureQueriesContext(connection) as caught:
                assert client.get(page).status_code == 200
            found.append(len(caught))
        return found

    queries()
    few = queries()
    for number in range(20):
        plan(personnel, xiazhai, qingshi, autumn, topic=f"第{number}课", times=2)
    assert queries() == few
