"""考勤: a class's day entered once, corrected with a history, by two at once, without worker; who was not asked after."""

import datetime as dt
import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from dropout.actions.attendance import Why, save_day
from dropout.models import Absence, AbsenceChange, AbsenceRun, ClassDay, FollowUp
from povertyedu.audit.models import AccessEvent, AuditEvent
from povertyedu.celery import app
from povertyedu.home.todos import todos_of
from povertyedu.jobs.models import Job
from povertyedu.orgs.models import CalendarDay
from povertyedu.workflow.flow import Actor
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
MONDAY = dt.date(2020, 9, 7)
DAY = dt.timedelta(days=1)
OVERVIEW, EXCEPTIONS, RUNS = (reverse(f"dropout:{name}") for name in ("attendance", "follow_ups", "runs"))


@pytest.fixture(autouse=True)
def on_monday(monkeypatch):
    """The county's date is a Monday; ``on_monday(3)`` makes it the Thursday."""

    def later(days: int) -> None:
        monkeypatch.setattr(timezone, "localdate", lambda *_: MONDAY + days * DAY)

    later(0)
    return later


@pytest.fixture
def children(xiazhai, autumn):
    return [factories.student(name, at=xiazhai, during=autumn) for name in ("罗娜", "杨二", "何欣")]


@pytest.fixture
def five(children):
    """五年级1班, the children's class."""
    return children[0].enrolments.get().school_class


@pytest.fixture
def teacher(five):
    return factories.user("罗雪", ("class_teacher", five), username="teacher")


def address(school_class, day: dt.date | None = None) -> str:
    page = reverse("dropout:attendance_day", args=[school_class.pk])
    return f"{page}?date={day}" if day else page


def marks(version: int = 0, **by_child) -> dict:
    return {"seen": version} | {name.replace("_", "-"): value for name, value in by_child.items()}


def post(client, school_class, data: dict, day: dt.date | None = None):
    return client.post(address(school_class, day), data)


def rows() -> list[tuple]:
    found = Absence.objects.order_by("date", "pk").values_list("student__name", "date", "reason", "excused")
    return list(found)


def test_teacher_comes_straight_to_the_class_and_enters_today_in_one_save(client, teacher, five, children):
    client.force_login(teacher)
    assert client.get(OVERVIEW).url == address(five)
    page = client.get(address(five))
    assert [mark.name for mark in page.context["form"].marks] == sorted(["罗娜", "杨二", "何欣"])
    luona, yang, _ = children
    data = marks(**{f"r_{luona.pk}": "ill", f"r_{yang.pk}": "personal", f"d_{yang.pk}": "on"})
    saved = client.post(address(five), data, follow=True)
    assert "已登记 2020-09-07（星期一）：应到 3 人，缺勤 2 人。" in saved.content.decode()
    assert rows() == [("罗娜", MONDAY, "ill", True), ("杨二", MONDAY, "personal", False)]
    day = ClassDay.objects.get()
    assert (day.enrolled, day.absent, day.entered_by) == (3, 2, "罗雪")
    assert [one.student for one in saved.context["unasked"]] == [yang]  # the next step
    again = client.post(address(five), data | {"seen": 0}, follow=True)
    assert "没有改动" in again.content.decode()
    assert (ClassDay.objects.get().version, len(rows()), AbsenceChange.objects.count()) == (1, 2, 0)


def test_correction_is_kept_with_who_and_what(client, teacher, clerk, five, children):
    luona, yang, _ = children
    client.force_login(teacher)
    post(client, five, marks(**{f"r_{luona.pk}": "unknown", f"d_{luona.pk}": "on"}))
    assert rows() == [("罗娜", MONDAY, "unknown", False)]
    client.force_login(clerk)
    page = client.post(address(five, MONDAY), marks(1, **{f"r_{yang.pk}": "ill"}), follow=True)
    assert "已更正 2020-09-07（星期一） 2 名学生的考勤" in page.content.decode()
    assert [(c.student.name, c.old, c.new, c.by_name) for c in page.context["changes"]] == [
        ("杨二", "", "病假", "杨丽"), ("罗娜", "未到且未联系上", "", "杨丽"),
    ]  # fmt: skip
    assert not AbsenceRun.objects.exists()
    assert list(AuditEvent.objects.filter(action__startswith="attendance").values_list("action", "changes")) == [
        ("attendance.correct", {"absent": ["1", "1"]}), ("attendance.enter", {"absent": ["", "1"]}),
    ]  # fmt: skip


