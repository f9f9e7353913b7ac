"""A list in the browser: what its address keeps, its tabs, its pages by key or all of it for print, a file of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.core.paginator import Paginator
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

    def shown(self, rows: QuerySet, export_url: str = "", *, newest_first: bool = True) -> dict:
        """Return what a page of ``rows`` by key shows: a page, or all of them where it is printed."""
        asked, page, cut = self.request.GET, None, ""
        if self.is_printed:
            found = list(rows.order_by("-pk" if newest_first else "pk")[: PRINTED_AT_MOST + 1])
            cut = cut_words(found, rows)
        else:
            page = key_page(
                rows,
                after=asked.get("after", ""),
                before=asked.get("before", ""),
                newest_first=newest_first,
            )
            found = page.rows
        return {
            "rows": found[:PRINTED_AT_MOST],
            "page": page,
            "cut": cut,
            "previous_url": page and page.previous and f"?{self.query(before=page.previous)}",
            "next_url": page and page.following and f"?{self.query(after=page.following)}",
            **self._urls(export_url),
        }

    def numbered(self, rows: QuerySet | Sequence, export_url: str = "", *, per_page: int = 50) -> dict:
        """Return what a page of ``rows``, in an order of their own, shows by its number; ``first`` is the place of its first."""
        size = PRINTED_AT_MOST if self.is_printed else per_page
        page = Paginator(rows, size).get_page("1" if self.is_printed else self.request.GET.get("page"))
        beyond = page.paginator.count - PRINTED_AT_MOST if self.is_printed else 0
        return {
            "rows": page.object_list,
            "page": None if self.is_printed else page,
            "first": page.start_index(),
            "cut": _told(page.paginator.count) if beyond > 0 else "",
            "total_text": f"共 {page.paginator.count:,} 条，第 {page.number}/{page.paginator.num_pages} 页",
            "previous_url": page.has_previous() and f"?{self.query(page=str(page.previous_page_number()))}",
            "next_url": page.has_next() and f"?{self.query(page=str(page.next_page_number()))}",
            **self._urls(export_url),
        }

    def _urls(self, export_url: str) -> dict:
        return {
            "printing": self.is_printed,
            "print_url": f"?{self.query()}&print=1",
            "export_url": f"{export_url}?{self.query()}",
        }


def cut_words(found: list, rows: QuerySet) -> str:
    """Return what a printed list says where ``found`` is not all of ``rows``, "" where it is."""
    return _told(rows.count()) if len(found) > PRINTED_AT_MOST else ""


def _told(total: int) -> str:
    return f"只打印前 {PRINTED_AT_MOST:,} 条，共 {total:,} 条；请缩小筛选范围，或导出 Excel。"


def handed_over(body: bytes, name: str, *, day=None) -> HttpResponse:
    """Return a workbook as a download that no cache keeps: name and day, today unless ``day`` is another."""
    response = HttpResponse(body, content_type=XLSX)
    name = f"{name}{day or timezone.localdate():%Y%m%d}.xlsx"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    response["Cache-Control"] = "no-store"
    return response
