"""Verbs on accounts and grants: 三员分立, nobody grants themselves, hand-over of all or none."""

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from povertyedu.accounts import actions
from povertyedu.accounts.models import Grant, GrantProposal, User
from povertyedu.accounts.passwords import CharacterClassValidator, first_password
from povertyedu.accounts.permissions import ROLES, Permission, Role
from povertyedu.audit.models import AuditEvent
from tests import factories


@pytest.fixture
def security(security_administrator):
    return security_administrator.as_actor(Permission.MANAGE_GRANTS)


@pytest.fixture
def system(system_administrator):
    return system_administrator.as_actor(Permission.MANAGE_ACCOUNTS)


def refusal(action, **arguments) -> str:
    with pytest.raises(ValidationError) as error, transaction.atomic():
        action(**arguments)
    return " ".join(error.value.messages)


def told() -> list[tuple]:
    return list(
        AuditEvent.objects.order_by("pk").values_list("by_name", "action", "subject_label", "changes")
    )


def test_first_passwords_differ_and_satisfy_the_rules():
    passwords = {first_password() for _ in range(200)}

    assert len(passwords) == 200
    for password in passwords:
        CharacterClassValidator().validate(password)
        assert len(password) == 14
        assert not set(password) & set("0Oo1lIsS5zZ2")


def test_first_password_is_hashed_in_full_at_the_first_login(client, settings, system):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    slip = actions.create_account(username="luona", name="罗娜", by=system)
    few = int(slip.user.password.split("$")[1])

    client.post("/accounts/login/", {"username": "luona", "password": slip.password})

    full = int(User.objects.get(username="luona").password.split("$")[1])
    assert few == 20_000
    assert full == PBKDF2PasswordHasher.iterations
    assert client.get("/").url == "/accounts/password/"


def test_create_account_gives_a_password_that_must_be_changed_and_no_right(system):
    slip = actions.create_account(username=" luona ", name="罗娜", phone="13900000000", by=system)

    user = User.objects.get(username="luona")
    assert user.check_password(slip.password)
    assert user.must_change_password
    assert user.live_grants == []
    assert told() == [
        ("钱系统", "accounts.create", "罗娜（luona）",
         {"username": ["", "luona"], "name": ["", "罗娜"], "phone": ["", "****0000"], "is_active": ["", "是"],
          "must_change_password": ["", "是"]}),
    ]  # fmt: skip


def test_reset_password_ends_the_old_one_and_lifts_the_lock(system, clerk):
    AccessAttempt.objects.create(username="clerk", failures_since_start=5, attempt_time=timezone.now())

    slip = actions.reset_password(user=clerk, by=system)

    clerk.refresh_from_db()
    assert clerk.check_password(slip.password)
    assert not clerk.check_password(factories.PASSWORD)
    assert clerk.must_change_password
    assert not AccessAttempt.objects.exists()
    assert told() == [("钱系统", "accounts.reset_password", "杨丽（clerk）", {})]


def test_disable_oneself_is_refused(system, system_administrator):
    assert refusal(actions.set_active, user=system_administrator, active=False, by=system) == (
        "不能停用自己的账号，请由另一名系统管理员办理。"
    )


def test_disable_the_last_security_administrator_is_refused(system, security_administrator):
    sentence = refusal(actions.set_active, user=security_administrator, active=False, by=system)

    security_administrator.refresh_from_db()
    assert sentence == "至少要保留一名在用的安全管理员，请先给接手的人授权。"
    assert security_administrator.is_active


def test_disable_twice_is_told_once(system, clerk):
    actions.set_active(user=clerk, active=False, by=system)
    actions.set_active(user=clerk, active=False, by=system)

    assert [row[1] for row in told()] == ["accounts.disable"]


