import datetime as dt

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce

from dropout.enums import PLACE_FIELDS, Line, PlaceKind
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Area, Person, School, SchoolClass
from povertyedu.orgs.scope import ScopedQuerySet
from students.models import Enrolment, Student

NEVER = dt.date(9999, 12, 31)


class ChainLinkQuerySet(models.QuerySet):
    """The links of the county's chains; they have no place, so whoever holds the permission reads all."""

    def visible_to(self, user, permission: str):
        return self if user.can(permission) else self.none()

    def active(self):
        return self.filter(is_active=True)


class ChainLink(models.Model):
    """责任层级: one link of the county's chains, from the top down; its holders are posts, one at each place.

    ``from_homeroom``: the holder is the class's 班主任 as the school registers it, and stands there alone.
    A link taken away stays while posts of the past hang on it.
    """

    line = models.CharField("线", max_length=10, choices=Line.choices)
    position = models.PositiveSmallIntegerField("次序")
    place_kind = models.CharField("负责的地方", max_length=10, choices=PlaceKind.choices)
    label = models.CharField("层级名称", max_length=30)
    from_homeroom = models.BooleanField("取自班主任", default=False)
    is_active = models.BooleanField("在用", default=True)

    objects = ChainLinkQuerySet.as_manager()

    class Meta:
        verbose_name = "责任层级"
        ordering = ["-line", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["line", "position"], condition=Q(is_active=True), name="chain_link_once_per_position",
            ),
            models.UniqueConstraint(
                fields=["line", "label"], condition=Q(is_active=True), name="chain_link_once_per_label",
                violation_error_message="这条线上已有同名的层级，请换一个名称。",
            ),
            models.CheckConstraint(
                name="chain_link_from_homeroom_is_of_a_class",
                condition=Q(from_homeroom=False) | Q(place_kind=PlaceKind.CLASS),
                violation_error_message="取自班主任的层级，负责的地方应选“班级”。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.get_line_display()} {self.label}"

    @property
    def place_field(self) -> str:
        """The column of its posts that names the place."""
        return PLACE_FIELDS[PlaceKind(self.place_kind)]


class PostQuerySet(ScopedQuerySet):
    """Posts by the place they are held for."""

    def _reads_at(self, scope) -> Q:
        children = Enrolment.objects.filter(student=OuterRef("student")).in_scope(scope)
        return (
            scope.area_q("area_id")
            | Q(school__in=School.objects.in_scope(scope))
            | Q(school_class__in=SchoolClass.objects.in_scope(scope))
            | Exists(children)
        )

    def on(self, day: dt.date):
        """Return the posts in office on ``day``."""
        return self.filter(Q(until=None) | Q(until__gte=day), since__lte=day)

    def ended_before(self, day: dt.date):
        return self.filter(until__lt=day)

    def still_to_serve(self, day: dt.date):
        """Return the posts in office on ``day`` or to be."""
        return self.filter(Q(until=None) | Q(until__gte=day))

    def at(self, link: ChainLink, place: models.Model):
        """Return the posts of ``link`` at ``place``, those of other days too."""
        return self.filter(link=link, **{link.place_field: place})

    def overlapping(self, *fields: str):
        """Return the posts that share days with another one of the same link at the same place.

        ``fields``: the columns that may name the place, where they are known: one is found by its index.
        """
        same_place = Q(pk__in=())
        for name in fields or dict.fromkeys(PLACE_FIELDS.values()):
            same_place |= Q(**{name: OuterRef(name)})
        others = Post.objects.filter(same_place, link=OuterRef("link")).exclude(pk=OuterRef("pk"))
        others = others.filter(since__lte=Coalesce(OuterRef("until"), NEVER))
        return self.filter(Exists(others.filter(Q(until=None) | Q(until__gte=OuterRef("since")))))

    def with_place(self):
        return self.select_related(
            "link", "person", "area__parent", "school", "school_class__school", "student"
        )


class Post(models.Model):
    """任职: who answers for one place at one link, from a day on, to a day or to this day. A post ends, it is not deleted.

    ``place_kind`` is its link's, kept here so that the database can hold the place to it.
    """

    link = models.ForeignKey(ChainLink, models.PROTECT, related_name="posts", verbose_name="责任层级")
    place_kind = models.CharField("负责的地方", max_length=10, choices=PlaceKind.choices)
    person = models.ForeignKey(Person, models.PROTECT, related_name="posts", verbose_name="责任人")
    area = models.ForeignKey(
        Area, models.PROTECT, null=True, blank=True, related_name="posts", verbose_name="县、乡镇或村"
    )
    school = models.ForeignKey(
        School, models.PROTECT, null=True, blank=True, related_name="posts", verbose_name="学校"
    )
    school_class = models.ForeignKey(
        SchoolClass, models.PROTECT, null=True, blank=True, related_name="posts", verbose_name="班级"
    )
    student = models.ForeignKey(
        Student, models.PROTECT, null=True, blank=True, related_name="posts", verbose_name="学生"
    )
    since = models.DateField("任职起")
    until = models.DateField("任职止", null=True, blank=True, help_text="这一天还在任；空为在任")

    objects = PostQuerySet.as_manager()

    class Meta:
        verbose_name = "任职"
        ordering = ["link", "-since", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="post_has_one_place_of_its_kind",
                condition=Q(
                    place_kind__in=[PlaceKind.COUNTY, PlaceKind.TOWNSHIP, PlaceKind.VILLAGE],
                    area__isnull=False, school=None, school_class=None, student=None,
                )
                | Q(
                    place_kind__in=[PlaceKind.DISTRICT, PlaceKind.SCHOOL],
                    area=None, school__isnull=False, school_class=None, student=None,
                )
                | Q(place_kind=PlaceKind.CLASS, area=None, school=None, school_class__isnull=False, student=None)
                | Q(place_kind=PlaceKind.CHILD, area=None, school=None, school_class=None, student__isnull=False),
            ),
            models.CheckConstraint(
                name="post_ends_after_it_starts", condition=Q(until=None) | Q(until__gte=F("since")),
                violation_error_message="任职止不能早于任职起。",
            ),
            *[
                models.UniqueConstraint(
                    fields=["link", name], condition=Q(until=None, **{f"{name}__isnull": False}),
                    name=f"one_post_in_office_per_{name}",
                )
                for name in ("area", "school", "school_class", "student")
            ],
        ]  # fmt: skip
        indexes = [models.Index(fields=["person", "until"], name="post_by_person")]

    def __str__(self):
        return f"{self.link.label} {self.place_name}"

    @property
    def place(self) -> models.Model:
        return self.area or self.school or self.school_class or self.student

    @property
    def place_name(self) -> str:
        return name_of(self.place)

    @property
    def is_in_office(self) -> bool:
        return self.since <= today() and (self.until is None or self.until >= today())


def name_of(place: models.Model) -> str:
    """Return how a place is called outside its school and township."""
    if isinstance(place, Area):
        return place.path
    return f"{place.school} {place}" if isinstance(place, SchoolClass) else str(place)
