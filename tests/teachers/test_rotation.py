"""轮岗率 of quality schools: two denominators and the share of backbone teachers, by hand; who is due and why."""

import datetime as dt
from decimal import Decimal
from io import BytesIO

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.audit.models import AuditEvent
from povertyedu.indicators.actions import history, targets
from povertyedu.indicators.actions.snapshots import take
from povertyedu.indicators.definitions import Period
from povertyedu.indicators.models import ChangedMember, Snapshot, SnapshotMember, SnapshotRow
from teachers.models import HeadTerm
from teachers.queries.rotation import by_school, due, staff_of
from tests import factories
from tests.factories import teachers
from tests.imports.conftest import workbook
from tests.teachers.deploying import SINCE, UNTIL, deployment

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
PAGE, DUE = reverse("teachers:rotation"), reverse("teachers:rotation_due")
YEAR = Period(2020, dt.date(2020, 10, 9))


@pytest.fixture
def officer(db):
    return factories.user("刘人事", ("personnel_officer", factories.county()), username="personnel")


@pytest.fixture
def quality(xiazhai):
    """下寨小学 as a quality school."""
    teachers.place(xiazhai, is_quality=True)
    return xiazhai


@pytest.fixture
def staffed(quality, qingshi, on_day):
    """20 full-time: 10 for six years or more, of whom 2 on rotation, 1 of these backbone; one young teacher on 支教, one on 走教."""
    on_day("2020-10-09")
    old = [
        teachers.teacher(
            f"老{number}", at=quality, since=dt.date(2014, 9, 1), backbone="county" if number == 1 else ""
        )
        for number in range(10)
    ]
    young = [teachers.teacher(f"新{number}", at=quality, since=dt.date(2014, 9, 2)) for number in range(10)]
    deployment(old[0], qingshi)
    deployment(old[1], qingshi)
    deployment(young[0], qingshi, kind="support")
    deployment(old[2], qingshi, kind="itinerant")
    teachers.teacher("别校", at=qingshi, since=dt.date(2010, 9, 1))
    return old, young


def figures(share) -> tuple[int, int, str]:
    return share.numerator, share.denominator, share.percent_text


def test_rates_by_both_denominators_and_backbone(staffed, quality):
    rows, total = by_school(YEAR, [quality])
    assert figures(rows[0].staff) == (3, 20, "15.00%")
    assert figures(rows[0].eligible) == (2, 10, "20.00%")  # six years to the day count, a day less does not
    assert figures(rows[0].backbone) == (1, 2, "50.00%")
    assert (rows[0].due, total.due) == (8, 8)


def test_nobody_gives_no_rate(client, officer, quality):
    rows, _ = by_school(YEAR, [quality])
    assert [figures(each) for each in (rows[0].staff, rows[0].eligible, rows[0].backbone)] == [
        (0, 0, "—")
    ] * 3
    client.force_login(officer)
    assert client.get(PAGE).status_code == 200


def test_yizhang_ten_percent_of_full_time_staff(quality, qingshi, officer, on_day):
    """S4 二5: 轮岗 at least 10% of 专任教师 of a quality school: 1 of 10 reaches it, 1 of 11 does not."""
    on_day("2020-10-09")
    targets.set_target(
        by=officer.as_actor(), code="rotation_staff", place_kind="school", year=2021, value=Decimal(10)
    )
    who = [teachers.teacher(f"师{number}", at=quality) for number in range(10)]
    deployment(who[0], qingshi)
    snapshot = take(code="rotation_staff", on=dt.date(2020, 10, 9))
    row = snapshot.rows.get(school=quality)
    assert (row.numerator, row.denominator, row.percent) == (1, 10, Decimal(10))
    from povertyedu.indicators.queries import rates

    assert rates([row], snapshot)[0].words == ("ok", "达标")
    teachers.teacher("第十一", at=quality)
    snapshot = take(code="rotation_staff", on=dt.date(2020, 10, 16))
    assert rates([snapshot.rows.get(school=quality)], snapshot)[0].words == ("bad", "未达标")


def tiles(client) -> list[tuple[str, str, str]]:
    """Return (value, verdict, foot) of the key figures."""
    return [(tile["value"], tile["t"], tile["foot"]) for tile in client.get(PAGE).context["tiles"]]


def test_national_ten_and_twenty_percent_are_the_bar_where_the_county_sets_none(
    client, officer, quality, qingshi, on_day
):
    """Facts 5: of 50 eligible 5 on rotation, of whom 1 backbone, reach 10% and 20%; of 51, and with a sixth, they do not."""
    on_day("2020-10-09")
    client.force_login(officer)
    teachers.establishment(quality, 60)
    who = [
        teachers.teacher(
            f"老{number}", at=quality, since=dt.date(2014, 9, 1), backbone="" if number else "county"
        )
        for number in range(50)
    ]
    for each in who[:5]:
        deployment(each, qingshi)
    bars = ("轮岗 ÷ 符合条件，国家要求不低于10%", "骨干 ÷ 轮岗，国家要求不低于20%")
    assert tiles(client) == [
        ("10.00%", "", "轮岗 ÷ 专任教师"), ("10.00%", "达标", bars[0]), ("20.00%", "达标", bars[1]),
    ]  # fmt: skip
    teachers.teacher("老五十", at=quality, since=dt.date(2014, 9, 1))
    assert [verdict for _, verdict, _ in tiles(client)] == ["", "未达标", "达标"]
    deployment(who[5], qingshi)
    assert tiles(client)[2] == ("16.67%", "未达标", bars[1])
    assert [verdict for _, verdict, _ in tiles(client)] == ["", "达标", "未达标"]


