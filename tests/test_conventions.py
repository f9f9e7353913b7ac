"""Rules of the house that no reviewer should have to remember (CONTRIBUTING.md)."""

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db.migrations import operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.fields import FieldOperation
from django.template.loader import get_template
from django.utils.module_loading import import_string

ROOT = Path(settings.BASE_DIR)
PACKAGES = ("povertyedu", "students", "subsidies", "dropout", "projects", "teachers")
SOURCES = sorted(
    path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts
)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
# Apps by layer, bottom first: a foreign key may point to its own layer or below.
LAYERS = [
    {"audit", "options", "ui", "workflow"}, {"orgs"}, {"accounts"}, {"inbox", "files"}, {"jobs"}, {"findings", "indicators"}, {"imports", "publicity"},
    {"students", "teachers"}, {"subsidies", "dropout", "projects"}, {"office"}, {"home"},
]  # fmt: skip
LAYER_OF = {label: number for number, labels in enumerate(LAYERS) for label in labels}
# A file over 400 or a function over 40 lines needs a reason; here are the reasons.
LONG_FILES: dict[str, str] = {}
LONG_FUNCTIONS = {
    "povertyedu/ui/examples.py:key_figures": "example data of the gallery, one table",
    "povertyedu/ui/examples.py:queue": "example data of the gallery, one table",
}


def own_models():
    return [model for model in apps.get_models() if model._meta.app_label in LAYER_OF]


def test_every_foreign_key_points_down_or_sideways_in_its_own_app():
    upward = []
    for model in own_models():
        for field in model._meta.get_fields():
            if field.is_relation and field.concrete and field.related_model:
                here, there = model._meta.app_label, field.related_model._meta.app_label
                if there in LAYER_OF and here != there and LAYER_OF[there] >= LAYER_OF[here]:
                    upward.append(f"{model.__name__}.{field.name} -> {field.related_model.__name__}")
    assert upward == []


def test_every_model_and_field_has_a_chinese_name():
    bare = [
        f"{model.__name__}"
        for model in own_models()
        if not re.search(r"[\u4e00-\u9fff]", str(model._meta.verbose_name)) and not model._meta.auto_created
    ]
    assert bare == []


def test_no_junk_drawer_modules():
    names = {"utils", "helpers", "common", "core", "misc", "services"}
    assert [
        str(path.relative_to(ROOT)) for path in SOURCES if path.stem in names or path.parent.name in names
    ] == []


def test_views_read_only_through_visible_to():
    bare = []
    for path in SOURCES:
        if "views" not in (path.stem, path.parent.name):
            continue
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            if (
                re.search(r"\.objects\.(all|get|filter|exclude|first|in_bulk)\(", line)
                and "# everyone:" not in line
            ):
                bare.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    assert bare == [], "read through .visible_to(user), or say on the line why everyone may: # everyone: …"


def test_no_signals_and_no_save_overrides():
    found = []
    for path in SOURCES:
        text = path.read_text()
        in_models = "models" in (path.stem, path.parent.name)
        if "django.db.models.signals" in text or (in_models and "def save(self" in text):
            found.append(str(path.relative_to(ROOT)))
    assert found == []


def test_files_and_functions_are_short_or_have_a_reason():
    long = []
    for path in SOURCES:
        name = str(path.relative_to(ROOT))
        text = path.read_text()
        if len(text.splitlines()) > 400 and name not in LONG_FILES:
            long.append(f"{name}: {len(text.splitlines())} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno > 45:
                where = f"{name}:{node.name}"
                if where not in LONG_FUNCTIONS:
                    long.append(f"{where}: {node.end_lineno - node.lineno + 1} lines")
    assert long == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_template_compiles(path):
    get_template(str(path.relative_to(ROOT / "templates")))


def test_a_form_that_prints_itself_tells_its_errors_once():
    told = '{% include "components/error_summary.html" with form=form only %}'
    twice = [str(path) for path in TEMPLATES if told in path.read_text() and "{{ form }}" in path.read_text()]
    assert twice == [str(ROOT / "templates/components/form.html")]


def test_every_template_is_used():
    used = "\n".join(path.read_text() for path in [*SOURCES, *TEMPLATES])
    spare = []
    for path in TEMPLATES:
        name = str(path.relative_to(ROOT / "templates"))
        by_component = name.startswith("components/") and f'component "{path.stem}"' in used
        built_in = name in (
            "400.html",
            "403.html",
            "403_csrf.html",
            "404.html",
            "500.html",
        ) or name.startswith(("django/", "registration/"))
        if name not in used and not by_component and not built_in:
            spare.append(name)
    assert spare == []


def test_tables_that_stand_are_changed_while_triggers_stand_aside():
    """SQLite rebuilds a table to change it: bare, it loses its triggers, or is refused because another's names it."""
    changing = (
        FieldOperation,
        operations.AddConstraint,
        operations.RemoveConstraint,
        operations.RenameModel,
        operations.DeleteModel,
        operations.AlterModelTable,
    )
    bare = [
        f"{app}.{name}: {operation.describe()}"
        for (app, name), migration in MigrationLoader(None).disk_migrations.items()
        if app in LAYER_OF and not migration.initial
        for operation in migration.operations
        if isinstance(operation, changing)
    ]
    assert bare == []  # put them into povertyedu.schema.Altering


@pytest.mark.parametrize("registry", ["JOB_KINDS", "IMPORT_RESOURCES"])
def test_dotted_paths_of_settings_lead_somewhere(registry):
    for path in getattr(settings, registry).values():
        assert callable(import_string(path))


def test_the_project_speaks_only_of_itself():
    """No absolute path of a machine and no registry's host in what is kept."""
    private = re.compile(r"(?<![\w.])/(?:root|home/\w+|work)/|files\.pythonhosted\.org|registry\.npmjs\.org")
    kept = [
        *SOURCES,
        *TEMPLATES,
        *(ROOT / "docs").rglob("*.md"),
        ROOT / "requirements.txt",
        ROOT / "requirements-dev.txt",
    ]
    assert [
        str(path.relative_to(ROOT)) for path in kept if path.exists() and private.search(path.read_text())
    ] == []
