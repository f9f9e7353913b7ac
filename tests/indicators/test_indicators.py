"""指标: snapshots that open their names, targets of the plans, notices from proposed to rectified, history that changed."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dropout.actions.cases import open_case
from dropout.models import PopulationFigure
from povertyedu.findings.models import Finding
from povertyedu.inbox.models import Message
from povertyedu.indicators.actions import history, notices, snapshots, targets
from povertyedu.indicators.definitions import Period, period_of
from povertyedu.indicators.models import (
    ChangedMember,
    IndicatorNotice,
    IndicatorTarget,
    Snapshot,
    SnapshotMember,
    SnapshotRow,
)
from povertyedu.indicators.queries import is_reached, targets_in
from povertyedu.jobs.tasks import daily
from students.models import Enrolment
from tests import factories
from tests.factories import indicators

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
LIST, NOTICES = reverse("indicators:list"), reverse("indicators:notices")


@pytest.fixture
def basic(db):
    return factories.user("宋静", ("basic_education_officer", factories.county()), username="basic")


@pytest.fixture
def officer(db):
    return factories.user("石磊", ("township_officer", factories.township()), username="officer")


@pytest.fixture
def pupils(xiazhai, qingshi, autumn):
    """Twenty at 下寨小学, five at the neighbour's; all of the village of 城关镇."""
    ours = [factories.student(f"学生{n}", at=xiazhai, during=autumn, account=False) for n in range(20)]
    return ours, [factories.student(f"邻生{n}", at=qingshi, during=autumn, account=False) for n in range(5)]


def drops_out(child, basic, term, since="2020-10-12"):
    return open_case(
        by=basic.as_actor(), student=child, term=term, origin="report", kind="dropout", since=dt.date.fromisoformat(since)
    )  # fmt: skip


def rate(code, kind="county", **place):
    """Return (numerator, denominator) of the newest snapshot."""
    rows = SnapshotRow.objects.filter(snapshot__code=code, **place).order_by("-snapshot__on")
    row = next(row for row in rows if row.place_kind == kind)
    return row.numerator, row.denominator


def test_snapshot_counts_by_place_and_opens_the_names_of_its_day(
    client, on_day, basic, clerk, neighbour, pupils, autumn, xiazhai
):
    ours, _ = pupils
    on_day("2020-10-20")
    drops_out(ours[0], basic, autumn)
    first = indicators.snapshot(on="2020-10-20")
    assert rate("dropout") == (1, 25)
    assert rate("dropout", "school", school=xiazhai) == (1, 20)
    assert rate("dropout", "township", area_code="529901101", reading="school_area") == (0, 5)
    assert rate("dropout", "township", area_code="529901100", reading="home_area") == (1, 25)
    before = SnapshotMember.objects.count()
    on_day("2020-11-20")
    drops_out(ours[1], basic, autumn, "2020-11-02")
    second = indicators.snapshot(on="2020-11-20")
    assert snapshots.take(code="dropout", on=second.on) == second
    assert (before, SnapshotMember.objects.count()) == (25, 26)  # a week writes what changed

    def named(user, snapshot, part, **place):
        client.force_login(user)
        row = next(
            row for row in snapshot.rows.filter(**place) if row.school_id or row.place_kind == "county"
        )
        page = client.get(reverse("indicators:names", args=[row.pk]), {"part": part})
        return (
            sorted(row["named"].name for row in page.context["rows"])
            if page.status_code == 200
            else page.status_code
        )

    assert named(basic, first, "numerator", school=None) == ["学生0"]
    assert named(basic, second, "numerator", school=None) == ["学生0", "学生1"]
    assert len(named(clerk, first, "denominator", school=xiazhai)) == 20
    assert named(clerk, second, "numerator", school=xiazhai) == ["学生0", "学生1"]
    assert named(neighbour, first, "numerator", school=xiazhai) == 404
    assert named(neighbour, first, "numerator", school=None) == 404