def test_own_bar_of_the_county_goes_before_the_national_one(client, staffed, officer):
    client.force_login(officer)
    for code, value in (("rotation_staff", 15), ("rotation_eligible", 25), ("rotation_backbone", 50)):
        targets.set_target(
            by=officer.as_actor(), code=code, place_kind="county", year=2020, value=Decimal(value)
        )
    assert [(verdict, foot.partition("，")[2]) for _, verdict, foot in tiles(client)] == [
        ("达标", "目标 15%"), ("未达标", "目标 25%"), ("达标", "目标 50%"),
    ]  # fmt: skip


def test_six_years_begin_anew_after_a_rotation(quality, qingshi, on_day):
    on_day("2020-10-09")
    back = teachers.teacher("回来", at=quality, since=dt.date(2008, 9, 1))
    deployment(back, qingshi, state="returned", since=dt.date(2016, 9, 1), until=dt.date(2017, 7, 15))
    long_away = teachers.teacher("还在外", at=quality, since=dt.date(2008, 9, 1))
    deployment(long_away, qingshi, since=dt.date(2019, 9, 1), until=dt.date(2022, 7, 15))
    found = {each.teacher: each for each in staff_of(YEAR)}
    assert (found[back.pk].is_eligible, found[back.pk].since) == (False, dt.date(2017, 7, 16))
    assert (found[long_away.pk].is_eligible, found[long_away.pk].has_rotated) == (True, True)
    assert found[long_away.pk].reasons == ("在本校连续满 12 年（自 2008-09-01）",)


def test_head_of_two_full_terms_is_eligible(client, officer, quality, on_day):
    on_day("2020-10-09")
    head = teachers.teacher("吴校长", at=quality, since=dt.date(2016, 9, 1))
    client.force_login(officer)
    page = reverse("teachers:head_term_new")
    for number, (since, until) in enumerate(
        (("2016-09-01", "2018-08-31"), ("2018-09-01", "2020-08-31")), start=1
    ):
        answer = client.post(page, {"teacher": head.code, "number": number, "since": since, "until": until})
        assert answer.status_code == 302
    assert (
        client.post(
            page, {"teacher": head.code, "number": 2, "since": "2018-09-01", "until": "2020-08-31"}
        ).status_code
        == 422
    )
    assert HeadTerm.objects.count() == 2
    assert "吴校长" in client.get(reverse("teachers:head_terms")).content.decode()
    (row,) = due(YEAR, [quality])
    assert row.reasons == ("在本校任校长满 2 届",)
    assert due(Period(2019, dt.date(2020, 8, 31)), [quality]) == []


def test_terms_of_heads_come_in_are_corrected_and_removed_with_a_reason(
    client, run, officer, quality, qingshi, on_day
):
    on_day("2020-10-09")
    head = teachers.teacher("吴校长", at=quality, since=dt.date(2016, 9, 1))
    other = teachers.teacher("何校长", at=qingshi, since=dt.date(2016, 9, 1))
    heads = ("工号", "姓名", "学校", "届次", "任期起", "任期止")
    content = workbook(("任期", [
        heads, (head.code, "吴校长", "", "第一届", "2016-09-01", "2018-08-31"), (head.code, "", quality.name, 2, "2018-09-01", "2020-08-31"),
        (other.code, "何校长", "没有的学校", 1, "2016-09-01", "2018-08-31"), (other.code, "何校", "", 1, "2010-09-01", "2012-08-31"),
        (other.code, "", "", "十届", "2016-09-01", "2018-08-31"), ("T99", "", "", 1, "2018-09-01", "2018-08-31"),
    ]))  # fmt: skip
    first = run("head-terms", content)
    assert (first["created"], first["rejected"]) == (2, 4)
    assert run("head-terms", content, name="再来.xlsx")["unchanged"] == 2
    assert [row.reasons for row in due(YEAR, [quality])] == [("在本校任校长满 2 届",)]
    client.force_login(officer)
    exported = client.get(reverse("teachers:head_terms_export")).content
    assert run("head-terms", exported)["unchanged"] == 2
    second = HeadTerm.objects.get(number=2)
    edit = reverse("teachers:head_term_edit", args=[second.pk])
    days = {"number": "2", "since": "2018-09-01", "until": "2021-08-31"}
    assert client.post(edit, days).status_code == 422
    assert "第几届应为" not in client.post(edit, days | {"number": "1", "reason": "x"}).content.decode()
    assert client.post(edit, days | {"reason": "文件写到2021年"}).status_code == 302
    assert due(YEAR, [quality]) == []
    event = AuditEvent.objects.get(action="head_term.correct")
    assert (event.changes, event.reason) == ({"until": ["2020-08-31", "2021-08-31"]}, "文件写到2021年")
    remove = reverse("teachers:head_term_remove", args=[second.pk])
    assert client.post(remove).status_code == 422
    assert client.post(remove, {"reason": "没有连任"}).status_code == 302
    assert HeadTerm.objects.count() == 1
    assert AuditEvent.objects.get(action="head_term.remove").reason == "没有连任"


