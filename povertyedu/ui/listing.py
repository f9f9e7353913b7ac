"""A list in the browser: what its address keeps, its tabs, its pages by key or all of it for print, a file of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header

from .paging import key_page

PRINTED_AT_MOST = 2000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Listing:
    """A list whose filter stands in the address; ``kept`` are the names that links of the page keep."""

    request: HttpRequest
    kept: Sequence[str]

    @property
    def is_printed(self) -> bool:
        return "print" in self.request.GET

    def query(self, **changes) -> str:
        """Return the address's query with ``changes``, without what is empty."""
        asked = self.request.GET
        kept = {name: value for name in self.kept if (value := asked.get(name))} | changes
        return urlencode({name: value for name, value in kept.items() if value})

    def tab(self, names: Iterable[str], usual: str) -> str:
        """Return the tab that the address asks for, ``usual`` where it asks for none there is."""
        asked = self.request.GET.get("tab", "")
        return asked if asked in names else usual

    def tabs(self, every: QuerySet, conditions: dict, active: str) -> list[dict]:
        """Return the tabs with their counts: name -> (word, condition on ``every``); one query."""
        counts = every.order_by().aggregate(
            **{f"in_{name}": Count("pk", filter=condition) for name, (_, condition) in conditions.items()}
        )
        return [
            {
                "text": text,
                "count": counts[f"in_{name}"],
                "active": name == active,
                "url": f"?{self.query(tab=name)}",
            }
            for name, (text, _) in conditions.items()
        ]

    def shown(self, rows: QuerySet, export_url: str) -> dict:
        """Return what a page of ``rows``, newest first, shows: a page by key, or all of them where it is printed."""
        asked = self.request.GET
        printing, page = self.is_printed, None
        if not printing:
            page = key_page(
                rows, after=asked.get("after", ""), before=asked.get("before", ""), newest_first=True
            )
        return {
            "rows": page.rows if page else list(rows.order_by("-pk")[:PRINTED_AT_MOST]),
            "page": page,
            "printing": printing,
            "previous_url": page and page.previous and f"?{self.query(before=page.previous)}",
            "next_url": page and page.following and f"?{self.query(after=page.following)}",
            "print_url": f"?{self.query()}&print=1",
            "export_url": f"{export_url}?{self.query()}",
        }


def handed_over(body: bytes, name: str, *, day=None) -> HttpResponse:
    """Return a workbook as a download that no cache keeps: name and day, today unless ``day`` is another."""
    response = HttpResponse(body, content_type=XLSX)
    name = f"{name}{day or timezone.localdate():%Y%m%d}.xlsx"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    response["Cache-Control"] = "no-store"
    return response
