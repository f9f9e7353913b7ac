"""The places of a link: who holds each, which are vacant, whose term is over, where two overlap."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from dropout.enums import AREA_DIGITS, PlaceKind
from dropout.models import ChainLink, Post
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Area, School, SchoolClass
from students.models import Enrolment, Student
from students.names import named

from .chains import Holder

TABS = {"vacant": "空缺", "held": "在任", "expired": "任期已满", "overlap": "任期重叠"}


@dataclass(frozen=True)
class Row:
    """One place of a link: who is in office, who was last where nobody is, who else overlaps."""

    key: Any
    name: str
    above: str  # township, or school
    holder: Holder | None
    last: Post | None = None
    overlapping: tuple[Post, ...] = ()


def places_of(link: ChainLink, term, *, user) -> QuerySet:
    """Return the places of ``link`` that ``user`` reads: areas, schools, classes with children, or enrolments."""
    kind = PlaceKind(link.place_kind)
    if kind in AREA_DIGITS:
        return (
            Area.objects.visible_to(user, P.VIEW_CHAINS)
            .standing()
            .filter(level=kind)
            .select_related("parent")
        )
    if kind == PlaceKind.CHILD:
        rows = Enrolment.objects.visible_to(user, P.VIEW_CHAINS).of(term).here()
        return rows.select_related("student", "school", "school_class")
    if kind == PlaceKind.CLASS:
        taught = Enrolment.objects.of(term).here().filter(school_class=OuterRef("pk"))
        rows = SchoolClass.objects.visible_to(user, P.VIEW_CHAINS).filter(Exists(taught))
        return rows.select_related("school", "homeroom_teacher")
    rows = School.objects.visible_to(user, P.VIEW_CHAINS).filter(is_open=True).select_related("area__parent")
    if kind == PlaceKind.DISTRICT:
        reviewed = School.objects.filter(centre=OuterRef("pk"), is_open=True)
        rows = rows.filter(Q(centre=None) | Exists(reviewed))
    return rows


def narrowed(rows: QuerySet, link: ChainLink, *, township: Area | None = None, text: str = "") -> QuerySet:
    """Narrow places to a township and to a name (of the place; of the school for classes)."""
    kind = PlaceKind(link.place_kind)
    fields = {PlaceKind.CLASS: "school__area_id", PlaceKind.CHILD: "school_area"}
    field = "code" if kind in AREA_DIGITS else fields.get(kind, "area_id")
    if township:
        rows = rows.filter(township.scope.area_q(field))
    if text:
        names = {PlaceKind.CLASS: "school__name", PlaceKind.CHILD: "student__name"}
        if kind == PlaceKind.CHILD:
            return rows.filter(named("student__name", text))
        rows = rows.filter(**{f"{names.get(kind, 'name')}__contains": text})
    return rows


def _posts_there(link: ChainLink) -> QuerySet[Post]:
    if (
        link.place_kind == PlaceKind.CHILD
    ):  # a post held for a record that was merged into the child's is the child's
        child = OuterRef("student_id")
        return Post.objects.filter(Q(student=child) | Q(student__merged_into=child), link=link)
    return Post.objects.filter(link=link, **{link.place_field: OuterRef("pk")})


def in_tab(rows: QuerySet, link: ChainLink, tab: str) -> QuerySet:
    """Return the places that stand in ``tab``."""
    if link.from_homeroom:
        nobody = Q(homeroom_teacher=None)
        return rows.filter({"vacant": nobody, "held": ~nobody}.get(tab, Q(pk__in=())))
    posts = _posts_there(link)
    held = Exists(posts.on(today()))
    conditions = {
        "vacant": ~held,
        "held": held,
        "expired": Q(~held) & Exists(posts.ended_before(today())),
        "overlap": Exists(posts.overlapping(link.place_field)),
    }
    return rows.filter(conditions[tab])


def counts_of(rows: QuerySet, link: ChainLink) -> dict[str, int]:
    return {tab: in_tab(rows, link, tab).order_by().count() for tab in TABS}


def rows_of(places: list, link: ChainLink) -> list[Row]:
    """Return ``places`` with their holders; one query more whatever their number."""
    if link.from_homeroom:
        return [Row(place.pk, *_called(place), _homeroom(place)) for place in places]
    keys = [_key(place) for place in places]
    posts: dict[Any, list[Post]] = {}
    own = F(f"{link.place_field}_id")
    at = Coalesce("student__merged_into_id", own) if link.place_kind == PlaceKind.CHILD else own
    found = Post.objects.filter(link=link).annotate(at=at).filter(at__in=keys).select_related("person")
    for post in found.order_by("since", "pk"):
        posts.setdefault(post.at, []).append(post)
    return [_row(place, posts.get(key, [])) for place, key in zip(places, keys, strict=True)]


def _row(place, posts: list[Post]) -> Row:
    in_office = [post for post in posts if post.is_in_office]
    over = [post for post in posts if post.until and post.until < today()]
    return Row(
        _key(place),
        *_called(place),
        holder_of(in_office[-1]) if in_office else None,
        None if in_office or not over else over[-1],
        _overlapping(posts),
    )


def _overlapping(posts: list[Post]) -> tuple[Post, ...]:
    """Return those of one place's posts, by start, that share days with another."""
    shared = set()
    for number, one in enumerate(posts):
        for other in posts[number + 1 :]:
            if one.until is None or one.until >= other.since:
                shared |= {one.pk, other.pk}
    return tuple(post for post in posts if post.pk in shared)


def holder_of(post: Post) -> Holder:
    person = post.person
    return Holder(person.pk, person.name, person.phone, person.title, post.since, post.until, post.pk)


def _homeroom(school_class: SchoolClass) -> Holder | None:
    teacher = school_class.homeroom_teacher
    return Holder(teacher.pk, teacher.name, teacher.phone, teacher.title) if teacher else None


def _key(place):
    return place.student_id if isinstance(place, Enrolment) else place.pk


def _called(place) -> tuple[str, str]:
    """Return the name of a place and of what it belongs to."""
    if isinstance(place, Enrolment):
        at = f"{place.school or place.outside_school} {place.school_class or ''}".strip()
        return place.student.name, at
    if isinstance(place, SchoolClass):
        return str(place), place.school.name
    if isinstance(place, School):
        return place.name, place.area.path
    return place.name, place.parent.name if place.parent else ""


def place_at(link: ChainLink, key: str, *, user):
    """Return the place of ``link`` under ``key`` of an address where ``user`` manages chains, None without one."""
    kind = PlaceKind(link.place_kind)
    if kind not in AREA_DIGITS and not (key.isascii() and key.isdigit() and len(key) < 19):
        return None
    if kind in AREA_DIGITS:
        rows = (
            Area.objects.visible_to(user, P.MANAGE_CHAINS)
            .standing()
            .filter(level=kind)
            .select_related("parent")
        )
    elif kind == PlaceKind.CLASS:
        rows = SchoolClass.objects.visible_to(user, P.MANAGE_CHAINS).select_related("school")
    elif kind == PlaceKind.CHILD:
        rows = Student.objects.visible_to(user, P.MANAGE_CHAINS).filter(merged_into=None)
    else:
        rows = School.objects.visible_to(user, P.MANAGE_CHAINS)
    return rows.filter(pk=key).first()
