"""Two records of one child: found, and asked about once on the queue of the bureau."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.sealing import keyed_hash
from students.actions import duplicates
from students.models import DuplicatePair, Guardian, Student
from students.names import initial, normal_name, similar
from tests import factories

from .doubles import another, without_id

pytestmark = pytest.mark.django_db
QUEUE = reverse("students:duplicates")


# --- names ---


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("罗 娜", "罗娜", True),
        ("阿依·古丽", "阿依古丽", True),
        ("ＬＩ Ｍing", "li ming", True),
        ("罗娜", "罗那", False),
    ],
)
def test_normal_names_are_compared_without_dots_and_spaces(one, other, same):
    assert (normal_name(one) == normal_name(other)) is same


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("罗娜", "罗那", True),  # sounds alike
        ("羅娜", "罗娜", True),  # a traditional form: nobody here knows how it sounds
        ("王小雨", "王雨小", True),
        ("罗娜", "罗燕", False),
        ("罗娜", "罗娜娜", False),
        ("罗娜", "罗娜", False),  # the same is not similar
        ("罗娜", "吴敏", False),
        ("娜", "那", False),
    ],
)
def test_similar_names(one, other, alike):
    assert similar(one, other) is alike


def test_initials_follow_the_order_of_the_national_standard():
    assert [initial(c) for c in "阿罗娜张中鑫a"] == ["a", "l", "n", "z", "z", "", ""]


# --- finding ---


def found() -> list[tuple]:
    return [(p.first.name, p.second.name, p.grounds) for p in DuplicatePair.objects.order_by("pk")]


@pytest.mark.sql
def test_find_queues_pairs_once_by_name_and_birth(one, qingshi, autumn):
    other = another(qingshi, autumn)
    another(qingshi, autumn, birth_date=dt.date(2011, 1, 1))
    another(qingshi, autumn, name="罗敏")
    assert duplicates.find() == {"found": 1, "new": 1, "held": 0}
    assert found() == [("罗娜", "罗娜", ["name_birth"])]
    DuplicatePair.objects.update(state="different")
    assert duplicates.find() == {"found": 1, "new": 0, "held": 0}
    assert DuplicatePair.objects.get().state == "different"
    assert (DuplicatePair.objects.get().first, DuplicatePair.objects.get().second) == (one, other)


@pytest.mark.sql
def test_find_by_a_similar_name_only_while_one_has_no_id_number(one, qingshi, autumn):
    other = another(qingshi, autumn, name="罗那")
    assert duplicates.find()["found"] == 0  # two good ID numbers: two children
    without_id(other)
    duplicates.find()
    assert found() == [("罗娜", "罗那", ["similar_name"])]


@pytest.mark.sql
def test_find_by_guardian_by_tail_and_by_the_number_inside_a_student_no(one, qingshi, autumn):
    by_guardian = another(qingshi, autumn, birth_date=dt.date(2010, 5, 13))
    Guardian.objects.update(id_hash=keyed_hash("a"))
    Guardian.objects.exclude(student__in=[one, by_guardian]).update(id_hash="")
    no_birth = another(qingshi, autumn, birth_date=None, id_number=factories.id_number(5, birth="20100513"))
    Student.objects.filter(pk=no_birth.pk).update(id_tail_hash=one.id_tail_hash)
    Guardian.objects.filter(student=no_birth).update(id_hash="")
    by_number = another(qingshi, autumn, name="罗小娜", birth_date=None)
    Student.objects.filter(pk=one.pk).update(student_no="", student_no_hash=None)
    without_id(by_number, student_no=f"G{one.id_number}")
    duplicates.find()
    assert {(pair.second_id, tuple(pair.grounds)) for pair in DuplicatePair.objects.filter(first=one)} == {
        (by_guardian.pk, ("name_guardian",)), (no_birth.pk, ("id_tail",)), (by_number.pk, ("student_no",)),
    }  # fmt: skip


@pytest.mark.sql
def test_find_takes_the_same_queries_for_few_and_for_many(one, qingshi, autumn, db):
    another(qingshi, autumn)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            duplicates.find()
        return len(captured)

    few = queries()
    for _ in range(4):
        another(qingshi, autumn)
    assert queries() == few
    assert DuplicatePair.objects.count() == 15


def test_find_runs_as_a_job(client, administrator, one):
    client.force_login(administrator)
    response = client.post(reverse("students:find_duplicates"))
    assert response.headers["Location"].startswith("/jobs/")


# --- pages ---


def test_queue_and_pair_page_lead_through_a_merge(client, pair, aid_officer, administrator):
    client.force_login(aid_officer)
    assert [row[0] for row in client.get(QUEUE).context["rows"]] == [pair]
    page = reverse("students:pair", args=[pair.pk])
    content = client.get(page).content.decode()
    assert pair.first.id_number not in content
    assert "按双重学籍停发" in content
    empty = {line["label"] for line in client.get(page).context["facts"] if line["empty"]}
    assert (empty, content.count("都没有")) == ({"民族", "监护人证件号", "联系电话"}, 3)
    assert client.post(page, {"verb": "propose"}).status_code == 422
    assert client.post(page, {"verb": "nothing"}).status_code == 404
    assert client.post(page, {"verb": "propose", "keeper": pair.second_id}).headers["Location"] == QUEUE
    assert [step.verb for step, _ in client.get(page).context["steps"]] == ["refuse"]
    client.force_login(administrator)
    client.post(page, {"verb": "confirm"})
    pair.refresh_from_db()
    assert (pair.state, pair.first.merged_into) == ("merged", pair.second)
    assert client.post(page, {"verb": "ask_undo"}).status_code == 422
    client.post(page, {"verb": "ask_undo", "reason": "是两人"})
    assert "这是您提请的，须由另一人复核" in client.get(page).content.decode()
    client.post(page, {"verb": "undo"})
    assert DuplicatePair.objects.get().state == "undoing"
    client.force_login(aid_officer)
    assert [row[0] for row in client.get(QUEUE, {"tab": "proposed"}).context["rows"]] == [pair]
    client.post(page, {"verb": "undo"})
    client.post(page, {"verb": "tell_apart"})
    pair.refresh_from_db()
    assert pair.state == "different"
    assert [row[0] for row in client.get(QUEUE, {"tab": "different"}).context["rows"]] == [pair]
    client.post(page, {"verb": "ask_again", "reason": "再查"})
    pair.refresh_from_db()
    assert pair.state == "open"


def test_queue_takes_the_same_queries_for_one_and_for_many(client, pair, qingshi, autumn, aid_officer):
    client.force_login(aid_officer)
    client.get(QUEUE)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(QUEUE).status_code == 200
        return len(captured)

    few = queries()
    for _ in range(3):
        factories.pair(pair.first, another(qingshi, autumn))
    assert queries() == few
