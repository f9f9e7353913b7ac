"""The basic-education officer, a chain to work with, and places of 下寨小学."""

import datetime as dt

import pytest

from dropout.actions import chain, posts
from dropout.actions.posts import Whom
from dropout.models import ChainLink, Post
from tests import factories

from .cases import Clock


@pytest.fixture
def basic(db):
    return factories.user("宋静", ("basic_education_officer", factories.county()), username="basic")


@pytest.fixture
def linxia(basic) -> dict[str, ChainLink]:
    """The links of 双线三级 by label."""
    return {link.label: link for link in chain.pick_pattern(by=basic.as_actor(), code="linxia")}


@pytest.fixture
def put(basic):
    """Put somebody in office: ``put(link, place, "王强", "2020-09-01")``; the phone follows from the name."""

    def put(link, place, name: str, since: str = "2020-09-01", until: str = "", title: str = "") -> Post:
        days = [dt.date.fromisoformat(day) if day else None for day in (since, until)]
        return posts.appoint(
            by=basic.as_actor(), link=link, place=place, whom=whom(name, title), since=days[0], until=days[1]
        )

    return put


def whom(name: str, title: str = "") -> Whom:
    return Whom(name, phone_of(name), title)


def phone_of(name: str) -> str:
    return f"139{sum(map(ord, name)):08d}"


@pytest.fixture
def clock(monkeypatch) -> Clock:
    """Put the county's calendar to a day: ``clock.set("2020-10-12")``."""
    return Clock(monkeypatch)
