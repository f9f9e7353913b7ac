"""The 操作手册 under docs/manual, one page per role and a few chapters, shown as in-page help."""

from functools import cache

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

from povertyedu.accounts.permissions import Role

FOLDER = settings.BASE_DIR / "docs" / "manual"


def _title(path) -> str:
    return path.read_text(encoding="utf-8").partition("\n")[0].lstrip("# ").strip()


CHAPTERS = ("county_plans", "policy_packs")  # for whoever reads or writes policies, whatever the role
# Page name -> title, the index first, then a page per role, named and ordered as the roles are, then chapters.
MANUAL = {
    page: _title(path)
    for page in ("index", *map(str, Role), *CHAPTERS)
    if (path := FOLDER / f"{page}.md").exists()
}


def _link_open(self, tokens, index, options, env) -> str:
    """Let links between the files of the folder lead to the pages that show them."""
    target = str(tokens[index].attrGet("href"))
    if target.removesuffix(".md") in MANUAL:
        tokens[index].attrSet("href", reverse("home:manual_page", args=[target.removesuffix(".md")]))
    return self.renderToken(tokens, index, options, env)


@cache
def manual_html(page: str) -> SafeString:
    """Return a page as HTML; raw HTML in it stays text."""
    text = (FOLDER / f"{page}.md").read_text(encoding="utf-8")
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    markdown.add_render_rule("link_open", _link_open)
    return mark_safe(markdown.render(text))


def help_page_of(user) -> str:
    """Return the page of the manual for ``user``'s first role, the index without one."""
    return next((grant.role for grant in user.live_grants if grant.role in MANUAL), "index")
