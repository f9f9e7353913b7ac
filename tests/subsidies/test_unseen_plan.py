"""A plan nobody has seen is data alone: published from its file, its own facts defined, children of the registry paid by it to the fen."""

import datetime as dt
import json
from pathlib import Path

import pytest
from django.core.management import call_command

from povertyedu.orgs.models import School
from povertyedu.workflow.flow import SYSTEM
from students.enums import HardshipCategory
from students.models import CountyFact
from subsidies.actions.policies import load_policy
from subsidies.actions.recalculation import recalculate
from subsidies.models import Entitlement
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
PLAN = Path(__file__).with_name("unseen_plan.toml")
POOR, DIBAO, DISABLED = (
    HardshipCategory.REGISTERED_POOR,
    HardshipCategory.RURAL_DIBAO,
    HardshipCategory.DISABLED,
)


def test_plan_is_sound_by_its_worked_examples(capsys):
    call_command("check_policy", str(PLAN))

    told = json.loads(capsys.readouterr().out)
    assert (told["examples"], told["errors"], told["warnings"]) == (11, [], [])


@pytest.fixture
def enrolled(xiazhai):
    """Return a function that enrols a child in autumn 2024, with facts and columns of its enrolment."""
    term = factories.term("2024-autumn")
    School.objects.filter(pk=xiazhai.pk).update(tags=["民族班"])

    def enrol(name, stage, *, categories=0, boarding=False, of_child=None, **columns):
        child = factories.student(
            name, at=xiazhai, during=term, stage=stage, grade=1, boarding=boarding, categories=categories, **(of_child or {})
        )  # fmt: skip
        child.enrolments.update(**columns)

    return enrol


def test_children_are_paid_by_what_the_plan_alone_says(enrolled, xiazhai):
    rural, urban = {"hukou": "rural"}, {"hukou": "urban"}
    enrolled("农村寄宿", "primary", boarding=True, of_child=rural)
    enrolled("原建卡", "primary", boarding=True, of_child=rural, categories=POOR)
    enrolled("城镇寄宿", "primary", boarding=True, of_child=urban)
    enrolled("外县随迁", "primary", boarding=True, of_child=urban, home_area="530102001001")
    enrolled("在校就餐", "junior", facts={"eats_at_school": True})
    enrolled("在家吃饭", "junior", facts={"eats_at_school": False})
    enrolled(
        "彝族孤儿", "senior", of_child={"ethnicity": "彝族"}, entered_on=dt.date(2023, 9, 1), facts={"county_orphan_home": True}
    )  # fmt: skip
    enrolled("彝族三年级", "senior", of_child={"ethnicity": "彝族"}, entered_on=dt.date(2022, 9, 1))
    enrolled("低保高中", "senior", categories=DIBAO, facts={"fee_tuition": 90_000})
    enrolled("收费低", "senior", categories=DIBAO, facts={"fee_tuition": 30_050})
    enrolled("低保复读", "senior", categories=DIBAO, facts={"fee_tuition": 90_000, "repeater": True})
    enrolled("随班就读", "primary", categories=DISABLED, facts={"integrated": True, "city_grant": 20_000})
    enrolled("市里给足", "primary", categories=DISABLED, facts={"integrated": True, "city_grant": 60_000})
    load_policy(text=PLAN.read_text(encoding="utf-8"), by=SYSTEM, figures={"sen_fee": {xiazhai.code: 80_000}})

    recalculate(term=factories.term("2024-autumn"), by=SYSTEM, trigger="测试")

    assert set(CountyFact.objects.values_list("name", "kind")) == {("county_orphan_home", "flag"), ("city_grant", "money")}  # fmt: skip
    assert set(Entitlement.objects.values_list("student__name", "programme", "amount_fen")) == {
        ("农村寄宿", "p-boarding", 50_000),
        ("外县随迁", "p-boarding", 50_000),
        ("在校就餐", "meal", 40_000),  # 4 yuan x 100 days
        ("彝族孤儿", "minority", 50_000),  # third term: 100 yuan x 5 months
        ("彝族孤儿", "addition", 10_000),  # a fifth of it
        ("低保高中", "s-tuition", 80_000),  # 900 yuan charged, 800 the public standard
        ("收费低", "s-tuition", 30_050),
        ("随班就读", "inclusive", 40_000),  # 600 - 200
    }