@pytest.mark.parametrize("role", list(Role))
def test_grant_is_given_at_the_places_of_its_role_only(security, xiazhai, role):
    places = {
        "county": factories.county(),
        "township": factories.township(),
        "village": factories.village(),
        "school": xiazhai,
        "class": factories.school_class(xiazhai),
    }
    # A reviewer sits at a school as well; that it is a centre school is told by its schools.
    allowed = {"school" if place == "centre" else place for place in ROLES[role].places}

    for kind, place in places.items():
        user = factories.user("新人")
        if kind in allowed:
            assert actions.grant(user=user, role=role, place=place, by=security).place == place
        else:
            assert "不能授权到" in refusal(actions.grant, user=user, role=role, place=place, by=security)


def test_grant_to_oneself_is_refused(security, security_administrator):
    assert refusal(
        actions.grant, user=security_administrator, role="leader", place=factories.county(), by=security
    ) == ("不能给自己授权，请由另一名安全管理员办理。")


def test_grant_given_twice_is_refused(security, clerk, xiazhai):
    assert refusal(actions.grant, user=clerk, role="school_clerk", place=xiazhai, by=security) == (
        "该账号已有相同的授权"
    )


def test_three_administrators_are_never_one_person(security, system_administrator):
    assert (
        refusal(
            actions.grant,
            user=system_administrator,
            role="audit_administrator",
            place=factories.county(),
            by=security,
        )
        == "系统、安全、审计管理员三员分立，一人只能担任其一"
    )


def test_administrator_gets_no_business_role_and_the_other_way_round(
    security, audit_administrator, clerk, xiazhai
):
    assert refusal(
        actions.grant, user=audit_administrator, role="school_clerk", place=xiazhai, by=security
    ) == ("该账号是系统、安全或审计管理员，不得再授业务角色。")
    assert refusal(
        actions.grant, user=clerk, role="audit_administrator", place=factories.county(), by=security
    ) == ("系统、安全、审计管理员不得同时办理业务，请先收回该账号的业务授权。")


@pytest.mark.sql
def test_database_itself_keeps_the_three_apart(system_administrator):
    with pytest.raises(IntegrityError), transaction.atomic():
        Grant.objects.create(user=system_administrator, role="audit_administrator", area=factories.county())


@pytest.mark.sql
def test_database_itself_refuses_a_grant_at_two_places(clerk, xiazhai):
    for model in (Grant, GrantProposal):
        with pytest.raises(IntegrityError), transaction.atomic():
            model.objects.create(user=clerk, role="leader", area=factories.county(), school=xiazhai)


def test_end_grant_takes_the_right_at_once_and_keeps_the_record(security, clerk):
    grant = clerk.grants.get()

    actions.end_grant(grant=grant, by=security, reason="调离")

    grant.refresh_from_db()
    assert User.objects.get(pk=clerk.pk).can(Permission.VIEW_STUDENTS) is False
    assert grant.ended_at is not None
    assert grant.ended_by == "孙安全"
    assert refusal(actions.end_grant, grant=grant, by=security, reason="再点一次") == (
        "这项授权已被处理，请刷新后再看。"
    )


def test_proposal_gives_nothing_until_confirmed(system, security, qingshi):
    user = factories.user("新人", username="new")

    proposal = actions.propose_grant(user=user, role="school_clerk", place=qingshi, by=system)
    assert User.objects.get(pk=user.pk).can(Permission.VIEW_STUDENTS) is False
    actions.confirm_proposal(proposal=proposal, by=security)

    assert User.objects.get(pk=user.pk).can(Permission.VIEW_STUDENTS) is True
    assert not GrantProposal.objects.exists()
    assert told() == [
        ("钱系统", "grants.propose", "新人（new）", {"grant": ["", "学校经办（青石镇中心小学）"]}),
        ("孙安全", "grants.give", "新人（new）", {"grant": ["", "学校经办（青石镇中心小学）"]}),
    ]


def test_proposal_made_again_or_held_already_is_none(system, clerk, xiazhai, qingshi):
    assert actions.propose_grant(user=clerk, role="school_clerk", place=xiazhai, by=system) is None
    assert actions.propose_grant(user=clerk, role="school_clerk", place=qingshi, by=system) is not None
    assert actions.propose_grant(user=clerk, role="school_clerk", place=qingshi, by=system) is None


