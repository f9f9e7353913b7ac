"""薄弱学校: each has a contact person and measures of its own, or is told to have none (facts 2 row 2)."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from dropout.models import WeakSchool
from povertyedu.audit.models import AuditEvent
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
LIST, NEW = reverse("dropout:weak_schools"), reverse("dropout:weak_school_new")


@pytest.fixture
def typed(clock, xiazhai) -> dict:
    clock.set("2020-10-12")
    return {"school": xiazhai.pk, "reason": "五年流失三人", "listed_on": "2020-10-12"}


def lines(page) -> list[list[str]]:
    return [[str(each["text"]) for each in line["cells"]] for line in page.context["rows"]]


def figures(page) -> list[int]:
    return [each["value"] for each in page.context["figures"]]


def test_weak_school_without_contact_or_measures_is_told_until_it_has_both(client, basic, typed, xiazhai):
    client.force_login(basic)
    assert client.post(NEW, typed).headers["Location"] == LIST
    page = client.get(LIST)
    assert (figures(page), lines(page)) == (
        [1, 1, 1],
        [["城关镇下寨小学", "没有联系人", "没有对策", "五年流失三人", xiazhai.area.path, "2020-10-12"]],
    )
    assert page.context["rows"][0]["problem"]
    weak = WeakSchool.objects.get()
    said = {"contact": "宋静", "phone": "13900000001", "measures": "每周送教研到校，开一条接送线路"}
    client.post(reverse("dropout:weak_school", args=[weak.pk]), typed | said)
    page = client.get(LIST, {"print": "1"})
    assert (figures(page), lines(page)[0][1:3], page.context["rows"][0]["problem"]) == (
        [1, 0, 0], ["宋静 13900000001", "每周送教研到校，开一条接送线路"], False,
    )  # fmt: skip
    assert AuditEvent.objects.filter(action="weak_school.keep").count() == 2
    client.post(reverse("dropout:weak_school", args=[weak.pk]), typed | said | {"closed_on": "2020-10-12"})
    assert figures(client.get(LIST)) == [0, 0, 0]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"reason": ""}, "必填"), ({"school": "0"}, "有效"), ({"listed_on": "x"}, "日期"), ({"closed_on": "2020-10-11"}, "移出日期不能早于列入日期"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_and_nothing_written(client, basic, typed, wrong, told):
    client.force_login(basic)
    answer = client.post(NEW, typed | wrong)
    assert (answer.status_code, WeakSchool.objects.count()) == (422, 0)
    assert told in str(answer.context["form"].errors) or answer.context["form"].errors


def test_school_is_on_the_list_once(client, basic, typed, xiazhai):
    client.force_login(basic)
    client.post(NEW, typed)
    again = client.post(NEW, typed)
    assert (again.status_code, "已在薄弱学校名单里" in again.content.decode()) == (422, True)
    with pytest.raises(IntegrityError, match="school_is_weak_once|weakschool"), transaction.atomic():
        WeakSchool.objects.create(school=xiazhai, reason="x", by_name="宋静")


def test_school_and_township_read_their_own_and_change_nothing(client, basic, typed, clerk, neighbour):
    client.force_login(basic)
    client.post(NEW, typed)
    weak = WeakSchool.objects.get()
    officer = factories.user("石磊", ("township_officer", factories.township()))
    for user, many in ((clerk, 1), (officer, 1), (neighbour, 0)):
        client.force_login(user)
        assert len(client.get(LIST).context["rows"]) == many
        assert client.post(reverse("dropout:weak_school", args=[weak.pk]), typed).status_code == 403
