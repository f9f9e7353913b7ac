"""Verbs of what is made public of projects: drawn up, approved by another person, public in versions, taken down."""

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils import timezone

from povertyedu.accounts.models import User
from povertyedu.accounts.permissions import Permission as P
from povertyedu.audit.models import record
from povertyedu.inbox.models import tell
from povertyedu.options.registry import options
from povertyedu.orgs.calendar import today
from povertyedu.orgs.enums import AreaLevel
from povertyedu.orgs.models import Area
from povertyedu.publicity import publications
from povertyedu.workflow.flow import Actor, StepRefused, advance
from projects.enums import DisclosureState
from projects.models import Disclosure, DisclosureDecision
from projects.queries.disclosure import paragraphs_of, sections_of
from projects.states import DISCLOSURE_FLOW


@transaction.atomic
def draw_up(*, by: Actor, kind: str, year: int, on: dt.date, note: str = "") -> Disclosure:
    """Draw up what is to be public of a year's projects as they stood on a day; the next version where there was one."""
    county = Area.objects.filter(level=AreaLevel.COUNTY).order_by("code").first()
    if county is None:
        raise StepRefused("还没有行政区划，请先导入县和乡镇。")
    last = Disclosure.objects.filter(area=county, kind=kind, year=year).order_by("-version").first()
    made = Disclosure(
        area=county, kind=kind, year=year, version=last.version + 1 if last else 1, on=on, note=note.strip(),
        content=_content(kind, year, on, note), drawn_by_id=by.id, drawn_by=by.name,
    )  # fmt: skip
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError as clash:
        raise StepRefused("这一年度的这项内容已有一份在办，请先办完或放弃。") from clash
    step = DISCLOSURE_FLOW["draw_up"]
    DisclosureDecision.append(made, step=step, old="", by=by, reason="", at=timezone.now())
    record(by, action="disclosure.draw_up", subject=made, changes={"state": ["", str(step.target)]})
    return made


@transaction.atomic
def draw_again(*, by: Actor, disclosure: Disclosure, on: dt.date, note: str = "") -> Disclosure:
    """Work a draft out again, as of another day or with other words; whoever does it is who drew it up."""
    locked = Disclosure.objects.select_for_update(no_key=True).get(pk=disclosure.pk)
    if not locked.may_be_drawn_again:
        raise StepRefused("已提交的不能再改；请审批人退回。")
    fields = {
        "on": on, "note": note.strip(), "content": _content(locked.kind, locked.year, on, note), "drawn_by_id": by.id, "drawn_by": by.name,
        "drawn_at": timezone.now(),
    }  # fmt: skip
    Disclosure.objects.filter(pk=locked.pk).update(**fields)
    record(by, action="disclosure.draw_again", subject=locked, changes={"on": [str(locked.on), str(on)]})
    locked.refresh_from_db()
    return locked


def _content(kind: str, year: int, on: dt.date, note: str) -> dict:
    if on > today():
        raise StepRefused("截至日期不能晚于今天。")
    sections = sections_of(kind, year, on)
    if not sections[-1]["rows"]:
        raise StepRefused(f"{year}年还没有项目，没有可以公开的内容；请先登记或导入项目。")
    paragraphs = paragraphs_of(kind, year, on, note.strip())
    publications.refuse_personal(paragraphs, sections)
    return {"paragraphs": paragraphs, "sections": sections}


@transaction.atomic
def submit(*, by: Actor, disclosure: Disclosure) -> Disclosure:
    """Ask another person to approve; from now on the content stays as it is."""
    advance(disclosure, DISCLOSURE_FLOW, "submit", by=by, submitted_at=timezone.now())
    for user in User.objects.who_may_at(P.APPROVE_PROJECTS, area=disclosure.area_id):
        tell(user, f"待审批公开：{disclosure}", url=disclosure.get_absolute_url(), tone="warn")
    return disclosure


@transaction.atomic
def publish(*, by: Actor, disclosure: Disclosure) -> Disclosure:
    """Approve as another person than who drew it up, and make it public; the version before gives way."""
    locked = Disclosure.objects.select_for_update(no_key=True).get(pk=disclosure.pk)
    if by.id is None or locked.drawn_by_id == by.id or _submitted_by(locked) == by.id:
        raise StepRefused("审批人不能是拟稿人，请由另一人审批。")
    if locked.state != DisclosureState.SUBMITTED:
        raise StepRefused("不能“批准并公开”：该事项已被处理或不在这一步，请刷新后再看。")
    same = Disclosure.objects.filter(area=locked.area, kind=locked.kind, year=locked.year)
    for old in same.filter(state=DisclosureState.PUBLISHED):
        advance(old, DISCLOSURE_FLOW, "replace", by=by, reason=f"第 {locked.version} 版公开")
    chosen = options("disclosure_days", "disclosure_after", "project_office_phone")
    paper = publications.publish(
        by=by, area=locked.area, about=f"projects.disclosure:{locked.pk}", series=locked.series, title=locked.title,
        paragraphs=locked.content["paragraphs"], sections=locked.content["sections"], phone=chosen["project_office_phone"],
        days=chosen["disclosure_days"], keep=chosen["disclosure_after"] == "存档可查",
    )  # fmt: skip
    advance(locked, DISCLOSURE_FLOW, "publish", by=by, decided_by_id=by.id, publication=paper)
    _tell_drawer(locked, f"已公开：{locked}", "ok")
    return locked


@transaction.atomic
def send_back(*, by: Actor, disclosure: Disclosure, reason: str) -> Disclosure:
    advance(disclosure, DISCLOSURE_FLOW, "return", by=by, reason=reason)
    _tell_drawer(disclosure, f"{disclosure}被退回：{reason}", "warn")
    return disclosure


@transaction.atomic
def withdraw(*, by: Actor, disclosure: Disclosure, reason: str) -> Disclosure:
    """Take down what is public, for a reason."""
    advance(disclosure, DISCLOSURE_FLOW, "withdraw", by=by, reason=reason)
    publications.withdraw(by=by, publication=disclosure.publication, reason=reason)
    return disclosure


def drop(*, by: Actor, disclosure: Disclosure) -> Disclosure:
    advance(disclosure, DISCLOSURE_FLOW, "drop", by=by)
    return disclosure


def _submitted_by(disclosure: Disclosure) -> int | None:
    last = disclosure.decisions.filter(verb="submit").last()
    return last.by_id if last else None


def _tell_drawer(disclosure: Disclosure, words: str, tone: str) -> None:
    user = User.objects.filter(pk=disclosure.drawn_by_id).first()
    tell(user, words, url=disclosure.get_absolute_url(), tone=tone)
