"""What is offered for a wrong cell: the exact name alone, the nearest of the same township, never the same text again."""

import pytest

from tests import factories

from .conftest import roster
from .test_fixing import assert_counted, only_wrong, send, suggested

pytestmark = pytest.mark.django_db

TOWNSHIPS = {"529901100": "城关镇", "529901101": "青石镇", "529901102": "马场镇", "529901103": "松坪乡"}


@pytest.fixture
def places(db):
    """Four townships, in each a 下寨小学; in the first three a 下寨村."""
    schools = {}
    for code, name in TOWNSHIPS.items():
        area = factories.township(code, name)
        schools[name] = factories.school(f"{name}下寨小学", area=area)
        if name != "松坪乡":
            factories.village(f"{code}007", "下寨村")
    factories.village()
    return schools


def offered(client, administrator, checked, school, **cells) -> tuple:
    client.force_login(administrator)
    batch = checked(roster(school, 1, **cells), by=administrator)
    return batch, suggested(client, batch)


@pytest.mark.parametrize(
    "cells",
    [
        {"学校标识码": "9999999999", "学校名称": "松坪乡下寨小学"},
        {"学校标识码": "", "学校名称": "松坪下寨小学"},
        {"学校标识码": "", "学校名称": "云岭县松坪乡下寨完小"},
        {"学校标识码": "", "学校名称": "松坪乡下塞小学"},
    ],
)
def test_school_of_the_township_that_is_named_is_offered_alone(client, administrator, checked, places, cells):
    wanted = places["松坪乡"]

    batch, labels = offered(client, administrator, checked, wanted, **cells)

    assert labels == [f"学校改为“松坪乡下寨小学”（{wanted.code}）"]
    send(client, "accept", batch, only_wrong(batch), label=labels[0])
    assert batch.counts["created"] == 1
    assert_counted(batch)


@pytest.mark.parametrize("name", ["下寨小学", "白水乡下寨中学", "松坪乡红星小学"])
def test_school_that_could_be_any_of_many_is_not_guessed(client, administrator, checked, places, name):
    cells = {"学校标识码": "", "学校名称": name}

    _, labels = offered(client, administrator, checked, places["城关镇"], **cells)

    assert labels == []


def test_village_of_several_townships_offers_the_townships(client, administrator, checked, places):
    cells = {"户籍乡镇": "", "户籍村": "下寨村"}

    batch, labels = offered(client, administrator, checked, places["城关镇"], **cells)

    assert labels == [f"户籍乡镇改为“{name}”" for name in sorted(["城关镇", "青石镇", "马场镇"])]
    send(client, "accept", batch, only_wrong(batch), label=labels[0])
    assert batch.counts["created"] == 1
    assert_counted(batch)


def test_village_that_stays_unclear_is_not_offered(client, administrator, checked, places):
    cells = {"户籍乡镇": "", "户籍村": "下塞村"}

    _, labels = offered(client, administrator, checked, places["城关镇"], **cells)

    assert labels == []
