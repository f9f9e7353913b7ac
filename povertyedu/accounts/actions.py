"""What administrators do to accounts and grants. Refusals are ValidationErrors with Chinese sentences.

The three administrators are kept apart (三员分立): the system administrator makes accounts and proposes
grants, only the security administrator gives, ends or hands over grants, and nobody gives any to themselves.
"""

from typing import NamedTuple

from axes.utils import reset as clear_login_failures
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from povertyedu.audit.changes import changes_between
from povertyedu.audit.models import record, record_many
from povertyedu.orgs.models import Area, School, SchoolClass
from povertyedu.workflow.flow import Actor

from .models import Grant, GrantProposal, RoleAtPlace, User
from .passwords import first_password, hash_first_password
from .permissions import Role

Place = Area | School | SchoolClass
_FIELD_OF_PLACE = {Area: "area", School: "school", SchoolClass: "school_class"}
# Without one of these nobody could make an account or give a right again.
_NEVER_WITHOUT = (Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR)


class Slip(NamedTuple):
    """A first password in clear, to be handed over once and kept nowhere."""

    user: User
    password: str


def prepare_slip(*, username: str, name: str, phone: str = "", person=None) -> Slip:
    """Return a new account, not stored yet, with its first password; hashing it is what takes time."""
    password = first_password()
    user = User(username=username.strip(), name=name.strip(), phone=phone.strip(), person=person)
    user.password = hash_first_password(password)
    return Slip(user, password)


@transaction.atomic
def create_account(*, username: str, name: str, phone: str = "", person=None, by: Actor) -> Slip:
    """Make an account that must change its first password; it may do nothing until it is given a grant."""
    slip = prepare_slip(username=username, name=name, phone=phone, person=person)
    slip.user.full_clean()
    slip.user.save(force_insert=True)
    record(by, action="accounts.create", subject=slip.user, changes=changes_between(None, slip.user))
    return slip


@transaction.atomic
def create_accounts(*, slips: list[Slip], by: Actor) -> None:
    """Store many checked accounts in a constant number of statements, each told in the log."""
    users = User.objects.bulk_create(slip.user for slip in slips)
    record_many(by, action="accounts.create", rows=[(user, changes_between(None, user)) for user in users])


@transaction.atomic
def update_account(*, user: User, by: Actor) -> User:
    """Store the edited ``user`` and what changed."""
    before = User.objects.select_for_update().get(pk=user.pk)
    if changes := changes_between(before, user):
        user.full_clean()
        user.save(update_fields=list(changes))
        record(by, action="accounts.update", subject=user, changes=changes)
    return user


@transaction.atomic
def set_active(*, user: User, active: bool, by: Actor) -> User:
    """Disable or enable an account; a disabled one is out at its next click. No effect when it is so already."""
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.pk == by.id and not active:
        raise ValidationError("不能停用自己的账号，请由另一名系统管理员办理。")
    if user.is_active != active:
        user.is_active = active
        user.save(update_fields=["is_active"])
        _keep_administrators()
        record(
            by, action="accounts.enable" if active else "accounts.disable", subject=user,
            changes={"is_active": ["否", "是"] if active else ["是", "否"]},
        )  # fmt: skip
    return user


@transaction.atomic
def reset_password(*, user: User, by: Actor) -> Slip:
    """Give a new first password and lift a lock-out; whoever is logged in on the account is out."""
    user = User.objects.select_for_update().get(pk=user.pk)
    password = first_password()
    user.password, user.must_change_password = hash_first_password(password), True
    user.save(update_fields=["password", "must_change_password"])
    clear_login_failures(username=user.username)
    record(by, action="accounts.reset_password", subject=user)
    return Slip(user, password)


@transaction.atomic
def change_password(*, user: User, password: str, by: Actor) -> User:
    """Set the password the person chose; the 90 days begin again."""
    user.set_password(password)
    user.must_change_password, user.password_changed_at = False, timezone.now()
    user.save(update_fields=["password", "must_change_password", "password_changed_at"])
    record(by, action="accounts.change_password", subject=user)
    return user


@transaction.atomic
def propose_grant(*, user: User, role: str, place: Place, by: Actor) -> GrantProposal | None:
    """Ask the security administrator for a grant; None when it is given or asked for already."""
    same = {"role": role, _FIELD_OF_PLACE[type(place)]: place}
    if user.grants.filter(ended_at=None, **same).exists() or user.proposals.filter(**same).exists():
        return None
    proposal = GrantProposal(user=user, proposed_by=by.name, **same)
    proposal.full_clean()
    proposal.save()
    record(by, action="grants.propose", subject=user, changes={"grant": ["", str(proposal)]})
    return proposal


