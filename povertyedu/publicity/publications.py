"""Verbs of what any app makes public (公开): papers of text and tables about money and work, with nobody personal in them.

An app hands over finished paragraphs and sections; nothing is known here of what they are about. Papers of one ``series`` ("projects.
disclosure.plan:2026") are versions of each other: the newest is public, those before it lead to it.
"""

import datetime as dt
import re
from collections.abc import Sequence
from typing import TypedDict

from django.db import transaction
from django.utils import timezone

from povertyedu.audit.models import record
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Area
from povertyedu.workflow.flow import SYSTEM, Actor, StepRefused

from .models import Publication, PublicationState

KINDS = ("text", "int", "money", "percent")  # money: whole fen
# A mobile number, an identity number or a bank account: no figure of a paper is that long, money is no text.
PERSONAL = re.compile(r"(?<![0-9])(?:1[3-9](?:[ -]?[0-9]){9}|[0-9](?:[ -]?[0-9]){13,}[0-9Xx])(?![0-9])")


class Section(TypedDict):
    """A table: ``heads`` are [heading, kind of KINDS]; a row and the total have one cell per head, None for none."""

    title: str
    heads: list[list[str]]
    rows: list[list]
    total: list | None


@transaction.atomic
def publish(
    *, by: Actor, area: Area, about: str, series: str, title: str, paragraphs: Sequence[str], sections: Sequence[Section], phone: str,
    days: int | None, keep: bool,
) -> Publication:  # fmt: skip
    """Make a paper public from today, for ``days`` (None: without end); kept as archive afterwards, or gone. It replaces the series' last."""
    refuse_personal([title, *paragraphs], sections)
    last = (
        Publication.objects.select_for_update(no_key=True).filter(series=series).order_by("-version").first()
    )
    Publication.objects.filter(series=series, state=PublicationState.PUBLIC).update(
        state=PublicationState.REPLACED, ended_at=timezone.now()
    )
    content = {"paragraphs": list(paragraphs), "sections": [_checked(section) for section in sections]}
    made = Publication.objects.create(
        area=area, about=about, series=series, version=last.version + 1 if last else 1, title=title, content=content,
        digest=Publication.digest_of(content), opens_on=today(), closes_on=today() + dt.timedelta(days=days) if days else None,
        keep=keep, phone=phone,
    )  # fmt: skip
    record(by, action="publication.publish", subject=made)
    return made


def refuse_personal(texts: Sequence[str], sections: Sequence[Section]) -> None:
    """Raise StepRefused where a text has what looks like a person's number."""
    for text in texts:
        if PERSONAL.search(text):
            raise StepRefused(f"“{text[:30]}”里像是有身份证号、手机号或账号，不能公开；请删去后再办。")
    for section in sections:
        for number, row in enumerate(section["rows"], start=1):
            for (heading, _), cell in zip(section["heads"], row, strict=True):
                if isinstance(cell, str) and PERSONAL.search(cell):
                    raise StepRefused(
                        f"“{section['title']}”第 {number} 行的“{heading}”里像是有身份证号、手机号或账号，不能公开；请改好后再办。"
                    )


def _checked(section: Section) -> Section:
    """Return the section as it is kept; a shape or kind that is not known is a programming error."""
    heads = [[str(heading), kind] for heading, kind in section["heads"]]
    if unknown := [kind for _, kind in heads if kind not in KINDS]:
        raise ValueError(f"unknown kind of column: {unknown[0]}")
    lines = [*section["rows"], *([section["total"]] if section["total"] else [])]
    for line in lines:
        if len(line) != len(heads) or not all(cell is None or type(cell) in (str, int) for cell in line):
            raise ValueError(f"a row of {section['title']} does not fit its heads")
    return {"title": section["title"], "heads": heads, "rows": section["rows"], "total": section["total"]}


@transaction.atomic
def withdraw(*, by: Actor, publication: Publication, reason: str) -> Publication:
    """Take a paper down, for a reason; what was public and its digest stay on file."""
    if not reason.strip():
        raise StepRefused("撤下公开内容必须填写理由。")
    taken = Publication.objects.filter(
        pk=publication.pk, state__in=[PublicationState.PUBLIC, PublicationState.ARCHIVED]
    ).update(state=PublicationState.WITHDRAWN, ended_at=timezone.now())
    if not taken:
        raise StepRefused("这份公开内容已经撤下或有了新版。")
    record(by, action="publication.withdraw", subject=publication, reason=reason)
    publication.refresh_from_db()
    return publication


def end_expired() -> int:
    """Put the papers whose last day is over into the archive, or away; runs every day, safe to run twice."""
    ended = 0
    for paper in Publication.objects.filter(state=PublicationState.PUBLIC, closes_on__lt=today()):
        state = PublicationState.ARCHIVED if paper.keep else PublicationState.ENDED
        with transaction.atomic():
            if Publication.objects.filter(pk=paper.pk, state=PublicationState.PUBLIC).update(
                state=state, ended_at=timezone.now()
            ):
                record(SYSTEM, action="publication.end", subject=paper)
                ended += 1
    return ended