def test_who_saves_over_another_reads_first_what_that_one_entered(client, teacher, clerk, five, children):
    luona, yang, _ = children
    client.force_login(teacher)
    post(client, five, marks(**{f"r_{luona.pk}": "ill"}))
    client.force_login(clerk)
    late = post(client, five, marks(**{f"r_{yang.pk}": "ill"}))
    assert late.status_code == 422
    assert "罗雪在" in late.content.decode()
    assert "刚登记了这一天，缺勤 1 人：罗娜 病假" in late.content.decode()
    assert [mark.chosen for mark in late.context["form"].marks if mark.name == "杨二"] == ["ill"]
    assert rows() == [("罗娜", MONDAY, "ill", True)]
    version = late.context["form"]["seen"].value()
    assert post(client, five, marks(int(version), **{f"r_{yang.pk}": "ill"})).status_code == 302
    assert rows() == [("杨二", MONDAY, "ill", True)]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one writer at a time begin at all")
@pytest.mark.django_db(transaction=True)
def test_two_who_save_in_the_same_moment_leave_one_day(five, children, autumn):
    refused = []

    def save(name: str, child) -> None:
        save_day(
            by=Actor(1, name, "班主任"), school_class=five, term=autumn, date=MONDAY, absences={child.pk: Why("ill", True)}, seen=0
        )  # fmt: skip

    def second() -> None:
        try:
            save("何勇", children[1])
        except ValidationError as refusal:
            refused.extend(refusal.messages)
        finally:
            connection.close()

    other = threading.Thread(target=second)
    with transaction.atomic():
        save("杨丽", children[0])
        other.start()
        other.join(timeout=1)
    other.join(timeout=20)
    assert len(refused) == 1
    assert "杨丽在" in refused[0]
    assert rows() == [("罗娜", MONDAY, "ill", True)]


@pytest.mark.parametrize(
    ("day", "told"),
    [
        (MONDAY + DAY, "还没有到，不能提前登记考勤"),
        (dt.date(2020, 8, 31), "不在2020—2021学年 秋季学期"),
        (MONDAY - DAY, "按校历不上课"),  # a Sunday
        (dt.date(2020, 9, 3), "按校历不上课"),  # the county's own holiday
    ],
)
def test_day_that_cannot_be_is_refused_in_words(client, teacher, five, day, told):
    CalendarDay.objects.create(date=dt.date(2020, 9, 3), is_working=False, note="州庆")
    client.force_login(teacher)
    answer = post(client, five, marks(), day)
    assert (answer.status_code, told in answer.content.decode()) == (422, True)
    assert not ClassDay.objects.exists()
    if told == "按校历不上课":
        assert post(client, five, marks(confirmed="on"), day).status_code == 302


def test_bad_marks_and_closed_terms_write_nothing(client, teacher, five, children, autumn):
    client.force_login(teacher)
    assert post(client, five, marks(**{f"r_{children[0].pk}": "gone"})).status_code == 422
    assert client.post(address(five), {}).status_code == 422
    assert client.get(address(five) + "?date=x").status_code == 404
    autumn.is_closed = True
    autumn.save()
    answer = post(client, five, marks())
    assert (answer.status_code, "已关闭" in answer.content.decode()) == (422, True)
    assert not ClassDay.objects.exists()


def test_entry_moves_the_clock_with_worker_and_queue_down(
    client, teacher, five, children, settings, monkeypatch
):
    monkeypatch.setattr(app.conf, "broker_url", "redis://127.0.0.1:1/0")  # nobody listens there
    client.force_login(teacher)
    assert post(client, five, marks(**{f"r_{children[0].pk}": "unknown"})).status_code == 302
    run = AbsenceRun.objects.get()
    assert (run.days, run.get_step_display(), Job.objects.count()) == (1, "班主任联系", 0)


def test_neighbour_and_others_classes_are_not_found(
    client, neighbour, teacher, five, children, qingshi, autumn
):
    other = factories.student("邻居", at=qingshi, during=autumn).enrolments.get().school_class
    for user, page in ((neighbour, five), (teacher, other)):
        client.force_login(user)
        assert client.get(address(page)).status_code == 404
        assert post(client, page, marks()).status_code == 404
    client.force_login(neighbour)
    assert client.get(reverse("dropout:follow_up_new", args=[children[0].pk])).status_code == 404


