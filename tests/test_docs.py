"""What the documents say of the code must stay true: links, transition tables, settings."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from povertyedu.findings.states import FINDING_FLOW
from projects.states import ACCEPTANCE_FLOW, GAP_FLOW, PROJECT_FLOW, PURCHASE_FLOW, REQUEST_FLOW
from subsidies.states import ALLOCATION_FLOW, BATCH_FLOW, EXCHANGE_FLOW, SHEET_FLOW
from teachers.states.allowances import ROLL_FLOW
from teachers.states.allowances import SHEET_FLOW as ALLOWANCE_SHEET_FLOW
from teachers.states.care import AID_FLOW
from teachers.states.deployment import DEPLOYMENT_FLOW
from teachers.states.establishment import EXCESS_FLOW

ROOT = Path(settings.BASE_DIR)
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "deploy" / "README.md"],
    key=lambda path: path.relative_to(ROOT),
)
ARCHITECTURE = ROOT / "docs" / "architecture.md"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_of_a_document_lead_to_files(path):
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text(encoding="utf-8"))
    assert [target for target in targets if not (path.parent / target).exists()] == []


@pytest.mark.parametrize(
    ("heading", "flow"),
    [
        ("Batch", BATCH_FLOW),
        ("School sheet", SHEET_FLOW),
        ("Allocation", ALLOCATION_FLOW),
        ("Question to the county of study", EXCHANGE_FLOW),
        ("Finding", FINDING_FLOW),
        ("Project", PROJECT_FLOW),
        ("Gap", GAP_FLOW),
        ("Purchase", PURCHASE_FLOW),
        ("Acceptance", ACCEPTANCE_FLOW),
        ("Request for project money", REQUEST_FLOW),
        ("Request to go over the establishment", EXCESS_FLOW),
        ("Deployment of a teacher", DEPLOYMENT_FLOW),
        ("Monthly allowances", ROLL_FLOW),
        ("Aid in serious illness", AID_FLOW),
        ("Allowances of a school", ALLOWANCE_SHEET_FLOW),
    ],  # fmt: skip
)
def test_transition_table_of_the_architecture_is_that_of_the_code(heading, flow):
    section = ARCHITECTURE.read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    told = {}
    for row in re.findall(r"^\| (?!step|---)(.*) \|$", section, re.MULTILINE):
        label, verb, sources, target, _who, reason = (cell.strip() for cell in row.split("|"))
        states = re.findall(r"`(\w+)`", sources), *re.findall(r"`(\w+)`", target)
        told[verb.strip("`")] = (label, *states, reason == "yes")
    assert told == {
        step.verb: (step.label, [str(state) for state in step.sources], str(step.target), step.needs_reason)
        for step in flow.transitions
    }


def test_every_setting_from_outside_is_told_to_operators():
    told = (ROOT / "deploy" / "README.md").read_text(encoding="utf-8")
    sources = "".join(path.read_text() for path in (ROOT / "povertyedu" / "settings").glob("*.py"))
    read = set(re.findall(r"[\"'](POVERTYEDU_[A-Z_]+|DATABASE_URL|REDIS_URL)[\"']", sources))
    assert sorted(name for name in read - {"POVERTYEDU_DEBUG"} if f"`{name}`" not in told) == []
