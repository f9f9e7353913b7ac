"""Who answers for a place: put in office, replaced, ended. A post is never deleted and two never share a day."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import models, transaction

from dropout.enums import PLACE_FIELDS, PlaceKind
from dropout.models import NEVER, ChainLink, Post
from povertyedu import bulk
from povertyedu.audit.changes import changes_between
from povertyedu.audit.models import record
from povertyedu.orgs.models import Area, Person, School, SchoolClass
from povertyedu.workflow.flow import Actor


class Whom(NamedTuple):
    """A person as a form or a workbook names one: name and phone find it again."""

    name: str
    phone: str
    title: str = ""


class Span(NamedTuple):
    """Days in office, both included; without an end: still."""

    since: dt.date
    until: dt.date | None

    def shares_days_with(self, other: "Span") -> bool:
        return self.since <= (other.until or NEVER) and other.since <= (self.until or NEVER)

    def __str__(self):
        return f"{self.since} 至 {self.until}" if self.until else f"{self.since} 起"


@transaction.atomic
def appoint(
    *,
    by: Actor,
    link: ChainLink,
    place: models.Model,
    whom: Whom,
    since: dt.date,
    until: dt.date | None = None,
) -> Post:
    """Put somebody in office at ``place``; whoever is in office there ends the day before.

    Raise ValidationError where the days would be shared with another post, or the 班主任 answers anyhow.
    """
    link = ChainLink.objects.select_for_update().get(pk=link.pk)
    if link.from_homeroom:
        raise ValidationError("这一层级取自班主任；请在“学校班级”里指定班主任。")
    if not link.is_active:
        raise ValidationError("这一层级已经去掉，不能再指定责任人。")
    wanted = Span(since, until)
    for other in Post.objects.at(link, place).select_related("person"):
        if not wanted.shares_days_with(Span(other.since, other.until)):
            continue
        if other.until is None and other.since < since:
            end(by=by, post=other, until=since - dt.timedelta(days=1))
        else:
            raise ValidationError(
                f"与{other.person.name}的任期（{Span(other.since, other.until)}）重叠；请改日期，或先办结前一任。"
            )
    person = _person_for(whom, place, by)
    post = Post(link=link, place_kind=link.place_kind, person=person, since=since, until=until)
    setattr(post, link.place_field, place)
    post.full_clean()
    post.save()
    record(by, action="post.appoint", subject=post, changes=changes_between(None, post))
    return post


@transaction.atomic
def end(*, by: Actor, post: Post, until: dt.date, reason: str = "") -> Post:
    """End a post with the day ``until``. Raise ValidationError for one that has an end in the past, or before its start."""
    post = Post.objects.select_for_update(of=("self",)).select_related("link").get(pk=post.pk)
    if until < post.since:
        raise ValidationError(f"任职止不能早于任职起（{post.since}）。")
    if post.until is not None and post.until <= until:
        raise ValidationError(f"这一任期已经到 {post.until} 为止，不能再往后改。")
    old = post.until
    post.until = until
    post.save(update_fields=["until"])
    changes = {"until": [f"{old or ''}", f"{until}"]}
    record(by, action="post.end", subject=post, changes=changes, reason=reason.strip())
    return post


@transaction.atomic
def end_all_at(*, by: Actor, area: Area, until: dt.date, reason: str) -> list[tuple[int, str, str]]:
    """End every post still to serve at ``area``, which is no more; one begun later ends with its first day.

    Return key, former end ("" without one) and new end of each, for :func:`resume`.
    """
    ended = []
    for post in area.posts.still_to_serve(until + dt.timedelta(days=1)):
        last = max(until, post.since)
        if post.until is None or post.until > last:
            end(by=by, post=post, until=last, reason=reason)
            ended.append((post.pk, str(post.until or ""), str(last)))
    return ended


@transaction.atomic
def resume(*, by: Actor, ended: Iterable[tuple[int, str, str]], reason: str) -> int:
    """Give back their former end to posts that :func:`end_all_at` ended and nobody touched since; return how many."""
    former = {pk: (old, new) for pk, old, new in ended}
    resumed = 0
    for post in Post.objects.select_for_update().filter(pk__in=former):
        old, new = former[post.pk]
        if str(post.until) == new:
            post.until = dt.date.fromisoformat(old) if old else None
            post.save(update_fields=["until"])
            record(by, action="post.resume", subject=post, changes={"until": [new, old]}, reason=reason)
            resumed += 1
    return resumed


def _person_for(whom: Whom, place: models.Model, by: Actor) -> Person:
    """Return the person of this name and phone, made where there is none; a title that is given replaces the old."""
    person = Person.objects.filter(name=whom.name, phone=whom.phone).order_by("pk").first()
    if person is None:
        person = Person.objects.create(**whom._asdict(), **home_of(place))
        record(by, action="person.create", subject=person, changes=changes_between(None, person))
    elif whom.title and whom.title != person.title:
        changes = {"title": [person.title, whom.title]}
        person.title = whom.title
        person.save(update_fields=["title"])
        record(by, action="person.update", subject=person, changes=changes)
    return person


def home_of(place: models.Model) -> dict[str, Any]:
    """Return where a person who is new works: the place's area or school; a child's has neither yet."""
    if isinstance(place, Area):
        return {"area": place}
    if isinstance(place, School):
        return {"school": place}
    return {"school": place.school} if isinstance(place, SchoolClass) else {}


# --- many at once -------------------------------------------------------------------------------


class NewPost(NamedTuple):
    """A post as a workbook has it; ``place`` is the place's key, ``home`` (area, school) where a new person works."""

    link: int
    kind: str
    place: Any
    whom: Whom
    span: Span
    home: tuple[str | None, int | None] = (None, None)

    @property
    def at(self) -> tuple[int, Any]:
        return self.link, self.place


