"""Who was sent to the next school and who arrived; nobody vanishes unseen."""

import pytest
from django.urls import reverse

from povertyedu.orgs.enums import SchoolKind
from students.actions import departures, promotion
from students.models import Departure, Enrolment
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


def test_child_sent_and_not_received_is_listed_by_name_until_found(
    client, run, pupils, clerk, junior, autumn
):
    promotion.apply(by=clerk.as_actor(), promotion=run)
    receiver = factories.user("初中经办", ("school_clerk", junior))
    client.force_login(receiver)
    page = client.get(reverse("students:departures") + f"?tab=to_be_received&term={autumn.pk}")
    assert [row["it"].student.name for row in page.context["rows"]] == ["六年生", "走失生"]
    arrived = pupils["六"].departures.get()
    client.post(reverse("students:receive"), {"departure": arrived.pk})
    row = Enrolment.objects.get(student=pupils["六"], term=autumn)
    assert (row.school, row.stage, row.grade, row.entered_on) == (junior, "junior", 1, autumn.starts_on)

    client.force_login(clerk)
    page = client.get(reverse("students:departures") + f"?term={autumn.pk}")
    assert [row["it"].student.name for row in page.context["rows"]] == ["走失生"]
    lost = pupils["走"].departures.get()
    url = reverse("students:departure", args=[lost.pk])
    assert client.post(url, {"destination": "outside", "responsible": "王校长"}).status_code == 422
    client.post(url, {"destination": "unknown", "responsible": "王校长", "note": "已上门两次"})
    assert Departure.objects.vanished().get().responsible == "王校长"
    client.post(url, {"destination": "outside", "responsible": "王校长", "whereabouts": "浙江义乌某小学"})
    assert not Departure.objects.vanished().exists()
    assert set(Departure.objects.settled().values_list("student__name", flat=True)) == {"六年生", "走失生"}


def test_stranger_cannot_receive_what_was_sent_to_another(client, run, pupils, clerk, neighbour, autumn):
    promotion.apply(by=clerk.as_actor(), promotion=run)
    client.force_login(neighbour)
    client.post(reverse("students:receive"), {"departure": pupils["六"].departures.get().pk})
    assert not Enrolment.objects.filter(student=pupils["六"], term=autumn).exists()


def test_liang_hou_sheng_is_tracked_until_in_vocational_school(junior, autumn, spring, administrator):
    child = factories.student("九年生", at=junior, during=spring, stage="junior", grade=3)
    run = promotion.open_promotion(by=administrator.as_actor(), to_term=autumn, area="529901")
    promotion.apply(by=administrator.as_actor(), promotion=run)
    departure = child.departures.get()
    departures.answer(
        by=administrator.as_actor(), departure=departure, destination="not_admitted", responsible="张主任"
    )
    assert Departure.objects.liang_hou_sheng().get() == departure
    departures.answer(
        by=administrator.as_actor(), departure=departure, destination="vocational", responsible="张主任",
        whereabouts="县职业中学",
    )  # fmt: skip
    assert not Departure.objects.liang_hou_sheng().exists()


@pytest.fixture
def graduate(junior, autumn, spring, administrator):
    """九年生, who left junior school at the turn to autumn."""
    child = factories.student("九年生", at=junior, during=spring, stage="junior", grade=3)
    run = promotion.open_promotion(by=administrator.as_actor(), to_term=autumn, area="529901")
    promotion.apply(by=administrator.as_actor(), promotion=run)
    return child.departures.get()


def test_liang_hou_sheng_at_work_is_tracked_in_later_terms_too(client, graduate, autumn, administrator):
    departures.answer(
        by=administrator.as_actor(), departure=graduate, destination="working", responsible="张主任", whereabouts="广东",
    )  # fmt: skip
    assert list(Departure.objects.liang_hou_sheng()) == [graduate]
    assert not Departure.objects.settled().exists()
    later = factories.term("2021-spring")
    client.force_login(administrator)
    for term in (autumn, later):
        page = client.get(reverse("students:departures"), {"tab": "liang_hou_sheng", "term": term.pk})
        assert [row["it"] for row in page.context["rows"]] == [graduate]
        assert "务工、就业" in page.content.decode()
    page = client.get(reverse("students:departures"), {"tab": "vanished", "term": later.pk})
    assert page.context["rows"] == []


def test_liang_hou_sheng_who_arrives_in_a_later_term_is_settled(graduate, junior, administrator):
    vocational = factories.school("云岭县职业中学", kind=SchoolKind.VOCATIONAL)
    departures.answer(
        by=administrator.as_actor(), departure=graduate, destination="working", responsible="张主任"
    )
    Enrolment.objects.create(
        student=graduate.student,
        term=factories.term("2021-spring"),
        school=vocational,
        stage="vocational",
        grade=1,
    )
    assert not Departure.objects.liang_hou_sheng().exists()
    assert Departure.objects.settled().get().arrived is True


def test_village_cadre_reads_vanished_children_of_the_village_but_changes_nothing(
    client, run, pupils, clerk, autumn
):
    promotion.apply(by=clerk.as_actor(), promotion=run)
    cadre = factories.user("村支书", ("village_cadre", factories.village()))
    client.force_login(cadre)
    page = client.get(reverse("students:departures") + f"?term={autumn.pk}")
    assert [row["it"].student.name for row in page.context["rows"]] == ["六年生", "走失生"]
    url = reverse("students:departure", args=[pupils["走"].departures.get().pk])
    assert client.get(url).status_code == 200
    assert client.post(url, {"destination": "unknown", "responsible": "我"}).status_code == 403
