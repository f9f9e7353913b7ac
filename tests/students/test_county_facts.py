"""Facts a county defines for itself: added on a page, retired, never lost."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.audit.models import AuditEvent
from povertyedu.workflow.flow import Actor, StepRefused
from students.actions.county_facts import save_fact
from students.models import CountyFact, Enrolment
from tests import factories

LIST, NEW = reverse("students:county_facts"), reverse("students:county_fact_new")
CHOICE = {"label": "班型", "name": "class_type", "kind": "choice", "choices": "key 重点班\nplain  普通班\n", "help_text": ""}  # fmt: skip
BY = Actor(None, "测试", "")
pytestmark = [pytest.mark.django_db, pytest.mark.sql]


def step(client, fact, verb):
    return client.post(reverse("students:county_fact_step", args=[fact.pk, verb]), follow=True)


def test_fact_is_added_with_its_choices_and_logged(client, administrator):
    client.force_login(administrator)

    answer = client.post(NEW, CHOICE)

    fact = CountyFact.objects.get()
    assert answer.headers["Location"] == LIST
    assert (fact.name, fact.label, fact.kind, fact.created_by) == ("class_type", "班型", "choice", "陈数据")
    assert fact.choices == {"key": "重点班", "plain": "普通班"}
    assert AuditEvent.objects.get().action == "county_fact.create"
    assert "重点班、普通班" in client.get(LIST).text


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"name": "stage"}, "name"),
        ({"name": "fee_tuition"}, "name"),
        ({"name": "fact_x"}, "name"),
        ({"name": "班型"}, "name"),
        ({"name": "9x"}, "name"),
        ({"label": "学段"}, "label"),
        ({"label": "手机号"}, "label"),
        ({"label": "困难等级"}, "label"),
        ({"label": "学员"}, "label"),
        ({"label": "＊ ："}, "label"),
        ({"choices": ""}, "choices"),
        ({"choices": "key 重点班"}, "choices"),
        ({"choices": "key 重点班\nkey 普通班"}, "choices"),
        ({"choices": "key 重点班\nplain 重点班"}, "choices"),
        ({"choices": "重点班\n普通班"}, "choices"),
        ({"kind": "flag"}, "choices"),
        ({"kind": "date"}, "kind"),
    ],
)
def test_fact_that_would_be_misunderstood_is_refused(client, administrator, typed, field):
    client.force_login(administrator)
    client.post(reverse("imports:aliases") + "?kind=roster", {"column": "name", "text": "学员"})

    answer = client.post(NEW, CHOICE | typed)

    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {field}
    assert not CountyFact.objects.exists()


def test_second_fact_of_a_name_is_refused(client, administrator):
    factories.county_fact()
    client.force_login(administrator)

    answer = client.post(NEW, {"label": "民族班", "name": "ethnic_class", "kind": "flag"})

    assert set(answer.context["form"].errors) == {"name", "label"}


@pytest.mark.parametrize(
    "fields",
    [{"name": "民族班"}, {"kind": "choice"}, {"kind": "flag", "choices": {"a": "甲", "b": "乙"}}],
)
def test_database_refuses_a_fact_that_is_none(fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.county_fact(**{"name": "x", "label": "某项"} | fields)


def test_wording_can_be_changed_and_a_choice_nobody_has_dropped(client, administrator):
    client.force_login(administrator)
    client.post(NEW, CHOICE)
    fact = CountyFact.objects.get()
    page = reverse("students:county_fact", args=[fact.pk])

    client.post(
        page, CHOICE | {"label": "班级类型", "name": "x", "kind": "flag", "choices": "key 重点\nmid 中等"}
    )

    fact.refresh_from_db()
    assert (fact.name, fact.kind, fact.label) == ("class_type", "choice", "班级类型")
    assert fact.choices == {"key": "重点", "mid": "中等"}


def test_choice_that_somebody_has_stays(luona):
    fact = factories.county_fact("class_type", "班型", "choice", choices={"key": "重点班", "plain": "普通班"})
    Enrolment.objects.update(facts={"class_type": "key"})
    fact.choices = {"plain": "普通班", "other": "其他"}

    with pytest.raises(StepRefused) as refusal:
        save_fact(by=BY, fact=fact)

    assert str(refusal.value) == "已有学生填了“重点班”，这个选项不能去掉，可以改名称。"


def test_kind_stays(db):
    fact = factories.county_fact()
    fact.kind = "number"

    with pytest.raises(StepRefused):
        save_fact(by=BY, fact=fact)

    assert CountyFact.objects.get().kind == "flag"


def test_fact_is_retired_restored_and_deleted_while_nobody_has_it(client, administrator, luona):
    fact = factories.county_fact()
    client.force_login(administrator)

    step(client, fact, "retire")
    retired = CountyFact.objects.get().is_active
    step(client, fact, "retire")
    step(client, fact, "restore")
    restored = CountyFact.objects.get().is_active
    Enrolment.objects.update(facts={"ethnic_class": False})
    refused = step(client, fact, "delete")
    Enrolment.objects.update(facts={})
    step(client, fact, "delete")

    assert (retired, restored) == (False, True)
    assert "已有学生填了“民族班”，不能删除" in refused.text
    assert not CountyFact.objects.exists()
    assert list(AuditEvent.objects.order_by("pk").values_list("action", flat=True)) == [
        "county_fact.retire",
        "county_fact.restore",
        "county_fact.delete",
    ]
    assert client.post(reverse("students:county_fact_step", args=[fact.pk, "explode"])).status_code == 404


def test_list_costs_the_same_for_one_and_thirty(client, administrator):
    client.force_login(administrator)
    factories.county_fact()
    one = queries(client)
    for number in range(30):
        factories.county_fact(f"x{number}", f"某项{number}")

    assert queries(client) == one


def queries(client) -> int:
    with CaptureQueriesContext(connection) as captured:
        client.get(LIST)
    return len(captured)
