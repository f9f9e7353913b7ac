"""Pages by key of lists that stand in the order of their keys."""

from dataclasses import dataclass

from django.db.models import QuerySet

PER_PAGE = 50
TOTAL_CAP = 10_000  # counting further costs more than the page itself


@dataclass(frozen=True)
class KeyPage:
    """One page; ``previous`` and ``following`` are keys, "" at the ends."""

    rows: list
    total: int
    previous: str
    following: str

    @property
    def total_text(self) -> str:
        return f"{TOTAL_CAP:,}+ 条" if self.total > TOTAL_CAP else f"共 {self.total:,} 条"


def key_page(rows: QuerySet, *, after: str = "", before: str = "", newest_first: bool = False) -> KeyPage:
    """Return the page of ``rows`` after or before a key; two queries for any size."""
    size = PER_PAGE
    backwards = bool(before) and not after
    key = after or before
    key = int(key) if key.isascii() and key.isdigit() and len(key) < 19 else None
    descending = backwards != newest_first
    total = rows.order_by().values("pk")[: TOTAL_CAP + 1].count()
    if key is not None:
        rows = rows.filter(**{f"pk__{'lt' if descending else 'gt'}": key})
    found = list(rows.order_by("-pk" if descending else "pk")[: size + 1])
    more = len(found) > size
    found = found[:size]
    if backwards:
        found.reverse()
    has_previous, has_following = (more, key is not None) if backwards else (key is not None, more)
    return KeyPage(
        rows=found,
        total=total,
        previous=str(found[0].pk) if found and has_previous else "",
        following=str(found[-1].pk) if found and has_following else "",
    )
