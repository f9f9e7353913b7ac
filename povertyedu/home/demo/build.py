"""The fictional county, from empty database to batches at every stage, in the order a real county would go."""

import io
import json
from collections.abc import Callable
from pathlib import Path

from django.core.management import call_command
from django.db import transaction

from povertyedu.options.registry import set_option
from povertyedu.orgs.models import School, Term
from povertyedu.workflow.flow import Actor
from subsidies.actions.policies import load_policy, pack_text
from subsidies.actions.recalculation import recalculate

from .accounts import open_accounts, staff_the_schools
from .batches import fill_every_stage
from .people import AUTUMN, SPRING, TERMS, People
from .places import Places
from .stories import STORIES, cast_all
from .workbooks import write_workbooks

CHILDREN = 12_000
BY = Actor(None, "演示数据", "")
# Shown on every page, list and ledger, so that nobody takes the demo's for real.
MARKS = {
    "county_name": "云岭县（演示）", "bureau_name": "云岭县教育局（演示）", "aid_office_phone": "0000-5290101",
}  # fmt: skip


class NotImported(Exception):
    """A workbook of the demo was not taken in whole; the message says which and how."""


def build(*, children: int, folder: Path, say: Callable[[str], None] = lambda step: None) -> dict[str, int]:
    """Make the county of about ``children`` children in each term and return what it holds.

    The database must be migrated and empty. Workbooks, the bank's answer and the stories are left in
    ``folder`` for the visitor. ``say`` is told each step in Chinese before it begins.
    """
    say("编造县、学校和学生")
    places = Places(children)
    people = People(places, children)
    cast = cast_all(people)
    people.settle()
    files = write_workbooks(places, people, folder)
    _write_stories(folder / "案例.txt")
    for key, value in MARKS.items():
        set_option(key, value, by_name=BY.name)
    say("导入行政区划和学校")
    _import("areas", files["areas"])
    _import("schools", files["schools"])
    _link_schools(places)
    for term in TERMS:
        say(f"导入 {term} 花名册和名单")
        for kind in ("roster", "registered-poor", "target-list"):
            _import(kind, files[f"{kind} {term}"], term)
        _import("categories", files["categories"], term)
    load_policy(text=pack_text("guiding"), by=BY)
    say("测算两学期应享")
    _recalculate()
    say("开立账号")
    staff_the_schools()
    open_accounts(Term.objects.get(pk=AUTUMN))
    say("办理各阶段的发放批次")
    with transaction.atomic():  # one commit instead of a thousand
        fill_every_stage(cast, folder)
    _import("registered-poor", files["supplement"], SPRING)
    _recalculate()
    return {"schools": len(places.schools), **{term: len(people.of(term)) for term in TERMS}}


def _import(kind: str, path: Path, term: str = "") -> dict:
    """Take a workbook in as ``manage.py import_workbook`` does; raise NotImported when a row is refused."""
    answer = io.StringIO()
    call_command("import_workbook", kind, str(path), **({"term": term} if term else {}), stdout=answer)
    counts = json.loads(answer.getvalue())
    if counts["rejected"] or counts["duplicates"]:
        raise NotImported(f"{path.name}: {counts}")
    return counts


@transaction.atomic
def _link_schools(places: Places) -> None:
    """Say which centre school reviews a school and which school a teaching point belongs to."""
    schools = {school.code: school for school in School.objects.all()}
    for plan in places.schools:
        school = schools[plan.code]
        school.centre = schools[plan.centre.code] if plan.centre else None
        school.parent = schools[plan.parent.code] if plan.parent else None
    School.objects.bulk_update(schools.values(), ["centre", "parent"])


def _recalculate() -> None:
    for term in TERMS:
        recalculate(term=Term.objects.get(pk=term), by=BY, trigger="演示数据", only_changed=True)


def _write_stories(path: Path) -> None:
    told = [f"{story.name}　{story.title}\n    {story.tell}\n" for story in STORIES]
    path.write_text(
        "演示县的几名学生（都是虚构的），在“学生管理”里按姓名查找：\n\n" + "\n".join(told), encoding="utf-8"
    )
