"""Logging in: lock-out, time-out, first and old passwords, nothing kept in caches."""

import datetime as dt

import pytest
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from povertyedu.audit.models import AuditEvent
from tests.factories import PASSWORD

LOGIN = "/accounts/login/"
WRONG = "Wrong#2020"


def log_in(client, username="clerk", password=PASSWORD):
    return client.post(LOGIN, {"username": username, "password": password})


def test_login_with_right_password_goes_on_and_is_logged(client, clerk):
    response = client.post(
        f"{LOGIN}?next=/accounts/password/",
        {"username": "clerk", "password": PASSWORD, "next": "/accounts/password/"},
    )

    assert response.status_code == 302
    assert response.url == "/accounts/password/"
    assert list(AuditEvent.objects.values_list("by_id", "by_name", "by_role", "action")) == [
        (clerk.pk, "杨丽", "学校经办", "accounts.log_in")
    ]


def test_login_with_next_elsewhere_stays_here(client, clerk):
    response = client.post(LOGIN, {"username": "clerk", "password": PASSWORD, "next": "https://example.org/"})

    assert "example.org" not in response.url


def test_login_with_wrong_password_says_what_to_do(client, clerk):
    response = log_in(client, password=WRONG)

    assert response.status_code == 200
    assert "账号或密码不正确，请重新输入。连续输错 5 次，该账号锁定 30 分钟。" in response.text
    assert AuditEvent.objects.get().action == "accounts.log_in_failed"


def test_failed_login_of_unknown_name_leaves_no_name_in_the_log(client, db):
    log_in(client, username=PASSWORD, password=WRONG)

    assert not AuditEvent.objects.exists()


def test_fifth_failure_locks_the_account_even_for_the_right_password(client, clerk):
    answers = [log_in(client, password=WRONG).status_code for _ in range(5)]
    locked = [log_in(client) for _ in range(2)][-1]

    assert answers == [200, 200, 200, 200, 429]
    assert locked.status_code == 429
    assert "账号已锁定 30 分钟" in locked.text
    assert list(AuditEvent.objects.order_by("pk").values_list("action", flat=True)) == [
        *["accounts.log_in_failed"] * 4, "accounts.locked_out",
    ]  # fmt: skip


def test_lock_out_holds_one_account_not_the_school_behind_the_address(client, clerk, neighbour):
    for _ in range(5):
        log_in(client, password=WRONG)

    assert log_in(client, username="neighbour").status_code == 302


def test_lock_out_ends_after_thirty_minutes(client, clerk):
    for _ in range(5):
        log_in(client, password=WRONG)
    AccessAttempt.objects.update(attempt_time=timezone.now() - dt.timedelta(minutes=31))

    assert log_in(client).status_code == 302


def test_trying_again_while_locked_does_not_begin_the_time_anew(client, clerk):
    for _ in range(5):
        log_in(client, password=WRONG)
    AccessAttempt.objects.update(attempt_time=timezone.now() - dt.timedelta(minutes=29))
    log_in(client, password=WRONG)

    left = AccessAttempt.objects.get().attempt_time + dt.timedelta(minutes=30) - timezone.now()
    assert left < dt.timedelta(minutes=1)


def test_form_of_an_old_page_is_refused_in_chinese(clerk):
    client = Client(enforce_csrf_checks=True)

    response = log_in(client)

    assert response.status_code == 403
    assert "这个页面放得太久" in response.text


def test_success_forgets_earlier_failures(client, clerk):
    for _ in range(4):
        log_in(client, password=WRONG)
    log_in(client)
    client.logout()

    assert log_in(client, password=WRONG).status_code == 200


def test_disabled_account_cannot_log_in_and_is_out_at_once(client, clerk):
    client.force_login(clerk)
    clerk.is_active = False
    clerk.save()

    assert client.get("/accounts/password/").status_code == 302
    assert log_in(client).status_code == 200


def test_anonymous_page_asks_for_login_and_comes_back(client, db):
    response = client.get("/accounts/password/?a=1")

    assert response.url == "/accounts/login/?next=%2Faccounts%2Fpassword%2F%3Fa%3D1"