def test_absence_without_a_contact_is_an_exception_until_one_is_registered(
    client, teacher, basic, five, children, on_monday
):
    luona, yang, _ = children
    client.force_login(teacher)
    post(client, five, marks(**{f"r_{luona.pk}": "unknown", f"r_{yang.pk}": "ill"}))
    client.force_login(basic)
    page = client.get(EXCEPTIONS)
    assert [(row.enrolment.student, row.days) for row in page.context["rows"]] == [(luona, 1)]
    assert [(row["name"], row["children"]) for row, _ in page.context["schools"]] == [("城关镇下寨小学", 1)]
    client.force_login(teacher)
    assert "缺勤未跟进的学生" in [todo.text for todo in todos_of(teacher)]
    contact = {
        "on": "2020-09-07",
        "person": "罗雪",
        "whom": "罗丽浩",
        "way": "phone",
        "result": "will_return",
    }
    form = reverse("dropout:follow_up_new", args=[luona.pk])
    for wrong, told in (
        ({"return_on": ""}, "请填写返校日期"), ({"return_on": "2020-09-07"}, "应在联系日期以后"),
        ({"on": "2020-09-08", "return_on": "2020-09-10"}, "联系日期还没有到"), ({"way": "x"}, "选择"),
    ):  # fmt: skip
        answer = client.post(form, contact | {"return_on": "2020-09-10"} | wrong)
        assert (answer.status_code, told in answer.content.decode()) == (422, True)
    for _ in range(2):
        assert (
            client.post(
                form, contact | {"return_on": "2020-09-10", "note": "发烧", "thoughts": "weary"}
            ).status_code
            == 302
        )
    assert FollowUp.objects.count() == 1
    assert client.get(EXCEPTIONS).context["rows"] == []
    assert not AccessEvent.objects.exists()
    text = client.get(form).content.decode()  # what was noted is opened
    assert ("厌学</td>" in text, AccessEvent.objects.get().fields) == (True, "缺勤跟进情况说明、思想状态")
    for days in (1, 2, 3):  # promised for Thursday: Tuesday and Wednesday are accounted for
        on_monday(days)
        post(client, five, marks(**{f"r_{luona.pk}": "unknown"}))
    assert [(row.days, row.first_on) for row in client.get(EXCEPTIONS).context["rows"]] == [
        (1, MONDAY + 3 * DAY)
    ]


def test_overview_tells_which_classes_have_not_entered(
    client, basic, clerk, teacher, five, children, qingshi, autumn
):
    factories.student("邻居", at=qingshi, during=autumn)
    client.force_login(teacher)
    post(client, five, marks(**{f"r_{children[0].pk}": "ill"}))
    client.force_login(basic)
    page = client.get(OVERVIEW)
    assert [(row.name, row.classes, row.missing, row.absent) for row, _ in page.context["places"]] == [
        ("城关镇", 1, 0, 1), ("青石镇", 1, 1, 0),
    ]  # fmt: skip
    page = client.get(OVERVIEW, {"township": "529901101"})
    assert [(row.name, row.missing) for row, _ in page.context["places"]] == [("青石镇中心小学", 1)]
    page = client.get(OVERVIEW, {"school": qingshi.pk})
    assert [(str(one), day) for one, day in page.context["classes"]] == [("五年级1班", None)]
    assert "未登记" in page.content.decode()
    client.force_login(clerk)
    assert [todo.text for todo in todos_of(clerk)] == []
    ClassDay.objects.all().delete()
    assert "今天还没有登记考勤的班级" in [todo.text for todo in todos_of(clerk)]
    assert "今天还没有登记" in client.get("/").content.decode()


def test_run_list_names_days_next_step_and_who_was_told(client, basic, teacher, five, children, on_monday):
    client.force_login(teacher)
    for days in (0, 1, 2):
        on_monday(days)
        post(client, five, marks(**{f"r_{children[0].pk}": "unknown"}))
    client.force_login(basic)
    page = client.get(RUNS)
    row = page.context["rows"][0]
    assert (row.enrolment.student, row.run.days, row.out, row.next_words) == (
        children[0], 3, 3, "2020-09-14 起为疑似辍学",
    )  # fmt: skip
    assert row.last_step.told == ["宋静", "罗雪"]
    assert [(tab["text"], tab["count"]) for tab in page.context["tabs"] if tab["count"]] == [
        ("全部", 1),
        ("上报县局", 1),
    ]
    assert client.get(RUNS, {"step": "1"}).context["rows"] == []
    assert client.get(RUNS, {"print": "1"}).context["rows"][0].run == row.run


def test_queries_do_not_grow_with_children_or_classes(client, basic, clerk, xiazhai, autumn, on_monday):
    def queries(*addresses: str) -> list[int]:
        counts = []
        for page in addresses:
            with CaptureQueriesContext(connection) as captured:
                assert client.get(page).status_code == 200
            counts.append(len(captured))
        return counts

    def fill(classes: int, children: int) -> str:
        for number in range(classes):
            made = [
                factories.student(f"学生{each}", at=xiazhai, during=autumn, class_name=f"{number}班")
                for each in range(children)
            ]
            one = made[0].enrolments.get().school_class
            known = ClassDay.objects.filter(school_class=one).first()
            save_day(
                by=clerk.as_actor(), school_class=one, term=autumn, date=MONDAY,
                absences={child.pk: Why("unknown", False) for child in made} | _present(known), seen=known.version if known else 0,
            )  # fmt: skip
        return address(one, MONDAY)

    client.force_login(basic)
    few = queries(fill(1, 1), OVERVIEW, f"{OVERVIEW}?school={xiazhai.pk}", EXCEPTIONS, RUNS)
    many = queries(fill(4, 8), OVERVIEW, f"{OVERVIEW}?school={xiazhai.pk}", EXCEPTIONS, RUNS)
    assert many == few


def _present(day: ClassDay | None) -> dict:
    return {each.student_id: Why(each.reason, each.excused) for each in day.absences.all()} if day else {}
