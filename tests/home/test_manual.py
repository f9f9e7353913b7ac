"""The 操作手册: a page for every role, true menu names, shown to whoever is logged in."""

import re

import pytest
from django.conf import settings
from django.urls import reverse

from povertyedu.accounts.permissions import ROLES, Role, may
from povertyedu.home.manual import CHAPTERS, FOLDER, MANUAL
from povertyedu.home.navigation import NAVIGATION

HEADINGS = ["你负责什么", "从哪里开始", "一步一步", "常见问题与错误提示怎么办", "不能做什么以及为什么"]
ENTRIES = [entry for _, entries in NAVIGATION for entry in entries]


SHOWN = "".join(
    path.read_text(encoding="utf-8")
    for folder in ("povertyedu", "students", "subsidies", "dropout", "projects", "teachers", "templates")
    for path in (settings.BASE_DIR / folder).rglob("*")
    if path.suffix in (".py", ".html")
)


def text_of(page: str) -> str:
    return (FOLDER / f"{page}.md").read_text(encoding="utf-8")


def menus_in(text: str) -> set[str]:
    """The menu names of a text: what stands in 「」, and nothing else does."""
    return set(re.findall(r"「([^」]*)」", text))


def part(text: str, heading: str) -> str:
    return text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def test_manual_has_a_page_for_every_role_and_an_index():
    assert set(MANUAL) == {"index", *CHAPTERS} | {str(role) for role in Role}


def test_index_links_to_every_page():
    assert set(re.findall(r"\]\((\w+)\.md\)", text_of("index"))) == {*map(str, Role), *CHAPTERS}


@pytest.mark.parametrize("role", list(Role))
def test_page_of_a_role_is_titled_by_its_name_and_has_the_five_parts(role):
    text = text_of(role)
    assert text.splitlines()[0] == f"# {ROLES[role].label}"
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == HEADINGS


@pytest.mark.parametrize("page", list(MANUAL))
def test_menu_names_of_a_page_are_in_the_navigation(page):
    assert menus_in(text_of(page)) <= {entry.label for entry in ENTRIES}


@pytest.mark.parametrize("page", list(MANUAL))
def test_quoted_words_of_a_page_stand_in_the_program(page):
    """What the manual puts in “” is a button, a column or a message; …… leaves out what varies."""
    quoted = set(re.findall(r"“([^”]+)”", text_of(page)))
    assert {words for words in quoted if not all(part in SHOWN for part in words.split("……"))} == set()


@pytest.mark.parametrize("role", list(Role))
def test_page_of_a_role_begins_with_the_menu_that_role_sees(role):
    seen = {
        entry.label for entry in ENTRIES if not entry.permissions or any(may(role, p) for p in entry.permissions)
    }  # fmt: skip
    assert menus_in(part(text_of(role), "从哪里开始")) == seen


@pytest.mark.parametrize("page", list(MANUAL))
def test_help_page_is_shown_to_whoever_is_logged_in(client, clerk, page):
    client.force_login(clerk)
    response = client.get(reverse("home:manual_page", args=[page]))
    assert response.status_code == 200
    assert f"<h1>{MANUAL[page]}</h1>" in response.content.decode()


def test_help_without_a_page_is_the_index_with_links_that_lead_on(client, clerk):
    client.force_login(clerk)
    html = client.get(reverse("home:manual")).content.decode()
    article = html.partition("<article")[2]
    links = re.findall(r'href="([^"]+)"', article.partition("</article>")[0])
    assert set(links) == {reverse("home:manual_page", args=[page]) for page in (*Role, *CHAPTERS)}


def test_help_page_that_is_not_there_is_404(client, clerk):
    client.force_login(clerk)
    assert client.get(reverse("home:manual_page", args=["nobody"])).status_code == 404


def test_help_asks_nobody_in_without_a_login(client, db):
    url = reverse("home:manual")
    response = client.get(url)
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("accounts:login"))