def test_pages_show_rates_and_who_is_due_and_hand_them_over(client, officer, staffed, quality):
    client.force_login(officer)
    page = client.get(f"{PAGE}?year=2020").content.decode()
    assert all(text in page for text in ("15.00%", "20.00%", "50.00%", "3/20", "2/10"))
    listed = client.get(f"{DUE}?year=2020")
    assert [row.teacher.name for row in listed.context["rows"]] == [f"老{number}" for number in range(2, 10)]
    assert "在本校连续满 6 年（自 2014-09-01）" in listed.content.decode()
    table = openpyxl.load_workbook(
        BytesIO(client.get(f"{reverse('teachers:rotation_export')}?year=2020").content)
    ).active
    cells = [list(row) for row in table.iter_rows(values_only=True)]
    assert [row for row in cells if row[0] == quality.name] == [
        [quality.name, 20, 3, "15.00%", 10, 2, "20.00%", 1, "50.00%", 8]
    ]
    book = openpyxl.load_workbook(
        BytesIO(client.get(f"{reverse('teachers:rotation_due_export')}?year=2020").content)
    ).active
    assert [row[2] for row in book.iter_rows(values_only=True) if row[2] and row[2].startswith("老")] == [
        f"老{number}" for number in range(2, 10)
    ]


def test_head_sees_the_rate_of_their_own_school_only(client, staffed, quality, qingshi):
    teachers.place(qingshi, is_quality=True)
    client.force_login(factories.user("何校长", ("school_head", qingshi)))
    page = client.get(f"{PAGE}?year=2020").content.decode()
    assert (qingshi.name in page, quality.name in page) == (True, False)
    listed = client.get(f"{DUE}?year=2020&school={quality.pk}")
    assert [row.teacher.name for row in listed.context["rows"]] == ["别校"]


def test_snapshots_name_who_is_behind_each_number(client, staffed, quality, leader):
    for code, numbers in (
        ("rotation_staff", (3, 20)),
        ("rotation_eligible", (2, 10)),
        ("rotation_backbone", (1, 2)),
    ):
        snapshot = take(code=code, on=dt.date(2020, 10, 9))
        county = snapshot.rows.get(reading="school_area", area_code="529901")
        assert (county.numerator, county.denominator) == numbers
    row = SnapshotRow.objects.get(snapshot=Snapshot.objects.get(code="rotation_backbone"), school=quality)
    client.force_login(leader)
    names = client.get(f"{reverse('indicators:names', args=[row.pk])}?part=numerator").content.decode()
    assert ("老1" in names, "老0" in names) == (True, False)
    assert client.get(reverse("indicators:detail", args=["rotation_staff"])).status_code == 200
    assert SnapshotMember.objects.filter(code="rotation_eligible").count() == 10


def test_what_is_changed_after_the_final_value_is_found(staffed, quality, qingshi, on_day):
    on_day("2021-09-02")
    snapshot = take(code="rotation_staff", on=dt.date(2021, 8, 31), is_final=True)
    old, _ = staffed
    from teachers.actions.deployment import NewDeployment, record_past
    from tests.teachers.deploying import Actor

    new = NewDeployment(old[5].pk, "exchange", qingshi.pk, SINCE, UNTIL, "补录", "云教人〔2020〕3号")
    record_past(by=Actor(1, "刘人事", ""), rows=[new])
    assert history.check(snapshot) == 1
    assert ChangedMember.objects.get().subject == str(old[5].pk)


def test_pages_take_the_same_queries_for_one_and_for_twenty_schools(client, officer, staffed, quality):
    client.force_login(officer)
    pages = [f"{PAGE}?year=2020", f"{DUE}?year=2020", reverse("teachers:rotation_due_export") + "?year=2020"]

    def queries():
        counts = []
        for page in pages:
            with CaptureQueriesContext(connection) as caught:
                assert client.get(page).status_code == 200
            counts.append(len(caught))
        return counts

    queries()
    few = queries()
    for number in range(20):
        school = factories.school(f"优质{number}")
        teachers.place(school, is_quality=True)
        teachers.teacher(f"优{number}", at=school, since=dt.date(2010, 9, 1))
    assert queries() == few
