"""Rules for templates, and the gallery that shows every component."""

import re
from hashlib import sha256
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.template import Context, Template, engines

from povertyedu.ui.middleware import POLICY

ROOT = Path(__file__).resolve().parent.parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
COMPONENTS = sorted((ROOT / "templates" / "components").glob("*.html"))
NOT_IN_GALLERY = {"error_page"}  # has the page's only h1; shown by the error pages below

# The two files must be what npm's bootstrap@5.3.3 ships; a changed package must be looked at.
DIGESTS = {
    "js-lib-bootstrap5/css/bootstrap.min.css": "3c8f27e6009ccfd710a905e6dcf12d0ee3c6f2ac7da05b0572d3e0d12e736fc8",
    "js-lib-bootstrap5/js/bootstrap.bundle.min.js": "0833b2e9c3a26c258476c46266e6877fc75218625162e0460be9a3a098a61c6c",
}


def name_of(path):
    return str(path.relative_to(ROOT / "templates"))


@pytest.fixture
def gallery(client, db, settings):
    settings.ROOT_URLCONF = "tests.ui.urls"
    return client.get("/ui/gallery/")


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_template_compiles_and_has_nothing_inline(path):
    engines["django"].get_template(name_of(path))
    text = path.read_text()
    assert re.findall(r"\sstyle=|<style|\son[a-z]+=|javascript:|<script(?![^>]*\ssrc=)", text) == []


@pytest.mark.parametrize("path", COMPONENTS, ids=name_of)
def test_component_says_what_it_needs(path):
    head = re.match(
        r"{% comment %}\n(.+)\nRequired: (.+)\nOptional: (.+)\nExample: (.+)\n{% endcomment %}",
        path.read_text(),
    )
    assert head is not None


def test_gallery_shows_every_component(gallery):
    assert gallery.status_code == 200
    shown = {template.name for template in gallery.templates}
    assert {path.stem for path in COMPONENTS if name_of(path) not in shown} == NOT_IN_GALLERY


def test_gallery_is_part_of_development_only(client, db):
    assert client.get("/ui/gallery/").status_code != 200


def test_every_response_carries_the_policy(gallery):
    assert gallery.headers["Content-Security-Policy"] == POLICY
    assert POLICY == (
        "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'; object-src 'none'; "
        "frame-ancestors 'none'; form-action 'self'; base-uri 'self'"
    )


@pytest.mark.parametrize("code", [400, 403, 404, 500])
def test_error_page_needs_no_context(code):
    markup = engines["django"].get_template(f"{code}.html").render()
    assert markup.count("<h1>") == 1
    assert 'href="/"' in markup


@pytest.mark.parametrize(("name", "digest"), DIGESTS.items())
def test_bootstrap_is_the_file_we_looked_at(name, digest):
    assert sha256(Path(finders.find(name)).read_bytes()).hexdigest() == digest


def test_assets_of_the_base_template_exist():
    text = (ROOT / "templates" / "components" / "assets.html").read_text()
    names = re.findall(r"{% static '([^']+)' %}", text)
    assert [name for name in names if not finders.find(name)] == []
    sheets = {f"ui/css/{path.name}" for path in (ROOT / "povertyedu/ui/static/ui/css").glob("*.css")}
    elsewhere = "".join(path.read_text() for path in (ROOT / "templates").rglob("*.html"))
    assert [sheet for sheet in sorted(sheets) if sheet not in elsewhere] == []


def test_styles_keep_to_what_chromium_86_knows():
    for sheet in (ROOT / "povertyedu/ui/static/ui/css").glob("*.css"):
        newer = re.findall(
            r":has\(|:is\(|:where\(|@layer|@container|\binset:|aspect-ratio|color-mix", sheet.read_text()
        )
        assert (sheet.name, newer) == (sheet.name, [])


def test_component_tag_wraps_a_block_and_escapes_its_values():
    template = Template('{% component "panel" name="p" title=title %}<p>{{ text }}</p>{% endcomponent %}')
    markup = template.render(Context({"title": "<甲>", "text": "<乙>"}))
    assert '<h2 id="p-title">&lt;甲&gt;</h2>' in markup
    assert "<p>&lt;乙&gt;</p>" in markup


def test_component_tag_passes_the_csrf_token():
    template = Template(
        '{% component "confirm_page" title="同意" text="" action="/" button="同意" %}{% endcomponent %}'
    )
    assert 'name="csrfmiddlewaretoken" value="secret"' in template.render(Context({"csrf_token": "secret"}))


@pytest.mark.parametrize(
    ("state", "shape"), [("ok", "●"), ("warn", "▲"), ("bad", "■"), ("doing", "◐"), ("todo", "○")]
)
def test_status_has_shape_and_word(state, shape):
    template = Template('{% include "components/status.html" with s=s t="甲" only %}')
    markup = template.render(Context({"s": state})).strip()
    assert markup == f'<span class="status status-{state}"><i aria-hidden="true">{shape}</i>甲</span>'


def test_progress_polls_only_while_the_job_runs():
    template = Template(
        '{% include "components/progress.html" with name="j" title="导入" done=1 total=2 poll_url=url only %}'
    )
    assert 'hx-trigger="every 2s"' in template.render(Context({"url": "/jobs/1/"}))
    assert "hx-" not in template.render(Context({"url": None}))
