"""The command that gives a fresh installation its first administrators."""

import json

import pytest
from django.core.management import CommandError, call_command

from povertyedu.accounts.models import Grant, User
from povertyedu.accounts.permissions import Permission
from povertyedu.audit.models import AuditEvent
from povertyedu.orgs.models import Area
from tests import factories


def run(capsys, *arguments):
    call_command("create_account", *arguments)
    return json.loads(capsys.readouterr().out)


def test_create_account_on_an_empty_database_makes_the_county_too(db, capsys):
    arguments = [
        "root",
        "钱系统",
        "--role",
        "system_administrator",
        "--place",
        "529901",
        "--place-name",
        "云岭县",
    ]

    answer = run(capsys, *arguments)

    user = User.objects.get()
    assert answer == {
        "username": "root", "name": "钱系统", "role": "system_administrator", "role_name": "系统管理员", "place": "云岭县",
        "password": answer["password"],
    }  # fmt: skip
    assert user.check_password(answer["password"])
    assert user.must_change_password
    assert user.can(Permission.MANAGE_ACCOUNTS)
    assert Area.objects.get().name == "云岭县"
    assert list(AuditEvent.objects.order_by("pk").values_list("by_name", "action")) == [
        ("系统", "accounts.create"), ("系统", "grants.give"),
    ]  # fmt: skip


def test_create_account_at_a_school_code(capsys, xiazhai):
    run(capsys, "yangli", "杨丽", "--role", "school_clerk", "--place", xiazhai.code)

    assert Grant.objects.get().school == xiazhai


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["clerk2", "杨丽", "--role", "school_clerk", "--place", "2199999999"], "没有代码为 2199999999 的县"),
        (
            ["clerk2", "杨丽", "--role", "school_clerk", "--place", "529901"],
            "“学校经办”不能授权到“云岭县”这一级。",
        ),
        (["clerk", "杨丽", "--role", "leader", "--place", "529901"], "这个账号已经有人使用，请换一个。"),
    ],
)
def test_create_account_refused_leaves_nothing(clerk, arguments, sentence):
    factories.county()
    with pytest.raises(CommandError) as refusal:
        call_command("create_account", *arguments)

    assert sentence in str(refusal.value)
    assert User.objects.count() == 1
    assert Grant.objects.count() == 1
