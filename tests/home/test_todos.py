"""To-dos are counted all at once, and as each kind alone would be."""

import pytest
from django.db.models import Min

from povertyedu.accounts.permissions import ROLES
from povertyedu.home.todos import DUTIES, todos_of
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
PLACES = {"county": factories.county, "township": factories.township, "village": factories.village}


@pytest.fixture
def busy(xiazhai, autumn, monkeypatch):
    """A school day in the term whose classes have no attendance yet, and an absence nobody has asked after."""
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *_: autumn.starts_on)
    children = [factories.student(name, at=xiazhai, during=autumn) for name in ("罗娜", "韦丽")]
    return children[0].enrolments.get().school_class


def place_of(role: str, school, school_class):
    kind = ROLES[role].places[0]
    if kind in PLACES:
        return PLACES[kind]()
    return school_class if kind == "class" else school


@pytest.mark.parametrize("role", [role.value for role in ROLES])
def test_all_duties_together_are_what_each_is_alone(role, busy, xiazhai):
    user = factories.user("某人", (role, place_of(role, xiazhai, busy)), username=f"one-{role}")
    alone = {}
    for duty in DUTIES:
        if user.can(duty.permission):
            rows = duty.rows(user)
            if count := rows.count():
                since = rows.aggregate(since=Min(duty.since))["since"]
                alone[duty.text] = (count, getattr(since, "date", lambda since=since: since)())

    together = {
        todo.text: (todo.count, getattr(todo.since, "date", lambda: None)()) for todo in todos_of(user)
    }

    counted = {text: found for text, found in together.items() if text in {duty.text for duty in DUTIES}}
    assert {text: count for text, (count, _) in counted.items()} == {
        text: count for text, (count, _) in alone.items()
    }
    assert {text: day for text, (_, day) in counted.items() if day} == {
        text: day for text, (_, day) in alone.items() if day
    }


def test_all_duties_are_counted_in_one_query(busy, xiazhai, django_assert_max_num_queries):
    teacher = factories.user("罗雪", ("class_teacher", busy), username="teacher")
    teacher.scope("enter_attendance")  # grants are read once for each request

    with django_assert_max_num_queries(5) as asked:  # four ask for the term under way and its calendar
        todos = todos_of(teacher)

    assert [todo.text for todo in todos] == ["今天还没有登记考勤的班级"]
    assert len([query for query in asked.captured_queries if "UNION ALL" in query["sql"]]) == 1