def test_proposal_confirmed_twice_is_given_once(system, security, clerk, qingshi):
    proposal = actions.propose_grant(user=clerk, role="school_clerk", place=qingshi, by=system)

    actions.confirm_proposal(proposal=proposal, by=security)

    assert (
        refusal(actions.confirm_proposal, proposal=proposal, by=security)
        == "这项授权已被处理，请刷新后再看。"
    )
    assert clerk.grants.count() == 2


def test_refused_proposal_stays_in_the_log_only(system, security, clerk, qingshi):
    proposal = actions.propose_grant(user=clerk, role="school_clerk", place=qingshi, by=system)

    actions.refuse_proposal(proposal=proposal, by=security, reason="已调离")

    assert not GrantProposal.objects.exists()
    assert told()[-1] == (
        "孙安全",
        "grants.refuse",
        "杨丽（clerk）",
        {"grant": ["学校经办（青石镇中心小学）", ""]},
    )
    assert AuditEvent.objects.latest("pk").reason == "已调离"


def test_hand_over_moves_all_grants_from_today(security, clerk, qingshi):
    actions.grant(user=clerk, role="school_clerk", place=qingshi, by=security)
    heir = factories.user("新人", username="new")
    AuditEvent.objects.all().delete()

    handed = actions.hand_over(grants=list(clerk.grants.all()), to=heir, by=security, reason="退休")

    assert sorted(grant.place_name for grant in handed) == ["城关镇下寨小学", "青石镇中心小学"]
    assert not clerk.grants.filter(ended_at=None).exists()
    assert heir.grants.filter(ended_at=None).count() == 2
    assert [row[1:3] for row in told()] == [
        ("grants.hand_over", "杨丽（clerk）"), ("grants.take_over", "新人（new）"),
        ("grants.hand_over", "杨丽（clerk）"), ("grants.take_over", "新人（new）"),
    ]  # fmt: skip
    assert told()[0][3] == {"grant": ["学校经办（城关镇下寨小学）", "新人（new）"]}


def test_hand_over_refused_for_one_moves_none(security, clerk, audit_administrator):
    sentence = refusal(
        actions.hand_over, grants=list(clerk.grants.all()), to=audit_administrator, by=security, reason="退休"
    )

    assert sentence == "该账号是系统、安全或审计管理员，不得再授业务角色。"
    assert clerk.grants.filter(ended_at=None).count() == 1


def test_hand_over_to_oneself_is_refused(security, security_administrator, clerk):
    assert (
        refusal(
            actions.hand_over,
            grants=list(clerk.grants.all()),
            to=security_administrator,
            by=security,
            reason="代管",
        )
        == "不能给自己授权，请由另一名安全管理员办理。"
    )


def test_security_administrator_may_hand_over_the_post_itself(security, security_administrator):
    heir = factories.user("接任")

    actions.hand_over(grants=list(security_administrator.grants.all()), to=heir, by=security, reason="换届")

    assert heir.can(Permission.MANAGE_GRANTS)


def test_end_the_last_security_administrator_is_refused(security, security_administrator):
    sentence = refusal(
        actions.end_grant, grant=security_administrator.grants.get(), by=security, reason="离岗"
    )

    assert sentence == "至少要保留一名在用的安全管理员，请先给接手的人授权。"
    assert security_administrator.grants.get().ended_at is None


def test_accounts_are_visible_where_the_administrator_is(system_administrator, clerk, neighbour):
    elsewhere = factories.user("邻县")
    Grant.objects.create(
        user=elsewhere, role="leader",
        area=type(factories.county()).objects.create(code="529902", name="邻县", level="county"),
    )  # fmt: skip
    unplaced = factories.user("新人")

    seen = User.objects.visible_to(system_administrator, Permission.MANAGE_ACCOUNTS)

    assert set(seen) == {system_administrator, clerk, neighbour, unplaced}
    assert set(User.objects.visible_to(clerk, Permission.MANAGE_ACCOUNTS)) == set()


def test_three_administrators_read_no_business_place(system_administrator):
    assert not system_administrator.scope()
    assert system_administrator.scope(Permission.MANAGE_ACCOUNTS).areas == ("529901",)
