"""Facts without a column of their own: in the form, in the history, in closed and in later terms."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from povertyedu.audit.models import AuditEvent
from povertyedu.orgs.models import Term
from students.actions import promotion
from students.facts import BUILT_IN, NOT_CARRIED, amended
from students.models import Correction, CountyFact, Enrolment, FactChange, Student
from students.queries.promotion import changed_since
from tests import factories

from .test_record import CREATE, as_sent, edit_url, errors

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


@pytest.fixture
def own_facts(db):
    """One of each kind that a county may define."""
    return [
        factories.county_fact(),
        factories.county_fact("class_type", "班型", "choice", choices={"key": "重点班", "plain": "普通班"}),
        factories.county_fact("distance", "离校里程", "number", help_text="单位公里"),
        factories.county_fact("bus_fee", "校车费", "money"),
    ]


TYPED = {
    "fact_tier": "special", "fact_full_time": "0", "fact_repeater": "1", "fact_eats_at_school": "1", "fact_months": "5",
    "fact_fee_tuition": "1,312.5", "fact_ethnic_class": "0", "fact_class_type": "key", "fact_distance": "12", "fact_bus_fee": "80元",
}  # fmt: skip
KEPT = {
    "tier": "special", "full_time": False, "repeater": True, "eats_at_school": True, "months": 5,
    "fee_tuition": 131_250, "ethnic_class": False, "class_type": "key", "distance": 12, "bus_fee": 8_000,
}  # fmt: skip


def test_new_child_has_what_was_typed_and_nothing_else(client, clerk, filled, own_facts):
    client.force_login(clerk)

    client.post(CREATE, filled | TYPED)

    row = Enrolment.objects.get()
    assert row.facts == KEPT
    changes = AuditEvent.objects.get(action="students.register").changes
    assert changes["其他情况：困难等级"] == ["", "特别困难"]
    assert changes["其他情况：学费"] == ["", "1,312.50 元"]
    assert changes["其他情况：民族班"] == ["", "否"]
    assert "其他情况：随班就读" not in changes


def test_child_without_any_has_an_empty_object(client, clerk, filled):
    client.force_login(clerk)
    client.post(CREATE, filled)

    assert Enrolment.objects.get().facts == {}


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("fact_months", "四个半", "这一格应填整数；请去掉文字和小数后重新填写。"),
        ("fact_months", "-1", "“在学月数”应在 0 到 1,000,000 之间；请核对后重新填写。"),
        ("fact_fee_tuition", "12.345", "金额最多到分（两位小数）；请核对后重新填写。"),
        (
            "fact_fee_tuition",
            "1000000.01",
            "“学费”应在 0 到 1,000,000 元之间；请核对后重新填写。",
        ),
        ("fact_fee_tuition", "9" * 30, "最多 20 个字符；请核对后重新填写。"),
    ],
)
def test_number_that_is_none_is_refused_in_words(client, clerk, filled, field, typed, message):
    client.force_login(clerk)

    answer = client.post(CREATE, filled | {field: typed})

    assert errors(answer) == {field: [message]}
    assert not Student.objects.exists()


def test_form_sent_back_untouched_changes_nothing(client, clerk, luona, own_facts):
    Enrolment.objects.update(facts=KEPT | {"chosen": ["meals"]})
    client.force_login(clerk)
    url = edit_url(luona)

    client.post(url, as_sent(client, url))

    assert Enrolment.objects.get().facts == KEPT | {"chosen": ["meals"]}
    assert not AuditEvent.objects.exists()
    assert not FactChange.objects.exists()


def test_correction_is_in_the_history_and_marks_the_child(client, clerk, luona, autumn, own_facts):
    Enrolment.objects.update(facts={"tier": "general", "months": 5, "ethnic_class": True})
    client.force_login(clerk)
    url = edit_url(luona)

    client.post(
        url, as_sent(client, url, fact_tier="special", fact_months="", fact_ethnic_class="", fact_distance=3)
    )

    assert Enrolment.objects.get().facts == {"tier": "special", "distance": 3}
    assert AuditEvent.objects.get().changes == {
        "其他情况：困难等级": ["一般困难", "特别困难"],
        "其他情况：在学月数": ["5", ""],
        "其他情况：民族班": ["是", ""],
        "其他情况：离校里程": ["", "3"],
    }
    assert FactChange.objects.get().term == autumn


def test_change_by_somebody_else_refuses_this_one(client, clerk, luona):
    client.force_login(clerk)
    url = edit_url(luona)
    sent = as_sent(client, url, fact_tier="special")
    Enrolment.objects.update(facts={"integrated": True})

    answer = client.post(url, sent)

    assert "该档案已被他人修改" in str(errors(answer)["__all__"])
    assert Enrolment.objects.get().facts == {"integrated": True}


def test_retired_fact_is_out_of_the_form_and_stays_with_the_child(client, clerk, luona, own_facts):
    Enrolment.objects.update(facts={"ethnic_class": True})
    CountyFact.objects.filter(name="ethnic_class").update(is_active=False)
    client.force_login(clerk)
    url = edit_url(luona)
    form = client.get(url).context["form"]

    client.post(url, as_sent(client, url, fact_tier="special"))

    assert "fact_ethnic_class" not in form.fields
    assert "fact_class_type" in form.fields
    assert Enrolment.objects.get().facts == {"ethnic_class": True, "tier": "special"}
    page = client.get(reverse("students:detail", args=[luona.pk]))
    assert page.context["other_facts"] == [("困难等级", "特别困难"), ("民族班", "是")]


def test_correction_reaches_later_terms_only_with_what_lasts(client, clerk, luona, xiazhai, own_facts):
    spring = factories.term("2021-spring")
    row = luona.enrolments.get()
    later = Enrolment.objects.create(
        student=luona, term=spring, school=xiazhai, stage="primary", grade=5, facts={"distance": 7, "tier": "general"}
    )  # fmt: skip
    client.force_login(clerk)
    url = edit_url(luona, row.term_id)

    client.post(
        url,
        as_sent(client, url, fact_tier="special", fact_integrated="1", fact_fee_tuition="100", fact_ethnic_class="1", fact_distance=3),
    )  # fmt: skip

    later.refresh_from_db()
    assert later.facts == {"distance": 7, "tier": "general", "integrated": True, "ethnic_class": True}
    assert set(FactChange.objects.values_list("term", flat=True)) == {row.term_id, spring.pk}


def test_closed_term_needs_leave_for_other_facts(client, clerk, luona, autumn):
    Term.objects.update(is_closed=True)
    client.force_login(clerk)
    url = edit_url(luona)
    sent = as_sent(client, url, fact_tier="special")
    refused = client.post(url, sent)
    wrong = Correction.objects.create(
        enrolment=luona.enrolments.get(), facts=["boarding"], wanted="走读", reason="填错", requested_by="杨丽",
        state="approved", answered_at=timezone.now(), answered_by="周敏",
    )  # fmt: skip
    other = client.post(url, sent)
    Correction.objects.filter(pk=wrong.pk).update(facts=["other"])

    client.post(url, sent)

    assert "已关闭" in str(errors(refused)["__all__"])
    assert "不能同时改：其他情况：困难等级" in str(errors(other)["__all__"])
    assert Enrolment.objects.get().facts == {"tier": "special"}
    assert Correction.objects.get().state == "used"


def test_next_term_takes_over_what_lasts(administrator, clerk, xiazhai, own_facts):
    last = factories.term("2020-spring")
    child = factories.student(at=xiazhai, during=last, grade=4)
    Enrolment.objects.update(facts=KEPT | {"chosen": ["meals"], "integrated": True})
    autumn = factories.term("2020-autumn")
    run = promotion.open_promotion(by=clerk.as_actor(), to_term=autumn, school=xiazhai)

    promotion.apply(by=administrator.as_actor(), promotion=run)

    row = child.enrolments.get(term=autumn)
    lasting = {name: value for name, value in KEPT.items() if name not in NOT_CARRIED}
    assert row.facts == lasting | {"integrated": True}
    assert set(lasting) == {
        "tier",
        "full_time",
        "eats_at_school",
        "ethnic_class",
        "class_type",
        "distance",
        "bus_fee",
    }
    assert not changed_since(run).exists()
    Enrolment.objects.filter(pk=row.pk).update(facts=row.facts | {"months": 5})
    assert changed_since(run).count() == 1


def test_form_costs_the_same_with_one_fact_and_thirty(client, clerk, luona):
    client.force_login(clerk)
    factories.county_fact()
    one = queries(client, edit_url(luona)), queries(client, reverse("students:detail", args=[luona.pk]))
    for number in range(30):
        factories.county_fact(f"x{number}", f"某项{number}")
    Enrolment.objects.update(facts={f"x{number}": True for number in range(30)})

    many = queries(client, edit_url(luona)), queries(client, reverse("students:detail", args=[luona.pk]))

    assert many == one


def queries(client, url) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as captured:
        client.get(url)
    return len(captured)


def test_amended_takes_away_what_became_unknown():
    assert amended({"tier": "general", "months": 5}, {"months": None, "repeater": False}) == {
        "tier": "general",
        "repeater": False,
    }


@pytest.mark.parametrize("fact", BUILT_IN, ids=lambda fact: fact.name)
def test_cell_of_every_built_in_fact_is_read_back(fact):
    values = {"flag": [True, False], "choice": list(fact.choices), "number": [0, 7], "money": [0, 5, 123_456]}

    assert [fact.clean(fact.cell(value)).value for value in values[fact.kind]] == values[fact.kind]
    assert fact.clean("").value is None