def test_targets_are_those_of_the_plans_and_hold_until_replaced(client, basic, clerk):
    client.force_login(basic)
    page = client.post(reverse("indicators:preset_pick"), {"code": "linxia"}, follow=True)
    assert "已采用“临夏（2015—2020）”的 8 项目标" in page.content.decode()
    held = {year: targets_in(year)["nine_year", "county"].value for year in range(2015, 2022)}
    assert held == {
        2015: Decimal("74.5"), 2016: Decimal(77), 2017: Decimal(80), 2018: Decimal(83), 2019: Decimal(87), 2020: Decimal(90),
        2021: Decimal(90),
    }  # fmt: skip
    inferred = IndicatorTarget.objects.filter(code="nine_year", place_kind="county", is_inferred=True)
    assert [target.year for target in inferred] == [2015, 2016, 2019]
    assert targets_in(2018)["entry", "township"].value == 98
    assert targets_in(2018)["dropout", "school"].value == 2
    assert ("entry", "county") not in targets_in(2014)
    client.post(reverse("indicators:preset_pick"), {"code": "yizhang"})
    year = targets_in(2017)
    assert [year[code, "county"].value for code in ("kindergarten", "nine_year", "senior")] == [78, 97, 78]
    form = {
        "code": "dropout",
        "place_kind": "school",
        "year": 2021,
        "value": "1.5",
        "note": "县政发〔2021〕3号",
    }
    assert client.post(reverse("indicators:target_set"), form).status_code == 302
    assert client.post(reverse("indicators:target_set"), form | {"value": "101"}).status_code == 422
    assert targets_in(2022)["dropout", "school"].value == Decimal("1.5")
    client.force_login(clerk)
    assert client.post(reverse("indicators:preset_pick"), {"code": "linxia"}).status_code == 403


@pytest.mark.parametrize(
    ("numerator", "denominator", "target", "higher", "reached"),
    [(98, 100, "98", True, True), (9799, 10000, "98", True, False), (2, 100, "2", False, True), (21, 1000, "2", False, False), (0, 0, "98", True, None)],
)  # fmt: skip
def test_target_is_compared_exactly(numerator, denominator, target, higher, reached):
    assert is_reached(numerator, denominator, Decimal(target), higher_is_better=higher) is reached


def test_missed_target_is_proposed_issued_answered_and_rectified(
    client, on_day, basic, clerk, neighbour, officer, pupils, autumn, xiazhai
):
    on_day("2020-10-20")
    targets.pick_preset(by=basic.as_actor(), preset="linxia")
    drops_out(pupils[0][0], basic, autumn)
    daily()  # as beat does: 1 of 20 is 5 %, 1 of 25 in the township's schools and homes
    missed = {(notice.code, notice.area_code, notice.school_id) for notice in IndicatorNotice.objects.all()}
    assert missed == {
        ("dropout", "529901100", None),
        ("dropout", "", xiazhai.pk),
        ("entry", "529901100", None),
    }
    daily()
    assert IndicatorNotice.objects.count() == 3
    notice = IndicatorNotice.objects.get(school=xiazhai)
    client.force_login(clerk)
    assert client.get(notice.get_absolute_url()).status_code == 404  # what is only proposed is the bureau's
    client.force_login(basic)
    assert notice.cause in client.get(NOTICES).content.decode()
    assert (
        client.post(reverse("indicators:issue"), {"notice": [notice.pk], "due_on": "2020-10-01"}).status_code
        == 302
    )
    assert IndicatorNotice.objects.get(pk=notice.pk).state == "proposed"
    page = client.post(
        reverse("indicators:issue"), {"notice": [notice.pk], "due_on": "2020-10-30"}, follow=True
    )
    assert "已发出 1 份通报" in page.content.decode()
    assert (
        Message.objects.filter(to=clerk).first().text
        == "通报：辍学率 5.00%，没有达到目标 2.00%；请在 2020-10-30 前答复。"
    )
    on_day("2020-10-31")
    assert (notices.tell_overdue(), notices.tell_overdue()) == (1, 0)
    assert (
        Message.objects.filter(to=basic).first().text
        == "通报逾期没有答复：城关镇下寨小学，辍学率，期限 2020-10-30。"
    )

    client.force_login(neighbour)
    assert (
        client.post(reverse("indicators:step", args=[notice.pk, "answer"]), {"reason": "代答"}).status_code
        == 404
    )
    client.force_login(clerk)
    assert (
        client.post(reverse("indicators:step", args=[notice.pk, "answer"]), {"reason": ""}).status_code == 422
    )
    assert (
        client.post(
            reverse("indicators:step", args=[notice.pk, "answer"]), {"reason": "随父母外出，正在劝返"}
        ).status_code
        == 302
    )
    assert (
        client.post(
            reverse("indicators:step", args=[notice.pk, "settle"]), {"reason": "自己办结"}
        ).status_code
        == 403
    )
    client.force_login(basic)
    rectify = {"reason": "逐人劝返，写明措施", "due_on": "2020-11-30"}
    assert client.post(reverse("indicators:step", args=[notice.pk, "rectify"]), rectify).status_code == 302
    assert client.post(reverse("indicators:step", args=[notice.pk, "rectify"]), rectify).status_code == 422
    finding = Finding.objects.get()
    notice.refresh_from_db()
    assert (notice.state, notice.rectification) == ("rectifying", finding.get_absolute_url())
    assert (finding.source, finding.school, finding.due_on) == ("indicator", xiazhai, dt.date(2020, 11, 30))
    client.force_login(officer)
    rows = {row.name: row.cells for row in client.get(reverse("home:appraisal")).context["rows"]}
    assert rows["城关镇下寨小学"] == [0, 1, 1, 0, 1, 1, 0, 0, 0]
    assert rows["城关镇"] == [0, 2, 0, 0, 0, 0, 0, 0, 0]