@transaction.atomic
def propose_grants(*, wanted: list[tuple[User, str, Place]], by: Actor) -> int:
    """Propose many checked grants as :func:`propose_grant` does, set-based; return how many were new."""
    keys = ("user_id", "role", "area_id", "school_id", "school_class_id")
    known = set(Grant.objects.filter(ended_at=None).values_list(*keys))
    known |= set(GrantProposal.objects.values_list(*keys))
    new = []
    for user, role, place in wanted:
        proposal = GrantProposal(user=user, role=role, proposed_by=by.name)
        setattr(proposal, _FIELD_OF_PLACE[type(place)], place)
        key = tuple(getattr(proposal, name) for name in keys)
        if key not in known:
            known.add(key)
            new.append(proposal)
    GrantProposal.objects.bulk_create(new)
    told = [(proposal.user, {"grant": ["", str(proposal)]}) for proposal in new]
    record_many(by, action="grants.propose", rows=told)
    return len(new)


@transaction.atomic
def grant(*, user: User, role: str, place: Place, by: Actor) -> Grant:
    """Give ``user`` the role at the place from now on; a proposal of the same is thereby settled."""
    user = User.objects.select_for_update().get(pk=user.pk)
    _not_to_oneself(user, by)
    same = {"role": role, _FIELD_OF_PLACE[type(place)]: place}
    given = Grant(user=user, granted_by=by.name, **same)
    given.full_clean()
    given.save()
    user.proposals.filter(**same).delete()
    record(by, action="grants.give", subject=user, changes={"grant": ["", str(given)]})
    return given


@transaction.atomic
def confirm_proposal(*, proposal: GrantProposal, by: Actor) -> Grant:
    """Give what was proposed."""
    proposal = _claimed(GrantProposal, proposal)
    return grant(user=proposal.user, role=proposal.role, place=proposal.place, by=by)


@transaction.atomic
def refuse_proposal(*, proposal: GrantProposal, by: Actor, reason: str) -> None:
    """Turn a proposal down; the log keeps what and why."""
    proposal = _claimed(GrantProposal, proposal)
    record(
        by,
        action="grants.refuse",
        subject=proposal.user,
        changes={"grant": [str(proposal), ""]},
        reason=reason,
    )
    proposal.delete()


@transaction.atomic
def end_grant(*, grant: Grant, by: Actor, reason: str) -> Grant:
    """Take a grant back from now on; it stays on record."""
    grant = _claimed(Grant.objects.filter(ended_at=None), grant)
    _end(grant, by)
    _keep_administrators()
    record(by, action="grants.end", subject=grant.user, changes={"grant": [str(grant), ""]}, reason=reason)
    return grant


@transaction.atomic
def hand_over(*, grants: list[Grant], to: User, by: Actor, reason: str) -> list[Grant]:
    """Move live ``grants`` of one person to ``to`` from today (交接): all of them, or none."""
    to = User.objects.select_for_update().get(pk=to.pk)
    _not_to_oneself(to, by)
    if not to.is_active:
        raise ValidationError(f"接手的账号“{to}”已停用，请先由系统管理员启用。")
    handed = []
    for one in grants:
        old = _claimed(Grant.objects.filter(ended_at=None), one)
        if old.user_id == to.pk:
            raise ValidationError("接手人和移交人是同一个账号，请另选接手人。")
        _end(old, by)
        record(
            by,
            action="grants.hand_over",
            subject=old.user,
            changes={"grant": [str(old), str(to)]},
            reason=reason,
        )
        same = {"role": old.role, _FIELD_OF_PLACE[type(old.place)]: old.place}
        if to.grants.filter(ended_at=None, **same).exists():
            continue
        new = Grant(user=to, granted_by=by.name, **same)
        new.full_clean()
        new.save()
        record(
            by,
            action="grants.take_over",
            subject=to,
            changes={"grant": [str(old.user), str(new)]},
            reason=reason,
        )
        handed.append(new)
    _keep_administrators()
    return handed


def _claimed(rows, row: RoleAtPlace) -> RoleAtPlace:
    """Return ``row`` locked and as it now is; a second click finds it gone."""
    rows = getattr(rows, "objects", rows)
    now = rows.select_for_update(of=("self",)).filter(pk=row.pk).first()
    if now is None:
        raise ValidationError("这项授权已被处理，请刷新后再看。")
    return now


def _end(grant: Grant, by: Actor) -> None:
    grant.ended_at, grant.ended_by = timezone.now(), by.name
    grant.save(update_fields=["ended_at", "ended_by"])


def _not_to_oneself(user: User, by: Actor) -> None:
    if user.pk == by.id:
        raise ValidationError("不能给自己授权，请由另一名安全管理员办理。")


def _keep_administrators() -> None:
    """Refuse what would leave no account able to manage accounts, or none able to manage grants."""
    for role in _NEVER_WITHOUT:
        of_role = Grant.objects.filter(role=role)
        if of_role.exists() and not of_role.filter(ended_at=None, user__is_active=True).exists():
            label = of_role.first().get_role_display()
            raise ValidationError(f"至少要保留一名在用的{label}，请先给接手的人授权。")
