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
from .attendance import fill_attendance
from .batches import leave_autumn_waiting, pay_spring
from .care import look_after_teachers
from .cases import follow_children
from .chains import set_up_chains
from .deployments import send_teachers, suggest_moves
from .duties import set_up_duties
from .letters import ask_a_county
from .money import book_money
from .people import AUTUMN, SPRING, TERMS, People
from .places import Places
from .projects import build_schools
from .recoveries import find_too_much
from .recruiting import recruit_and_train
from .screening import screen_and_count
from .stories import STORIES, cast_all
from .teachers import staff_with_teachers
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
    load_policy(text=pack_text("guiding"), by=BY)
    _hand_in(SPRING, files, say)
    open_accounts(Term.objects.named(AUTUMN))
    say("办理春季的发放批次")
    with transaction.atomic():  # one commit instead of a thousand
        pay_spring(cast, folder)
    _hand_in(AUTUMN, files, say)
    staff_the_schools()
    set_up_chains()
    screen_and_count(AUTUMN)
    say("办理秋季各阶段的发放批次")
    with transaction.atomic():
        leave_autumn_waiting(cast)
        ask_a_county(AUTUMN)
        book_money()
        find_too_much(cast)
        follow_children(AUTUMN)
    say("登记两周考勤，算预警")
    fill_attendance(BY)
    say("登记建设项目，采购设备，做半年检查")
    with transaction.atomic():
        build_schools(Term.objects.named(AUTUMN))
    say("核定编制，聘任教师，办理支教轮岗、补助、待遇，记校际帮扶")
    _work_with_teachers()
    say("签责任状，排工作历，报上月月报")
    set_up_duties()
    return {"schools": len(places.schools), **{term: len(people.of(term)) for term in TERMS}}


@transaction.atomic
def _work_with_teachers() -> None:
    """Who teaches comes first: the rest is done for them."""
    staff_with_teachers()
    send_teachers()
    suggest_moves()
    look_after_teachers()
    recruit_and_train()


def _hand_in(term: str, files: dict[str, Path], say: Callable[[str], None]) -> None:
    """Import roster and lists of a term, then bring every term's entitlements up to them."""
    say(f"导入 {term} 花名册和名单，测算应享")
    for kind in ("roster", "registered-poor", "target-list", "away"):
        if f"{kind} {term}" in files:
            _import(kind, files[f"{kind} {term}"], term)
    _import("categories", files["categories"], term)
    for known in Term.objects.order_by("starts_on"):
        recalculate(term=known, by=BY, trigger="导入名单", only_changed=True)


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


def _write_stories(path: Path) -> None:
    told = [f"{story.name}　{story.title}\n    {story.tell}\n" for story in STORIES]
    path.write_text(
        "演示县的几名学生（都是虚构的），在“学生管理”里按姓名查找：\n\n" + "\n".join(told), encoding="utf-8"
    )
