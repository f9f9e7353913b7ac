from collections.abc import Iterable

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from povertyedu.orgs.models import Area, Person, School, SchoolClass
from povertyedu.orgs.scope import Scope, ScopedQuerySet
from povertyedu.workflow.flow import Actor

from .permissions import ROLE_CHOICES, ROLES, THREE_ADMINISTRATORS, Role, may

USERNAME = r"^[A-Za-z0-9._-]{3,40}\Z"


class UserQuerySet(ScopedQuerySet):
    """Accounts by where their grants lie."""

    def _reads_at(self, scope) -> Q:
        if not scope:
            return Q(pk__in=())
        placed = Grant.objects.filter(user=OuterRef("pk"))
        return ~Exists(placed) | Exists(placed.filter(lies_in(scope)))

    def who_may(self, permission: str):
        """Return the accounts in use with a grant, anywhere, that includes ``permission``."""
        roles = [role for role in Role if may(role, permission)]
        held = Grant.objects.filter(user=OuterRef("pk"), ended_at=None, role__in=roles)
        return self.filter(Exists(held), is_active=True)

    def who_may_at(self, permission: str, *, area: str = "", school: School | None = None):
        """Return the accounts in use whose grant with ``permission`` covers a place: an area's code, or a school."""
        code = school.area_id if school else area
        roles = [role for role in Role if may(role, permission)]
        there = Q(area__in=[code[:digits] for digits in (6, 9, 12)])
        if school:
            there |= Q(school=school) | Q(school=school.centre_id, role=Role.CENTRE_REVIEWER)
        held = Grant.objects.filter(there, user=OuterRef("pk"), ended_at=None, role__in=roles)
        return self.filter(Exists(held), is_active=True)

    def at_schools(self, permission: str, schools: Iterable[int]) -> list[tuple[int, int]]:
        """Return (account, school) of the accounts in use whose own school, of ``schools``, they have ``permission`` at; one query."""
        roles = [role for role in Role if may(role, permission)]
        held = Grant.objects.filter(
            school__in=schools, ended_at=None, role__in=roles, user__in=self.filter(is_active=True)
        )
        return list(held.order_by("pk").values_list("user", "school").distinct())

    def with_places(self):
        """Read the grants and proposals of each account along, in two queries for all rows."""
        live = Grant.objects.filter(ended_at=None).select_related("area", "school", "school_class__school")
        proposed = GrantProposal.objects.select_related("area", "school", "school_class__school")
        return self.prefetch_related(
            models.Prefetch("grants", live, to_attr="places_now"),
            models.Prefetch("proposals", proposed, to_attr="places_proposed"),
        )


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):
    def create_user(self, username: str, password: str | None = None, **fields) -> "User":
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """An account of one person; what it may do is in its grants."""

    username = models.CharField(
        "账号",
        max_length=40,
        unique=True,
        validators=[RegexValidator(USERNAME, "账号应为 3 到 40 位字母、数字、点、横线或下划线。")],
        error_messages={"unique": "这个账号已经有人使用，请换一个。"},
    )
    name = models.CharField("姓名", max_length=60)
    phone = models.CharField("电话", max_length=20, blank=True)
    person = models.OneToOneField(
        Person, models.SET_NULL, null=True, blank=True, related_name="account", verbose_name="人员"
    )
    is_active = models.BooleanField("启用", default=True)
    must_change_password = models.BooleanField("须改密码", default=True)
    password_changed_at = models.DateTimeField("改密时间", default=timezone.now)
    current_term = models.ForeignKey(
        "orgs.Term", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="当前学期"
    )

    objects = UserManager()
    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = "账号"
        ordering = ["username"]

    def __str__(self):
        return f"{self.name}（{self.username}）"

    @property
    def live_grants(self) -> list["Grant"]:
        """The grants in force, read once per request."""
        if not hasattr(self, "_live_grants"):
            self._live_grants = list(
                self.grants.filter(ended_at=None).select_related("area", "school", "school_class__school")
            )
        return self._live_grants

    def can(self, permission: str) -> bool:
        """Return whether any grant of this account includes ``permission``, wherever it lies."""
        return any(may(grant.role, permission) for grant in self.live_grants)

    def scope(self, permission: str | None = None) -> Scope:
        """Return the places where this account holds ``permission``; without one, those it reads.

        The three administrators read no business data anywhere, whatever their place is.
        """
        if permission is None:
            grants = [g for g in self.live_grants if g.role not in THREE_ADMINISTRATORS]
        else:
            grants = [g for g in self.live_grants if may(g.role, permission)]
        return Scope(
            areas=tuple(sorted({code for g in grants if g.area_id for code in g.area.scope.areas})),
            schools=tuple(sorted({g.school_id for g in grants if g.school_id})),
            centres=tuple(sorted({g.school_id for g in grants if g.role == Role.CENTRE_REVIEWER})),
            classes=tuple(sorted({g.school_class_id for g in grants if g.school_class_id})),
        )

    def as_actor(self, permission: str | None = None, ip: str = "") -> Actor:
        """Return this person as audit rows keep them, in the role that gives ``permission``."""
        role = next(
            (g.get_role_display() for g in self.live_grants if permission is None or may(g.role, permission)),
            "",
        )
        return Actor(self.pk, self.name, role, ip)

    @property
    def place_name(self) -> str:
        return self.live_grants[0].place_name if self.live_grants else "未授权"

    @property
    def password_expired(self) -> bool:
        age = timezone.now() - self.password_changed_at
        return self.must_change_password or age.days >= settings.PASSWORD_MAX_AGE_DAYS


