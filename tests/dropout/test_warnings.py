"""预警: points a county sets, added up by hand for each child; what changed is told by day; queries do not grow."""

import datetime as dt
import io

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from dropout.actions.attendance import Why, save_day
from dropout.actions.cases import open_case
from dropout.actions.warnings import score_daily, score_term, take_usual
from dropout.models import WarningRule, WarningScore
from dropout.queries.warnings import priorities
from povertyedu.audit.models import AccessEvent, AuditEvent
from povertyedu.workflow.flow import SYSTEM
from students.models import Guardian, HardshipStatus
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
LIST, RULES = reverse("dropout:warnings"), reverse("dropout:warning_rules")
TUESDAY = dt.date(2020, 9, 1)
DAY = dt.timedelta(days=1)


@pytest.fixture
def clock(monkeypatch):
    def set_to(day: dt.date) -> None:
        monkeypatch.setattr(timezone, "localdate", lambda *_: day)

    set_to(dt.date(2020, 9, 30))
    return set_to


@pytest.fixture
def usual(basic, clock):
    take_usual(by=basic.as_actor())


def away(child, days: int, *, excused: bool = False, first: dt.date = TUESDAY) -> None:
    enrolment = child.enrolments.get()
    why = Why("ill", True) if excused else Why("unknown", False)
    for number in range(days):
        save_day(
            by=SYSTEM, school_class=enrolment.school_class, term=enrolment.term, date=first + number * DAY,
            absences={child.pk: why}, seen=0, confirmed=True,
        )  # fmt: skip


def shown(child) -> tuple[int, str, list[str]]:
    score = WarningScore.objects.current().get(student=child)
    return score.points, score.level, [item["words"] for item in score.items]


def test_each_point_is_explained_and_the_highest_band_counts(usual, clock, autumn, xiazhai):
    # born in May 2006: 14 on 31 August 2020; in grade five 10 is usual
    luona = factories.student(
        "罗娜", at=xiazhai, during=autumn, categories=1 + 64, birth_date=dt.date(2006, 5, 1)
    )
    away(luona, 6)
    quiet = factories.student(
        "杨二", at=xiazhai, during=autumn, class_name="2班", birth_date=dt.date(2010, 5, 1)
    )
    score_term(autumn)
    assert shown(luona) == (60, "high", [
        "没有准假的缺勤 6天（满 6天，20 分）", "困难类型：建档立卡、孤儿（满 2种，20 分）", "比同年级大 4岁（满 3岁，20 分）",
    ])  # fmt: skip
    assert priorities(autumn) == {luona.pk: 60}
    assert not WarningScore.objects.filter(student=quiet).exists()


def test_sibling_of_the_household_or_of_one_guardian_counts(usual, autumn, xiazhai):
    out, brother, cousin, stranger = (
        factories.student(name, at=xiazhai, during=autumn, class_name=name)
        for name in ("离校", "弟弟", "同监护人", "旁人")
    )
    house = factories.household()
    for child in (out, brother):
        HardshipStatus.objects.create(
            id_hash=child.id_hash, name=child.name, category=1, since=dt.date(2019, 1, 1), source="poverty_office", household=house
        )  # fmt: skip
    Guardian.objects.filter(student__in=[out, cousin]).update(id_hash="same")
    open_case(by=SYSTEM, student=out, term=autumn, origin="screening", kind="suspected", since=TUESDAY)
    score_term(autumn)
    assert priorities(autumn) == {brother.pk: 30, cousin.pk: 30}
    assert shown(brother)[2] == ["同户或同一监护人的孩子有控辍个案 1人（满 1人，30 分）"]
    assert not WarningScore.objects.filter(student=stranger).exists()


def test_marks_and_distance_come_from_facts_of_the_county(basic, client, clock, autumn, xiazhai):
    factories.county_fact("marks", "期中平均分", "number")
    factories.county_fact("distance_km", "离校公里", "number")
    client.force_login(basic)
    new = reverse("dropout:warning_rule_new")
    answer = client.post(new, {"factor": "marks", "threshold": 59, "points": 15})
    assert (answer.status_code, "要选从哪个县定信息项取" in answer.content.decode()) == (422, True)
    for rule in (
        {"factor": "marks", "fact": "marks", "threshold": 59, "points": 15},
        {"factor": "distance", "fact": "distance_km", "threshold": 5, "points": 7},
    ):
        assert client.post(new, rule).status_code == 302
    low, high, unknown = (
        factories.student(name, at=xiazhai, during=autumn) for name in ("低分", "高分", "没有成绩")
    )
    low.enrolments.update(facts={"marks": 59, "distance_km": 5})
    high.enrolments.update(facts={"marks": 60, "distance_km": 4})
    score_term(autumn)
    assert shown(low) == (22, "watch", ["期中平均分 59（不超过 59，15 分）", "离校公里 5（满 5，7 分）"])
    assert set(priorities(autumn)) == {low.pk}
    assert unknown.pk not in priorities(autumn)


