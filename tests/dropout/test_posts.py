"""任职: put in office, replaced, ended, with an audit row each; two never share a day."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from dropout.actions import posts
from dropout.models import Post
from povertyedu.audit.models import AuditEvent
from povertyedu.orgs.models import Person
from tests import factories

from .conftest import phone_of, whom

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


@pytest.fixture
def hongxing(db):
    return factories.village()


def spans() -> list[tuple[str, str, str]]:
    rows = Post.objects.order_by("since", "pk").select_related("person")
    return [(post.person.name, f"{post.since}", f"{post.until or ''}") for post in rows]


def test_whoever_follows_ends_the_one_before_on_the_day_before(linxia, put, hongxing):
    put(linxia["村干部包户"], hongxing, "韦明", "2020-09-01", title="村支书")
    put(linxia["村干部包户"], hongxing, "王强", "2021-03-01")
    assert spans() == [("韦明", "2020-09-01", "2021-02-28"), ("王强", "2021-03-01", "")]
    made = list(AuditEvent.objects.order_by("pk").values_list("action", "by_name"))
    assert made[-5:] == [
        ("person.create", "宋静"), ("post.appoint", "宋静"), ("post.end", "宋静"), ("person.create", "宋静"), ("post.appoint", "宋静"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("since", "until"), [("2020-09-01", ""), ("2020-08-01", ""), ("2021-08-31", "2021-12-31")]
)
def test_days_that_another_has_are_refused_and_nothing_is_written(linxia, put, hongxing, since, until):
    put(linxia["村干部包户"], hongxing, "韦明", "2020-09-01", "2021-08-31")
    with pytest.raises(ValidationError, match="与韦明的任期（2020-09-01 至 2021-08-31）重叠"):
        put(linxia["村干部包户"], hongxing, "王强", since, until)
    assert spans() == [("韦明", "2020-09-01", "2021-08-31")]
    assert not Person.objects.filter(name="王强").exists()


def test_terms_may_follow_each_other_and_precede_what_is_known(linxia, put, hongxing):
    put(linxia["村干部包户"], hongxing, "韦明", "2020-09-01", "2021-08-31")
    put(linxia["村干部包户"], hongxing, "王强", "2021-09-01")
    put(linxia["村干部包户"], hongxing, "石磊", "2019-09-01", "2020-08-31")
    assert [name for name, *_ in spans()] == ["石磊", "韦明", "王强"]


def test_person_of_the_same_name_and_phone_is_the_same(linxia, put, hongxing):
    known = Person.objects.create(name="韦明", phone=phone_of("韦明"), title="村主任")
    Person.objects.create(name="韦明", phone="13900000009")
    post = put(linxia["村干部包户"], hongxing, "韦明", title="村支书")
    known.refresh_from_db()
    assert (post.person, known.title, Person.objects.count()) == (known, "村支书", 2)


def test_new_person_works_where_the_place_is(linxia, put, hongxing, xiazhai):
    cadre = put(linxia["村干部包户"], hongxing, "韦明").person
    head = put(linxia["校长包班级"], factories.school_class(xiazhai), "吴国强").person
    assert (cadre.area, cadre.school, head.area, head.school) == (hongxing, None, None, xiazhai)


def test_homeroom_link_takes_nobody(linxia, put, xiazhai):
    with pytest.raises(ValidationError, match="请在“学校班级”里指定班主任"):
        put(linxia["班主任包学生"], factories.school_class(xiazhai), "罗雪")


def test_end_is_kept_with_its_reason_and_is_not_put_off(basic, linxia, put, hongxing):
    post = put(linxia["村干部包户"], hongxing, "韦明")
    by = basic.as_actor()
    with pytest.raises(ValidationError, match="不能早于任职起"):
        posts.end(by=by, post=post, until=dt.date(2020, 8, 31))
    posts.end(by=by, post=post, until=dt.date(2020, 12, 31), reason="调离")
    with pytest.raises(ValidationError, match="已经到 2020-12-31 为止"):
        posts.end(by=by, post=post, until=dt.date(2021, 6, 30))
    event = AuditEvent.objects.get(action="post.end")
    assert (event.changes, event.reason) == ({"until": ["", "2020-12-31"]}, "调离")


def test_last_day_is_in_office_and_the_next_is_not(linxia, put, hongxing):
    post = put(linxia["村干部包户"], hongxing, "韦明", "2020-09-01", "2021-08-31")
    held = [
        list(Post.objects.on(dt.date.fromisoformat(day)))
        for day in ("2020-08-31", "2020-09-01", "2021-08-31", "2021-09-01")
    ]
    assert held == [[], [post], [post], []]


@pytest.mark.usefixtures("real_commits")
def test_two_put_in_office_at_once_leave_one(linxia, basic, hongxing):
    """On connections of their own: the later one is told, nothing of it is written."""

    def deed(name: str):
        try:
            return posts.appoint(
                by=basic.as_actor(),
                link=linxia["村干部包户"],
                place=hongxing,
                whom=whom(name),
                since=dt.date(2020, 9, 1),
            )
        except ValidationError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(deed, ("韦明", "王强")))
    assert [type(each) for each in sorted(found, key=lambda each: isinstance(each, Post))] == [
        ValidationError,
        Post,
    ]
    assert (Post.objects.count(), Person.objects.count()) == (1, 1)


def test_overlaps_that_stand_all_the_same_are_found(linxia, put, hongxing):
    first = put(linxia["村干部包户"], hongxing, "韦明", "2020-09-01", "2021-08-31")
    put(linxia["乡镇领导包村"], hongxing, "石磊", "2020-09-01")
    put(linxia["村干部包户"], factories.village("529901100002", "永丰村"), "吴海", "2020-09-01")
    second = put(linxia["村干部包户"], hongxing, "王强", "2021-09-01")
    assert list(Post.objects.overlapping()) == []
    Post.objects.filter(pk=second.pk).update(since=dt.date(2021, 8, 31))
    assert set(Post.objects.overlapping()) == {first, second}
