"""Lists of records: one template, filled with heads and cells."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from povertyedu.ui.listing import PRINTED_AT_MOST
from povertyedu.ui.paging import key_page

from .chain import HOME


def crumbs(title: str, name: str, *more) -> list[tuple]:
    return [HOME, ("控辍保学", None), (title, reverse(name) if more else None), *more]


def cell(text: Any = "", **more: Any) -> dict:
    """Return a cell; ``more``: url with label, num, s (a state's shape), sub, wordy, screen (not printed)."""
    return {"text": f"{text:,}" if isinstance(text, int) and more.get("num") else text} | more


def row(*cells: dict | str | int, key: Any = None, problem: bool = False) -> dict:
    made = [each if isinstance(each, dict) else cell(each, num=isinstance(each, int)) for each in cells]
    return {"cells": made, "key": key, "problem": problem}


def heads(*texts: str) -> list[tuple[str, str]]:
    """Return heads with their classes; one that ends with # is of numbers, with ~ of what is done on the screen and not printed."""
    return [(text.rstrip("#~"), {"#": "num", "~": "no-print"}.get(text[-1:], "")) for text in texts]


def query_of(request, *names: str, **changes: Any) -> str:
    kept = {name: value for name in names if (value := request.GET.get(name))} | changes
    return urlencode({name: value for name, value in kept.items() if value not in ("", None)})


def paged(request, rows, *names: str) -> dict:
    """Return page, found rows and the addresses of the pages before and after; all rows to print."""
    if "print" in request.GET:
        return {"page": None, "found": list(rows[:PRINTED_AT_MOST]), "printing": True}
    page = key_page(rows, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    return {
        "page": page, "found": page.rows, "print_url": f"?{query_of(request, *names, print=1)}",
        "previous_url": page.previous and f"?{query_of(request, *names, before=page.previous)}",
        "next_url": page.following and f"?{query_of(request, *names, after=page.following)}",
    }  # fmt: skip


def table_page(request, *, status: int = 200, **context: Any) -> HttpResponse:
    return render(request, "dropout/records/list.html", context, status=status)