def test_session_run_out_is_told_on_the_login_page(client, clerk):
    client.force_login(clerk)
    Session.objects.update(expire_date=timezone.now() - dt.timedelta(seconds=1))

    response = client.get("/accounts/password/", follow=True)

    assert response.redirect_chain[0][0] == "/accounts/login/?next=%2Faccounts%2Fpassword%2F&expired=1"
    assert "登录已失效：超过 30 分钟没有操作" in response.text


def test_session_lasts_thirty_minutes_from_the_last_click(client, clerk):
    client.force_login(clerk)
    client.get("/accounts/password/")

    left = Session.objects.get().expire_date - timezone.now()
    assert dt.timedelta(minutes=29) < left <= dt.timedelta(minutes=30)


def test_session_run_out_under_htmx_moves_the_window(client, clerk):
    client.force_login(clerk)
    Session.objects.update(expire_date=timezone.now() - dt.timedelta(seconds=1))

    response = client.get("/accounts/password/", headers={"HX-Request": "true"})

    assert response.status_code == 200
    assert response.headers["HX-Redirect"] == "/accounts/login/?expired=1"


@pytest.mark.parametrize(
    ("must_change", "days", "sent"), [(True, 0, True), (False, 90, True), (False, 89, False)]
)
def test_first_or_old_password_must_be_changed_first(client, clerk, must_change, days, sent):
    clerk.must_change_password = must_change
    clerk.password_changed_at = timezone.now() - dt.timedelta(days=days)
    clerk.save()
    client.force_login(clerk)

    response = client.get("/no-such-page/")

    assert (response.status_code == 302 and response.url == "/accounts/password/") is sent


def test_first_password_under_htmx_moves_the_window(client, clerk):
    clerk.must_change_password = True
    clerk.save()
    client.force_login(clerk)

    response = client.get("/no-such-page/", headers={"HX-Request": "true"})

    assert response.headers["HX-Redirect"] == "/accounts/password/"


def test_logged_in_pages_are_kept_in_no_cache(client, clerk):
    client.force_login(clerk)

    assert client.get("/accounts/password/").headers["Cache-Control"] == "no-store"


def test_login_page_is_plain_under_the_content_security_policy(client, db):
    response = client.get(LOGIN)

    assert "style=" not in response.text
    assert "<script>" not in response.text
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]


def change(client, new, again=None, old=PASSWORD):
    return client.post(
        "/accounts/password/",
        {"old_password": old, "new_password1": new, "new_password2": new if again is None else again},
    )


def test_password_changed_keeps_the_session_and_starts_the_ninety_days_again(client, clerk):
    clerk.must_change_password = True
    clerk.save()
    client.force_login(clerk)

    response = change(client, "Hongxing-77")

    clerk.refresh_from_db()
    assert response.status_code == 302
    assert clerk.check_password("Hongxing-77")
    assert clerk.must_change_password is False
    assert timezone.now() - clerk.password_changed_at < dt.timedelta(minutes=1)
    assert client.get("/accounts/password/").status_code == 200
    assert AuditEvent.objects.get().action == "accounts.change_password"
    assert AuditEvent.objects.get().changes == {}


@pytest.mark.parametrize(
    ("new", "again", "old", "sentence"),
    [
        (PASSWORD, None, PASSWORD, "新密码不能与原密码相同，请换一个。"),
        ("onlylowercase", None, PASSWORD, "密码须含小写字母、大写字母、数字、其他符号中的至少三类。"),
        ("Aa1#", None, PASSWORD, "密码太短，至少 8 位。"),
        ("Hongxing-77", "Hongxing-78", PASSWORD, "两次输入的新密码不一样，请重新输入。"),
        ("Hongxing-77", None, WRONG, "原密码不正确，请重新输入。"),
    ],
)
def test_password_refused_says_why(client, clerk, new, again, old, sentence):
    client.force_login(clerk)

    response = change(client, new, again, old)

    clerk.refresh_from_db()
    assert response.status_code == 200
    assert sentence in response.text
    assert clerk.check_password(PASSWORD)


def test_logout_ends_the_session_and_is_logged(client, clerk):
    client.force_login(clerk)

    response = client.post(reverse("accounts:logout"))

    assert response.url == "/accounts/login/"
    assert client.get("/accounts/password/").url == "/accounts/login/?next=%2Faccounts%2Fpassword%2F"
    assert AuditEvent.objects.get().action == "accounts.log_out"
