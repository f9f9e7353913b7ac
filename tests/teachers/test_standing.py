"""职称、评优倾斜 by rural years and a stated rule; pay not below that of local civil servants, for few eyes."""

import datetime as dt
from io import BytesIO

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.audit.models import AccessEvent, AuditEvent
from povertyedu.workbooks.writing import write_table
from teachers.actions import care
from teachers.models import CivilPay, TeacherPay, TiltEntry, TiltList
from tests import factories
from tests.factories import teachers
from tests.imports.conftest import run  # noqa: F401  the import command on bytes

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
PAY = reverse("teachers:pay")


@pytest.fixture
def town(db):
    return factories.school("城关镇第一小学", setting="urban")


def test_rural_years_give_points_by_the_rule_and_the_rural_share_is_shown(
    client, personnel, xiazhai, town, on_day
):
    """Rural from 1 September 2015 to 20 October 2020: 61 whole months, 5 years, 5 points of at most 4."""
    on_day("2020-10-20")
    rural = teachers.teacher("王芳", xiazhai, since=dt.date(2015, 9, 1))
    moved = teachers.teacher("李明")
    teachers.post(moved, xiazhai, since=dt.date(2017, 9, 1), until=dt.date(2019, 8, 31))
    teachers.post(moved, town, since=dt.date(2019, 9, 1))
    never = teachers.teacher("张红", town)
    client.force_login(personnel)
    rule = {
        "kind": "title", "name": "高级教师", "year": "2020", "document": "云人社〔2020〕3号第四条", "points_per_year": "1", "most_points": "4",
        "needed_months": "12",
    }  # fmt: skip
    assert client.post(reverse("teachers:tilt_new"), rule).status_code == 302
    found = TiltList.objects.get()
    for who, base in ((rural, "80"), (moved, "82"), (never, "83.5")):
        assert (
            client.post(
                reverse("teachers:tilt_candidate_new", args=[found.pk]),
                {"teacher": who.code, "base_points": base},
            ).status_code
            == 302
        )
    page = client.get(found.get_absolute_url())
    assert [(e.teacher.name, e.rural_months, e.rural_points, e.points, e.is_rural) for e in page.context["entries"]] == [
        ("王芳", 61, 400, 8_400, True), ("李明", 23, 100, 8_300, False), ("张红", 0, 0, 8_350, False),
    ][:1] + [("张红", 0, 0, 8_350, False), ("李明", 23, 100, 8_300, False)]  # fmt: skip
    assert page.context["share"] == {"candidates": 3, "rural": 1, "chosen": 0, "rural_chosen": 0}
    keys = {e.teacher.name: e.pk for e in page.context["entries"]}
    short = client.post(found.get_absolute_url(), {"chosen": [keys["张红"]]}, follow=True)
    assert "不到要求的 12 个月" in short.content.decode()
    client.post(found.get_absolute_url(), {"chosen": [keys["王芳"], keys["李明"]]})
    shown = client.get(reverse("teachers:tilts")).content.decode()
    assert ("已定榜" in shown, "50.0%" in shown) == (True, True)
    with pytest.raises(IntegrityError), transaction.atomic():
        TiltEntry.objects.update(rural_points=1_000)


def test_corrected_rule_is_reckoned_in_the_same_queries_for_two_and_for_thirty(personnel, xiazhai, on_day):
    on_day("2020-10-20")
    by = personnel.as_actor()
    tilt = TiltList(
        kind="award",
        name="优秀教师",
        year=2020,
        document="云教〔2020〕1号",
        points_per_year=50,
        most_points=300,
    )
    care.keep_tilt(by=by, tilt=tilt)

    def queries(points: int) -> int:
        tilt.points_per_year = points
        with CaptureQueriesContext(connection) as made:
            care.keep_tilt(by=by, tilt=tilt)
        assert {entry.rural_points for entry in tilt.entries.all()} == {points * 5}
        return len(made)

    for number in (2, 28):
        who = [teachers.teacher(f"师{each}", xiazhai, since=dt.date(2015, 9, 1)) for each in range(number)]
        care.put_up_all(by=by, tilt=tilt, candidates=[(each, 0) for each in who])
        if number == 2:
            few = queries(10)
    assert queries(20) == few


def test_school_sees_only_its_own_candidates(client, school_head, clerk, personnel, xiazhai, town, on_day):
    on_day("2020-10-20")
    client.force_login(personnel)
    found = TiltList.objects.create(
        kind="award",
        name="优秀教师",
        year=2020,
        document="云教〔2020〕1号",
        points_per_year=50,
        most_points=300,
    )
    for who in (teachers.teacher("王芳", xiazhai), teachers.teacher("张红", town)):
        client.post(
            reverse("teachers:tilt_candidate_new", args=[found.pk]), {"teacher": who.code, "base_points": "0"}
        )
    for user in (school_head, clerk):
        client.force_login(user)
        assert [e.teacher.name for e in client.get(found.get_absolute_url()).context["entries"]] == ["王芳"]
        assert client.post(found.get_absolute_url(), {"chosen": []}).status_code == 403


