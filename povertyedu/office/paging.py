"""Pages by key: a deep list is never counted beyond a cap nor skipped through by offset."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import QueryDict

PER_PAGE = 50
TOTAL_CAP = 10_000


@dataclass(frozen=True)
class Page:
    """One page of a list; an URL is "" at the end it would lead beyond."""

    rows: list
    total: int
    unit: str
    previous_url: str
    next_url: str
    per_page: int = PER_PAGE

    @property
    def total_text(self) -> str:
        return f"{TOTAL_CAP:,}+ {self.unit}" if self.total > TOTAL_CAP else f"共 {self.total:,} {self.unit}"


def page_of(
    rows: QuerySet, parameters: QueryDict, *, order: tuple[str, ...], newest_first=False, unit="条"
) -> Page:
    """Return the page that ``?after=`` or ``?before=`` of the address names, in two queries for any size.

    ``order`` are fields that together are unique, the last one alone enough to settle ties; a key
    in an address that cannot be read gives the first page.
    """
    backwards = "before" in parameters and "after" not in parameters
    key = _read_key(rows.model, order, parameters.get("after") or parameters.get("before") or "")
    total = rows.order_by().values("pk")[: TOTAL_CAP + 1].count()
    descending = newest_first != backwards
    beyond = rows.filter(_beyond(order, key, "lt" if descending else "gt")) if key else rows
    found = list(beyond.order_by(*(f"-{name}" if descending else name for name in order))[: PER_PAGE + 1])
    more = len(found) > PER_PAGE
    found = found[:PER_PAGE]
    if backwards:
        found.reverse()
    has_previous, has_next = (more, key is not None) if backwards else (key is not None, more)

    def url(name: str, row) -> str:
        kept = parameters.copy()
        kept.pop("after", None)
        kept.pop("before", None)
        kept[name] = "~".join(str(getattr(row, field)) for field in order)
        return f"?{kept.urlencode()}"

    return Page(
        rows=found,
        total=total,
        unit=unit,
        previous_url=url("before", found[0]) if found and has_previous else "",
        next_url=url("after", found[-1]) if found and has_next else "",
    )


def _read_key(model, order: tuple[str, ...], text: str) -> list | None:
    parts = text.rsplit("~", len(order) - 1)
    if not text or len(parts) != len(order) or "\x00" in text:
        return None
    try:
        return [model._meta.get_field(name).to_python(part) for name, part in zip(order, parts, strict=True)]
    except ValidationError:
        return None


def _beyond(order: tuple[str, ...], key: list, lookup: str) -> Q:
    """Return the rows after ``key`` in the order of all fields: (a, b) > (x, y)."""
    condition, equal = Q(), Q()
    for name, value in zip(order, key, strict=True):
        condition |= equal & Q(**{f"{name}__{lookup}": value})
        equal &= Q(**{name: value})
    return condition