def lies_in(scope: Scope) -> Q:
    """Return the condition that a grant or proposal lies at one of the places of ``scope``."""
    return (
        scope.area_q("area_id")
        | scope.area_q("school__area_id")
        | scope.area_q("school_class__school__area_id")
        | Q(school__in=scope.schools)
        | Q(school_class__in=scope.classes)
    )


class PlacedQuerySet(ScopedQuerySet):
    """Grants or proposals by where they lie."""

    def _reads_at(self, scope) -> Q:
        return lies_in(scope)

    def with_place(self):
        return self.select_related("user", "area", "school", "school_class__school")


class RoleAtPlace(models.Model):
    """A role at exactly one place: an area, a school or a class."""

    role = models.CharField("角色", max_length=30, choices=ROLE_CHOICES)
    area = models.ForeignKey(
        Area, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="县、乡镇或村"
    )
    school = models.ForeignKey(
        School, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="学校"
    )
    school_class = models.ForeignKey(
        SchoolClass, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="班级"
    )

    objects = PlacedQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(class)s_has_one_place",
                condition=Q(area__isnull=False, school=None, school_class=None)
                | Q(area=None, school__isnull=False, school_class=None)
                | Q(area=None, school=None, school_class__isnull=False),
                violation_error_message="一项授权只对应一个地方：乡镇（县、村）、学校或班级",
            ),
        ]

    def __str__(self):
        return f"{self.get_role_display()}（{self.place_name}）"

    @property
    def place(self) -> Area | School | SchoolClass:
        return self.area or self.school or self.school_class

    @property
    def place_name(self) -> str:
        return str(self.area or self.school or f"{self.school_class.school} {self.school_class}")

    @property
    def place_kind(self) -> str:
        if self.area_id:
            return self.area.level
        if self.school_class_id:
            return "class"
        return "centre" if self.role == Role.CENTRE_REVIEWER else "school"

    def clean(self):
        """Refuse a role at a place it does not belong to."""
        if self.role and self.place is not None and self.place_kind not in ROLES[Role(self.role)].places:
            raise ValidationError(f"“{self.get_role_display()}”不能授权到“{self.place_name}”这一级。")


def once_per_place(prefix: str, message: str, **condition) -> list[models.UniqueConstraint]:
    """Return the constraints that an account has a role at a place once, among rows of ``condition``."""
    return [
        models.UniqueConstraint(
            fields=["user", "role", place],
            condition=Q(**condition, **{f"{place}__isnull": False}),
            name=f"{prefix}_once_per_{place}",
            violation_error_message=message,
        )
        for place in ("area", "school", "school_class")
    ]


class Grant(RoleAtPlace):
    """A role held by a user at one place. Grants end, they are not deleted."""

    user = models.ForeignKey(User, models.CASCADE, related_name="grants", verbose_name="账号")
    granted_at = models.DateTimeField("授权时间", default=timezone.now)
    granted_by = models.CharField("授权人", max_length=60, blank=True)
    ended_at = models.DateTimeField("收回时间", null=True, blank=True)
    ended_by = models.CharField("收回人", max_length=60, blank=True)

    class Meta:
        verbose_name = "授权"
        ordering = ["user", "pk"]
        constraints = [
            *RoleAtPlace.Meta.constraints,
            *once_per_place("grant", "该账号已有相同的授权", ended_at=None),
            models.UniqueConstraint(
                fields=["user"], condition=Q(ended_at=None, role__in=[str(r) for r in sorted(THREE_ADMINISTRATORS)]), name="three_administrators_apart",
                violation_error_message="系统、安全、审计管理员三员分立，一人只能担任其一",
            ),
        ]  # fmt: skip

    def clean(self):
        """Refuse a wrong place, and an administrator of the three beside business roles."""
        super().clean()
        others = (
            Grant.objects.filter(user_id=self.user_id, ended_at=None)
            .exclude(pk=self.pk)
            .values_list("role", flat=True)
        )
        if self.role in THREE_ADMINISTRATORS and any(role not in THREE_ADMINISTRATORS for role in others):
            raise ValidationError("系统、安全、审计管理员不得同时办理业务，请先收回该账号的业务授权。")
        if self.role not in THREE_ADMINISTRATORS and any(role in THREE_ADMINISTRATORS for role in others):
            raise ValidationError("该账号是系统、安全或审计管理员，不得再授业务角色。")


class GrantProposal(RoleAtPlace):
    """A grant the system administrator asks for; it gives nothing until the security administrator confirms it."""

    user = models.ForeignKey(User, models.CASCADE, related_name="proposals", verbose_name="账号")
    proposed_at = models.DateTimeField("提出时间", default=timezone.now)
    proposed_by = models.CharField("提出人", max_length=60)

    class Meta:
        verbose_name = "待确认的授权"
        ordering = ["pk"]
        constraints = [
            *RoleAtPlace.Meta.constraints,
            *once_per_place("grant_proposal", "该账号已有相同的待确认授权"),
        ]