def test_proposal_is_dropped_when_the_place_recovers_before_it_is_issued(
    on_day, basic, pupils, autumn, xiazhai
):
    on_day("2020-10-20")
    targets.set_target(by=basic.as_actor(), code="dropout", place_kind="school", year=2020, value=Decimal(2))
    case = drops_out(pupils[0][0], basic, autumn)
    notices.propose(snapshot=indicators.snapshot(on="2020-10-20"))
    type(case).objects.filter(pk=case.pk).update(state="returned", returned_on="2020-10-25")
    on_day("2020-10-28")
    notices.propose(snapshot=indicators.snapshot(on="2020-10-28"))
    assert IndicatorNotice.objects.get().state == "dropped"


def test_fall_below_ones_own_last_year_is_proposed_without_a_target(on_day, basic, xiazhai):
    last = factories.term("2019-autumn")
    factories.term("2020-autumn")
    for n in range(4):
        child = factories.student(f"学生{n}", at=xiazhai, during=last, grade=3)
        Enrolment.objects.create(
            student=child, term=factories.term("2020-autumn"), school=xiazhai, stage="primary", grade=4, school_area="529901100000",
            home_area="529901100001",
        )  # fmt: skip
    on_day("2020-10-20")
    drops_out(child, basic, factories.term("2020-autumn"))
    daily()
    notice = IndicatorNotice.objects.get(code="dropout", school=xiazhai)
    assert (notice.missed, notice.fell, notice.cause) == (False, True, "不如上学年的 0.00%")
    assert Snapshot.objects.get(code="dropout", is_final=True).on == dt.date(2020, 8, 31)


def test_facts_changed_after_the_year_was_closed_are_listed_with_who_changed_them(
    client, on_day, basic, clerk, neighbour, pupils, autumn
):
    on_day("2021-09-05")
    drops_out(pupils[0][0], basic, autumn)
    final = indicators.snapshot(on="2021-08-31", is_final=True)
    assert history.check(final) == 0
    child = pupils[0][1]
    on_day("2021-10-01")
    drops_out(child, basic, autumn, "2021-04-01")  # concealed until now
    gone = pupils[0][2].enrolments.get()
    gone.stage = "senior"
    gone.save()  # taken out of the denominator by changing the stage of a past term
    assert (history.check_finals(), history.check_finals()) == (2, 0)
    assert set(ChangedMember.objects.values_list("subject", "was", "now")) == {
        (str(child.pk), "denominator", "numerator"), (str(gone.student_id), "denominator", "absent"),
    }  # fmt: skip
    assert "有 2 名学生的资料被改动" in Message.objects.filter(to=basic).first().text
    client.force_login(clerk)
    rows = {row["named"].name: row for row in client.get(reverse("indicators:changes")).context["rows"]}
    assert set(rows) == {"学生1", "学生2"}
    assert [trace.what for trace in rows["学生2"]["traces"]] == ["学籍改动 学段"]
    client.force_login(neighbour)
    assert client.get(reverse("indicators:changes")).context["rows"] == []
    gone.stage = "primary"
    gone.save()
    on_day("2021-10-09")
    assert history.check_finals() == 0
    assert list(ChangedMember.objects.values_list("subject", flat=True)) == [str(child.pk)]


