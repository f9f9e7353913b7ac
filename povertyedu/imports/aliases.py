"""The words by which a kind's columns are found in a header: built in, and the county's own."""

from typing import NamedTuple

from .models import HeadingAlias


class Headed(NamedTuple):
    """What finding a header needs to know of a column."""

    name: str
    heading: str
    aliases: tuple[str, ...]
    required: bool


def headed_columns(resource) -> list[Headed]:
    """Return the columns of ``resource`` with the county's own aliases behind the built-in ones; one query."""
    own: dict[str, list[str]] = {}
    for column, text in HeadingAlias.objects.filter(kind=resource.kind).values_list("column", "text"):
        own.setdefault(column, []).append(text)
    return [
        Headed(column.name, column.heading, (*column.aliases, *own.get(column.name, ())), column.required)
        for column in resource.columns()
    ]