class Standing(NamedTuple):
    """A post that stands at a place a workbook names."""

    pk: int
    person: int
    whom: Whom
    span: Span


@transaction.atomic
def standing_at(places: Iterable[tuple[int, str, Any]]) -> dict[tuple[int, Any], list[Standing]]:
    """Return the posts at (link, kind, place), ended ones too; a query for each column of a place at most."""
    by_field = defaultdict(set)
    for _, kind, place in places:
        by_field[PLACE_FIELDS[PlaceKind(kind)]].add(place)
    found = defaultdict(list)
    for field, keys in by_field.items():
        with bulk.keys(Post, f"{field}_id", keys) as wanted:
            rows = Post.objects.filter(**{f"{field}__in": wanted}).order_by("since", "pk")
            columns = (
                "link_id",
                f"{field}_id",
                "pk",
                "person_id",
                "person__name",
                "person__phone",
                "person__title",
                "since",
                "until",
            )
            for link, key, pk, person, name, phone, title, since, until in rows.values_list(*columns):
                whom = Whom(name, phone, title)
                found[link, key].append(Standing(pk, person, whom, Span(since, until)))
    return found


@transaction.atomic
def take_in(
    *, posts: Sequence[NewPost], ends: Sequence[tuple[int, dt.date]], titles: Sequence[tuple[int, str]]
) -> None:
    """Write the posts of a workbook, the ends and the titles it tells; the caller's audit row names the workbook."""
    bulk.amend(Post, ("until",), ends)
    bulk.amend(Person, ("title",), titles)
    people = _people_of(posts)
    columns = (
        "link_id",
        "place_kind",
        "person_id",
        "area_id",
        "school_id",
        "school_class_id",
        "student_id",
        "since",
        "until",
    )
    rows = []
    for post in posts:
        places = dict.fromkeys(("area", "school", "school_class", "student"))
        places[PLACE_FIELDS[PlaceKind(post.kind)]] = post.place
        person = people[post.whom.name, post.whom.phone]
        rows.append((post.link, post.kind, person, *places.values(), *post.span))
    bulk.insert(Post, columns, rows)


def _people_of(posts: Sequence[NewPost]) -> dict[tuple[str, str], int]:
    """Return (name, phone) -> person, made where there is none; two queries, three with new ones."""
    wanted = {(post.whom.name, post.whom.phone): post for post in posts}
    known: dict[tuple[str, str], int] = {}
    with bulk.keys(Person, "phone", {phone for _, phone in wanted}) as phones:
        rows = Person.objects.filter(phone__in=phones).order_by("-pk").values_list("name", "phone", "pk")
        for name, phone, pk in rows:
            known[name, phone] = pk  # of several the first registered
    new = {key: post for key, post in wanted.items() if key not in known}
    if new:
        keys = bulk.new_keys(Person, len(new))
        rows = (
            (pk, name, phone, post.whom.title, *post.home)
            for pk, ((name, phone), post) in zip(keys, new.items(), strict=True)
        )
        bulk.insert(Person, ("id", "name", "phone", "title", "area_id", "school_id"), rows)
        known |= dict(zip(new, keys, strict=True))
    return known
