from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Duty:
    """A kind of waiting work: who sees it, which rows it is, where it is done."""

    permission: str
    text: str
    rows: Callable  # user -> queryset
    since: str  # the field that says since when a row waits
    url_name: str
    query: str = ""  # of the address: the filter that leaves just these
