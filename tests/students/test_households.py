"""建档立卡户: found by number or head, its members each once, read by the village's own people."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.sealing import keyed_hash
from students.actions import duplicates
from students.models import HardshipStatus
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
LIST = reverse("students:households")


@pytest.fixture
def home(db):
    return factories.household()


@pytest.fixture
def cadre(db):
    return factories.user("村支书", ("village_cadre", factories.village()))


def member(
    of, name: str, number: str, relation: str, *, since=dt.date(2016, 1, 1), **fields
) -> HardshipStatus:
    return HardshipStatus.objects.create(
        id_hash=keyed_hash(number), id_number=number, name=name, category=1, since=since, source="poverty_office", household=of,
        relation=relation, **fields,
    )  # fmt: skip


@pytest.fixture
def family(home, luona):
    """The head, 罗娜 at school, and a cousin who is on no roster."""
    member(home, "罗娜", luona.id_number, "子女", person_no="3")
    member(home, "罗小山", factories.id_number(501, birth="20180101"), "侄子", person_no="2")
    member(home, "罗丽浩", factories.id_number(500, birth="19800101"), "户主", person_no="1")
    return home


def page_of(client, household):
    return client.get(reverse("students:household", args=[household.pk]))


def test_household_shows_head_village_and_members_with_the_children_linked(client, cadre, family, luona):
    client.force_login(cadre)
    page = page_of(client, family)
    text = page.content.decode()
    assert [(m.entry.name, m.student) for m in page.context["members"]] == [
        ("罗丽浩", None), ("罗小山", None), ("罗娜", luona),
    ]  # fmt: skip
    for shown in ("5299010000000006", "罗丽浩", "城关镇", "红星村", "未脱贫", "3 人，其中有学生档案 1 人"):
        assert shown in text
    assert reverse("students:detail", args=[luona.pk]) in text
    assert luona.id_number not in text


def test_member_of_several_entries_and_two_numbers_is_one(
    client, aid_officer, administrator, family, luona, qingshi, autumn
):
    HardshipStatus.objects.filter(id_hash=luona.id_hash).update(until=dt.date(2019, 12, 31))
    member(family, "罗娜", luona.id_number, "子女", since=dt.date(2020, 1, 1), counts=False, person_no="3")
    twin = factories.student("罗娜", at=qingshi, during=autumn)
    member(family, "罗娜", twin.id_number, "子女", person_no="3")
    pair = factories.pair(luona, twin)
    duplicates.propose(by=aid_officer.as_actor(), pair=pair, keeper=luona)
    duplicates.confirm(by=administrator.as_actor(), pair=pair)
    client.force_login(aid_officer)
    page = page_of(client, family)
    assert [m.entry.name for m in page.context["members"]] == ["罗丽浩", "罗小山", "罗娜"]
    assert page.context["members"][2].student == luona


def test_household_is_read_by_its_village_township_and_county_alone(
    client, cadre, clerk, aid_officer, family
):
    elsewhere = factories.user("外村干部", ("village_cadre", factories.village("529901100002", "永丰村")))
    township = factories.user("乡镇干部", ("township_officer", factories.township()))
    other = factories.user("外乡干部", ("township_officer", factories.township("529901101", "青石镇")))
    found = {}
    for user in (cadre, township, aid_officer, elsewhere, other, clerk):
        client.force_login(user)
        listed = client.get(LIST)
        rows = len(listed.context["rows"]) if listed.status_code == 200 else None
        found[user.name] = (page_of(client, family).status_code, rows)
    assert found == {
        "村支书": (200, 1), "乡镇干部": (200, 1), "周敏": (200, 1), "外村干部": (404, 0), "外乡干部": (404, 0), "杨丽": (403, None),
    }  # fmt: skip


def test_household_without_a_village_is_the_countys(client, cadre, aid_officer):
    lost = factories.household("5299010000000099")
    lost.area = None
    lost.save()
    client.force_login(cadre)
    assert page_of(client, lost).status_code == 404
    client.force_login(aid_officer)
    assert page_of(client, lost).status_code == 200


def test_number_leads_to_the_household_and_stands_in_no_address(client, cadre, aid_officer, family):
    client.force_login(cadre)
    answer = client.post(LIST, {"q": " 5299010000000006 "})
    assert answer.headers["Location"] == reverse("students:household", args=[family.pk])
    answer = client.post(LIST, {"q": "5299010000000007"}, follow=True)
    assert "管辖范围内没有这个户编号" in answer.content.decode()
    assert "0000007" not in answer.request["QUERY_STRING"]
    stranger = factories.user("外村干部", ("village_cadre", factories.village("529901100002", "永丰村")))
    client.force_login(stranger)
    assert "管辖范围内没有这个户编号" in client.post(LIST, {"q": family.number}, follow=True).content.decode()


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ({"q": "罗丽"}, ["5299010000000006"]),
        ({"q": "王"}, []),
        ({"township": "529901100"}, ["5299010000000006"]),
        ({"township": "529901101"}, ["5299010000000008"]),
        ({"township": "529901100", "village": "529901100001"}, ["5299010000000006"]),
        (
            {"township": "529901101", "village": "529901100001"},
            ["5299010000000008"],
        ),  # of the township before
        ({"exit_status": "exited_enjoying"}, ["5299010000000008"]),
        ({"q": ""}, ["5299010000000006", "5299010000000008"]),
    ],
)
def test_list_is_narrowed_by_head_place_and_exit(client, aid_officer, family, sent, found):
    area = factories.village("529901101001", "大田村")
    factories.household("5299010000000008", area=area, head_name="吴老三", exit_status="exited_enjoying")
    client.force_login(aid_officer)
    page = client.post(LIST, sent, follow=True)
    assert [row.number for row, _ in page.context["rows"]] == found


def test_filter_that_is_not_valid_matches_nothing(client, aid_officer, family):
    client.force_login(aid_officer)
    assert client.get(LIST, {"exit_status": "x"}).context["rows"] == []
    assert client.get(LIST, {"township": "x"}).context["rows"] == []


def test_child_page_leads_to_the_household_of_who_may_open_it(client, clerk, cadre, family, luona):
    address = reverse("students:household", args=[family.pk])
    seen = {}
    for user in (clerk, cadre):
        client.force_login(user)
        page = client.get(reverse("students:detail", args=[luona.pk])).content.decode()
        seen[user.name] = (family.number in page, address in page)
    assert seen == {"杨丽": (True, False), "村支书": (True, True)}


def test_pages_take_the_same_queries_for_one_and_for_many(client, cadre, family, xiazhai, autumn):
    client.force_login(cadre)
    page_of(client, family)

    def queries() -> list[int]:
        counts = []
        for url in (LIST, reverse("students:household", args=[family.pk])):
            with CaptureQueriesContext(connection) as captured:
                assert client.get(url).status_code == 200
            counts.append(len(captured))
        return counts

    few = queries()
    for number in range(30):
        factories.household(f"52990200000000{number:02d}")
        child = factories.student(f"学生{number}", at=xiazhai, during=autumn)
        member(family, child.name, child.id_number, "子女")
    assert queries() == few
