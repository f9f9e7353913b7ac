"""One person's duties: at which links, for which places, and the children there."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Model, Q, QuerySet

from dropout.enums import AREA_DIGITS, Line, PlaceKind
from dropout.models import ChainLink, Post, name_of
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Person, SchoolClass
from students.models import Enrolment


@dataclass(frozen=True)
class Duty:
    """One place that a person answers for at one link. ``key`` names it in an address."""

    key: str
    link: ChainLink
    place: Model
    since: dt.date | None = None
    until: dt.date | None = None

    @property
    def place_name(self) -> str:
        return name_of(self.place)

    @property
    def is_over(self) -> bool:
        return self.until is not None and self.until < today()


def people_seen_by(user) -> QuerySet[Person]:
    """Return who answers for a place that ``user`` reads, and the user's own person."""
    posts = Post.objects.visible_to(user, P.VIEW_CHAINS)
    classes = SchoolClass.objects.visible_to(user, P.VIEW_CHAINS).exclude(homeroom_teacher=None)
    return Person.objects.filter(
        Q(pk__in=posts.values("person"))
        | Q(pk__in=classes.values("homeroom_teacher"))
        | Q(pk__in=[user.person_id] if user.person_id else [])
    )


def duties_of(person: Person, *, user) -> list[Duty]:
    """Return the duties of ``person`` at places that ``user`` reads, those in office first; three queries."""
    posts, classes = Post.objects, SchoolClass.objects
    if person.pk != user.person_id:
        posts, classes = posts.visible_to(user, P.VIEW_CHAINS), classes.visible_to(user, P.VIEW_CHAINS)
    held = [
        Duty(f"p{post.pk}", post.link, post.place, post.since, post.until)
        for post in posts.filter(person=person).with_place().order_by("-link__line", "link__position", "pk")
    ]
    links = [link for link in ChainLink.objects.active() if link.from_homeroom]
    taught = [
        Duty(f"c{school_class.pk}-{link.pk}", link, school_class)
        for school_class in classes.filter(homeroom_teacher=person).select_related("school")
        for link in links
    ]
    return sorted(held + taught, key=lambda duty: duty.is_over)


def children_of(duty: Duty, term, *, user) -> QuerySet[Enrolment]:
    """Return the children of ``term`` at the place of ``duty``, as far as ``user`` reads them."""
    rows = Enrolment.objects.visible_to(user, P.VIEW_CHAINS).of(term).here()
    kind, place = PlaceKind(duty.link.place_kind), duty.place
    if kind in AREA_DIGITS:
        field = "home_area" if duty.link.line == Line.GOVERNMENT else "school_area"
        return rows.filter(place.scope.area_q(field))
    conditions = {
        PlaceKind.DISTRICT: Q(school=place.pk, school__centre=None) | Q(school__centre=place.pk),
        PlaceKind.SCHOOL: Q(school=place.pk),
        PlaceKind.CLASS: Q(school_class=place.pk),
        PlaceKind.CHILD: Q(student=place.pk) | Q(student__merged=place.pk),
    }
    return rows.filter(conditions[kind])
