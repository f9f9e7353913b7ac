"""The county's chains: picked from a plan, then changed link by link; a link that somebody holds stays."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from dropout.models import ChainLink
from dropout.patterns import PATTERNS, PatternLink
from povertyedu.audit.changes import changes_between
from povertyedu.audit.models import record
from povertyedu.orgs.calendar import today
from povertyedu.workflow.flow import Actor

APART = 1000  # positions while links change places


@transaction.atomic
def pick_pattern(*, by: Actor, code: str) -> list[ChainLink]:
    """Make the county's chains those of a plan; links that both have keep their holders.

    Raise ValidationError, and change nothing, where a link that the plan has not is still held by somebody.
    """
    pattern, present = PATTERNS[code], list(ChainLink.objects.active().select_for_update())
    kept = _matched(pattern.links, present)
    spare = [link for link in present if link not in kept.values()]
    if held := [f"“{link.label}”{count} 人" for link in spare if (count := _in_office(link))]:
        raise ValidationError(
            f"“{pattern.name}”没有这些层级，还有责任人在任：{'、'.join(held)}；请先把他们的任期办结，或逐个修改层级。"
        )
    for link in spare:
        _take_away(link, by)
    for number, link in enumerate(kept.values(), APART):
        ChainLink.objects.filter(pk=link.pk).update(position=number, label=f"#{link.pk}")
    made = [
        _put(wanted, kept.get(place), position, by)
        for place, (position, wanted) in enumerate(_numbered(pattern.links))
    ]
    record(by, action="chain.pick", subject=made[0], changes={"pattern": ["", pattern.name]})
    return made


def _numbered(links: tuple[PatternLink, ...]) -> list[tuple[int, PatternLink]]:
    """Return the links with their positions, from 1 in each line."""
    seen: dict[str, int] = {}
    numbered = []
    for link in links:
        seen[link.line] = seen.get(link.line, 0) + 1
        numbered.append((seen[link.line], link))
    return numbered


def _matched(wanted: tuple[PatternLink, ...], present: list[ChainLink]) -> dict[int, ChainLink]:
    """Return place in ``wanted`` -> the link of the county that stands for the same; equal labels first."""
    matched: dict[int, ChainLink] = {}
    for by_label in (True, False):
        for place, link in enumerate(wanted):
            if place in matched:
                continue
            same = (
                each
                for each in present
                if each not in matched.values()
                and (each.line, each.place_kind, each.from_homeroom)
                == (link.line, link.place_kind, link.from_homeroom)
                and (not by_label or each.label == link.label)
            )
            if found := next(same, None):
                matched[place] = found
    return matched


def _put(wanted: PatternLink, link: ChainLink | None, position: int, by: Actor) -> ChainLink:
    before = link and ChainLink(
        **{field.attname: getattr(link, field.attname) for field in ChainLink._meta.fields}
    )
    link = link or ChainLink(
        line=wanted.line, place_kind=wanted.place_kind, from_homeroom=wanted.from_homeroom
    )
    link.position, link.label = position, wanted.label
    link.save()
    if changes := changes_between(before, link):
        record(by, action=f"chain_link.{'update' if before else 'create'}", subject=link, changes=changes)
    return link


@transaction.atomic
def save_link(*, by: Actor, link: ChainLink) -> ChainLink:
    """Store a new link at the end of its line, or the new label of one."""
    before = None
    if link._state.adding:
        of_line = ChainLink.objects.active().filter(line=link.line)
        link.position = (of_line.aggregate(last=Max("position"))["last"] or 0) + 1
    else:
        before = ChainLink.objects.select_for_update().get(pk=link.pk)
    link.save()
    if changes := changes_between(before, link):
        record(by, action=f"chain_link.{'update' if before else 'create'}", subject=link, changes=changes)
    return link


@transaction.atomic
def move_link(*, by: Actor, link: ChainLink, up: bool) -> ChainLink:
    """Change places with the neighbour of the line; at the end nothing happens."""
    of_line = list(ChainLink.objects.active().filter(line=link.line).order_by("position").select_for_update())
    here = of_line.index(link)
    there = here - 1 if up else here + 1
    if 0 <= there < len(of_line):
        link, other = of_line[here], of_line[there]
        places = link.position, other.position
        for each, position in ((link, APART), (other, places[0]), (link, places[1])):
            each.position = position
            each.save(update_fields=["position"])
        record(by, action="chain_link.move", subject=link, changes={"position": [str(p) for p in places]})
    return link


@transaction.atomic
def remove_link(*, by: Actor, link: ChainLink) -> None:
    """Take a link away. Raise ValidationError where somebody holds it."""
    link = ChainLink.objects.select_for_update().get(pk=link.pk)
    if count := _in_office(link):
        raise ValidationError(f"“{link.label}”还有 {count} 人在任；请先把他们的任期办结，再去掉这一层级。")
    _take_away(link, by)


def _in_office(link: ChainLink) -> int:
    """Return how many hold ``link`` today or will."""
    return link.posts.still_to_serve(today()).count()


def _take_away(link: ChainLink, by: Actor) -> None:
    """Delete a link that nobody ever held; one with posts of the past stays for them."""
    record(by, action="chain_link.remove", subject=link, changes={"label": [link.label, ""]})
    if link.posts.exists():
        link.is_active = False
        link.save(update_fields=["is_active"])
    else:
        link.delete()
