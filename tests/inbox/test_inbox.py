"""A person's messages: unread first, opened to where they are dealt with, never to somewhere else."""

import pytest
from django.urls import reverse

from povertyedu.inbox.models import Message, tell


@pytest.fixture
def page(client, clerk):
    client.force_login(clerk)
    return client


def texts(response):
    return [message.text for message in response.context["rows"]]


def test_list_shows_own_messages_unread_first_newest_first(page, clerk, neighbour):
    old, *_ = [tell(clerk, text) for text in ("旧", "新一", "新二")]
    later = tell(clerk, "后来已读")
    tell(neighbour, "别人的")
    Message.objects.filter(pk__in=[old.pk, later.pk]).mark_read()

    response = page.get(reverse("inbox:list"))

    assert texts(response) == ["新二", "新一", "后来已读", "旧"]
    assert response.context["unread"] == 2


@pytest.mark.sql
def test_list_pages_by_key_across_unread_and_read(page, clerk):
    made = [tell(clerk, f"消息{number:03d}") for number in range(120)]
    Message.objects.filter(pk__in=[m.pk for m in made[60:]]).mark_read()
    expected = [f"消息{n:03d}" for n in [*range(59, -1, -1), *range(119, 59, -1)]]

    shown, address = [], reverse("inbox:list")
    for _ in range(3):
        response = page.get(address)
        shown += texts(response)
        address = reverse("inbox:list") + response.context["next_url"]

    assert shown == expected
    assert response.context["next_url"] == ""


@pytest.mark.parametrize("after", ["x", "new-", "new-²", "other-3", "old-" + "9" * 30])
def test_list_with_a_wrong_key_shows_the_first_page(page, clerk, after):
    tell(clerk, "花名册核对完成")

    assert texts(page.get(reverse("inbox:list"), {"after": after})) == ["花名册核对完成"]


def test_open_marks_read_and_leads_to_the_place(page, clerk):
    message = tell(clerk, "花名册核对完成", url="/imports/7/")

    response = page.get(reverse("inbox:open", args=[message.pk]))

    assert (response.status_code, response.url) == (302, "/imports/7/")
    message.refresh_from_db()
    assert message.read_at is not None


@pytest.mark.parametrize("url", ["", "https://example.org/", "//example.org/", "javascript:alert(1)"])
def test_open_never_leads_elsewhere(page, clerk, url):
    message = tell(clerk, "看这里", url=url)

    assert page.get(reverse("inbox:open", args=[message.pk])).url == "/inbox/"


def test_open_message_of_another_is_not_found(page, neighbour):
    message = tell(neighbour, "别人的")

    assert page.get(reverse("inbox:open", args=[message.pk])).status_code == 404
    message.refresh_from_db()
    assert message.read_at is None


def test_read_all_marks_only_own_messages(page, clerk, neighbour):
    tell(clerk, "一")
    tell(clerk, "二")
    tell(neighbour, "别人的")

    response = page.post(reverse("inbox:read_all"))

    assert response.url == "/inbox/"
    assert list(Message.objects.unread().values_list("text", flat=True)) == ["别人的"]


def test_read_all_is_post_only(page):
    assert page.get(reverse("inbox:read_all")).status_code == 405