def test_population_is_typed_per_township_for_the_gross_rates(client, on_day, basic, clerk, xiazhai, autumn):
    on_day("2020-10-02")
    client.force_login(basic)
    page = reverse("dropout:population")
    typed = {"3-5-529901100": "4", "15-17-529901100": ""}
    assert client.post(page, typed | {"3-5-529901100": "-1"}).status_code == 422
    assert client.post(page, typed).status_code == 302
    assert client.post(page, typed).status_code == 302  # the same again changes nothing
    figure = PopulationFigure.objects.get()
    assert (figure.band, figure.year, figure.township_id, figure.people, figure.entered_by) == (
        "3-5",
        2020,
        "529901100",
        4,
        "宋静",
    )
    assert client.post(page, typed | {"3-5-529901100": ""}).status_code == 302
    assert PopulationFigure.objects.count() == 0
    client.force_login(clerk)
    assert client.get(page).status_code == 403


def test_gross_rate_is_over_the_population_that_was_entered(client, basic, xiazhai, autumn):
    def says_what_to_do() -> list[bool]:
        text = client.get(reverse("indicators:list")).content.decode()
        return ["没有填人口</" in text, reverse("dropout:population") in text]

    client.force_login(basic)
    for n in range(3):
        factories.student(f"幼儿{n}", at=xiazhai, during=autumn, stage="preschool", grade=1)
    indicators.snapshot("kindergarten", "2020-10-01")
    assert rate("kindergarten") == (3, 0)  # n/a without the figure
    assert says_what_to_do() == [True, True]
    PopulationFigure.objects.create(
        band="3-5", year=2020, township=factories.township(), people=4, entered_by="宋静"
    )
    indicators.snapshot("kindergarten", "2020-10-02")
    assert rate("kindergarten") == (3, 4)
    assert says_what_to_do() == [False, True]


def test_empty_county_and_a_year_without_terms_take_nothing(client, basic, db):
    assert snapshots.take_due() == 0
    client.force_login(basic)
    for name in ("list", "notices", "targets", "changes"):
        assert client.get(reverse(f"indicators:{name}")).status_code == 200
    assert "还没有统计过" in client.get(reverse("indicators:detail", args=["entry"])).content.decode()
    assert client.get(reverse("indicators:detail", args=["nothing"])).status_code == 404


def test_school_year_ends_with_august():
    assert period_of(dt.date(2020, 8, 31)) == Period(2019, dt.date(2020, 8, 31))
    assert (period_of(dt.date(2020, 9, 1)).year, period_of(dt.date(2021, 2, 1)).target_year) == (2020, 2021)


def test_queries_of_a_snapshot_and_its_pages_do_not_grow_with_children(
    client, on_day, basic, xiazhai, autumn
):
    counts = []
    client.force_login(basic)
    for number, day in ((1, "2020-10-01"), (29, "2020-10-08")):
        on_day(day)
        for n in range(number):
            factories.student(f"学生{number}-{n}", at=xiazhai, during=autumn, account=False)
        with CaptureQueriesContext(connection) as queries:
            snapshots.take_due()
        row = SnapshotRow.objects.filter(snapshot__code="entry", snapshot__on=day).first()
        pages = [
            LIST,
            NOTICES,
            reverse("indicators:detail", args=["entry"]),
            reverse("indicators:names", args=[row.pk]),
            reverse("home:appraisal"),
        ]
        with CaptureQueriesContext(connection) as of_pages:
            assert [client.get(page).status_code for page in pages] == [200] * 5
        counts.append((len(queries), len(of_pages)))
    assert (
        counts[0][0] >= counts[1][0] - 16
    )  # the first of a year has nothing to end: one load and one update each less
    assert counts[1][1] - counts[0][1] <= 2