def figures():
    CivilPay.objects.create(
        year=2019, counterpart="全体公务员", average_fen=8_000_000, document="统计年报 2019"
    )
    CivilPay.objects.create(
        year=2019, title="first", counterpart="四级主任科员", average_fen=7_500_000, document="统计年报 2019"
    )


def test_average_pay_stands_beside_civil_servants_with_the_gap_in_all_and_per_grade(
    client, personnel, xiazhai
):
    """(75,000.00 + 80,000.01 + 90,000.00) / 3 = 81,666.67 against 80,000; 一级: 77,500.01 against 75,000; 高级 has no figure."""
    figures()
    for name, title, fen in (
        ("王芳", "first", 7_500_000),
        ("李明", "first", 8_000_001),
        ("张红", "senior", 9_000_000),
    ):
        TeacherPay.objects.create(
            teacher=teachers.teacher(name, xiazhai), year=2019, title=title, total_fen=fen
        )
    client.force_login(personnel)
    page = client.get(PAY)
    assert [(r.label, r.teachers, r.average_fen, r.civil_fen, r.gap_fen, r.standing[1]) for r in page.context["rows"]] == [
        ("全体教师", 3, 8_166_667, 8_000_000, 166_667, "不低于"),
        ("高级", 1, 9_000_000, None, None, "没有数据"),
        ("一级", 2, 7_750_001, 7_500_000, 250_001, "不低于"),
    ]  # fmt: skip
    CivilPay.objects.filter(title="").update(average_fen=8_200_000)
    low = client.get(PAY, {"year": "2019"})
    assert (low.context["rows"][0].gap_fen, "-333.33" in low.content.decode().replace(",", "")) == (
        -33_333,
        True,
    )


def test_pay_is_for_few_eyes_and_each_opening_is_logged(
    client, personnel, finance, clerk, school_head, leader, approver, xiazhai
):
    figures()
    for user in (clerk, school_head, leader, approver):
        client.force_login(user)
        assert client.get(PAY).status_code == 403
    assert AccessEvent.objects.count() == 0
    for user in (personnel, finance):
        client.force_login(user)
        client.get(PAY)
    assert [(e.by_name, e.fields) for e in AccessEvent.objects.order_by("pk")] == [
        ("唐人事", "2019 年教师平均工资收入"), ("王会计", "2019 年教师平均工资收入"),
    ]  # fmt: skip


def test_figures_are_entered_and_corrected(client, personnel, xiazhai):
    client.force_login(personnel)
    assert "登记公务员数据" in client.get(PAY).content.decode()
    data = {
        "year": "2019",
        "title": "",
        "counterpart": "全体公务员",
        "average_fen": "80000",
        "document": "统计年报",
    }
    assert client.post(reverse("teachers:civil_new"), data).status_code == 302
    again = client.post(reverse("teachers:civil_new"), data)
    assert (again.status_code, "已有一条" in again.content.decode()) == (422, True)
    client.post(
        reverse("teachers:civil_edit", args=[CivilPay.objects.get().pk]), data | {"average_fen": "81000"}
    )
    assert CivilPay.objects.get().average_fen == 8_100_000
    wang = teachers.teacher("王芳", xiazhai)
    for total in ("76000", "77000.50"):
        client.post(
            reverse("teachers:teacher_pay_new"), {"teacher": wang.code, "year": "2019", "total_fen": total}
        )
    assert TeacherPay.objects.get().total_fen == 7_700_050
    assert "77000" not in str(list(AuditEvent.objects.values())).replace(",", "")


def test_pay_comes_by_workbook_with_its_faults_told(run, personnel, xiazhai):  # noqa: F811
    wang = teachers.teacher("王芳", xiazhai)
    head = ["工号", "姓名", "年度", "全年工资收入"]
    rows = [
        [wang.code, "王芳", "2019", "76,500.50"],
        ["T99999", "无人", "2019", "1"],
        [wang.code, "李四", "2018", "9"],
    ]

    def take_in(lines) -> dict:
        out = BytesIO()
        write_table(out, head, lines)
        return run("teacher-pay", out.getvalue())

    counts = take_in(rows)
    assert (counts["created"], counts["rejected"], TeacherPay.objects.get().total_fen) == (1, 2, 7_650_050)
    assert take_in(rows[:1])["unchanged"] == 1
    assert take_in([[wang.code, "王芳", "2019", "77000"]])["updated"] == 1
    assert TeacherPay.objects.get().total_fen == 7_700_000