def test_change_is_told_by_day_and_the_same_day_is_worked_out_once(usual, clock, autumn, xiazhai):
    child = factories.student("罗娜", at=xiazhai, during=autumn)
    away(child, 3)
    assert (score_daily(), score_daily()) == (1, 0)
    clock(dt.date(2020, 10, 1))
    assert score_daily() == 0
    away(child, 3, first=TUESDAY + 3 * DAY)
    clock(dt.date(2020, 10, 2))
    assert score_daily() == 1
    rows = WarningScore.objects.order_by("since").values_list("points", "since", "until")
    assert list(rows) == [
        (10, dt.date(2020, 9, 30), dt.date(2020, 10, 1)), (20, dt.date(2020, 10, 2), None),
    ]  # fmt: skip
    child.enrolments.update(status="left")
    clock(dt.date(2020, 10, 3))
    score_daily()
    assert not WarningScore.objects.current().exists()


def test_county_changes_figures_with_a_history_and_scores_follow(
    client, usual, basic, clerk, clock, autumn, xiazhai
):
    child = factories.student("罗娜", at=xiazhai, during=autumn)
    away(child, 3)
    score_daily()
    rule = WarningRule.objects.get(factor="absence", threshold=3)
    client.force_login(clerk)
    assert client.get(RULES).status_code == 200
    assert client.post(reverse("dropout:warning_rule_remove", args=[rule.pk])).status_code == 403
    client.force_login(basic)
    address = reverse("dropout:warning_rule", args=[rule.pk])
    same = {"factor": "absence", "threshold": 6, "points": 10}
    assert client.post(address, same).status_code == 422  # six is another band already
    assert client.post(address, {"factor": "absence", "threshold": 3, "points": 25}).status_code == 302
    event = AuditEvent.objects.filter(action="warning_rule.update").get()
    assert event.changes == {"points": ["10", "25"]}
    score_daily()
    assert shown(child)[:2] == (25, "watch")


def test_list_tells_why_and_is_printed_and_exported(
    client, usual, basic, leader, neighbour, autumn, xiazhai, qingshi
):
    child = factories.student("罗娜", at=xiazhai, during=autumn, categories=3)
    factories.student("不到线", at=xiazhai, during=autumn, categories=1)
    score_term(autumn)
    client.force_login(leader)
    page = client.get(LIST)
    assert [(score.points, it.student.name) for score, it, _ in page.context["rows"]] == [(20, "罗娜")]
    assert "困难类型：建档立卡、残疾（满 2种，20 分）" in page.content.decode()
    assert client.get(LIST, {"level": "high"}).context["rows"] == []
    assert client.get(LIST, {"school": xiazhai.pk, "print": "1"}).context["rows"]
    assert client.get(LIST, {"after": "x-y"}).status_code == 200
    answer = client.post(reverse("dropout:warnings_export"))
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert any("罗娜" in [cell.value for cell in row] for row in book.active.iter_rows())
    assert AccessEvent.objects.get().fields == "预警名单 1 人；全部"
    client.force_login(neighbour)
    assert client.get(LIST).context["rows"] == []
    panel = reverse("dropout:attendance_panel", args=[child.pk])
    assert client.get(panel).status_code == 404
    client.force_login(basic)
    assert "困难类型：建档立卡、残疾" in client.get(panel, headers={"HX-Request": "true"}).content.decode()


def test_queries_do_not_grow_with_children(usual, client, basic, autumn, xiazhai):
    def queries(children: int) -> tuple[int, int]:
        for number in range(children):
            factories.student(f"学生{number}", at=xiazhai, during=autumn, categories=3)
        with CaptureQueriesContext(connection) as worked:
            score_term(autumn)
        client.force_login(basic)
        with CaptureQueriesContext(connection) as listed:
            client.get(LIST)
        return len(worked), len(listed)

    queries(1)  # the first run of a day is recorded as new
    assert queries(2) == queries(15)
