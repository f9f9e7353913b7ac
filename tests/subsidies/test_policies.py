"""The life of a policy: which is in force for a term, what the database guards, what loading again does."""

import pytest
from django.db import IntegrityError, transaction

from povertyedu.workflow.flow import SYSTEM, StepRefused
from subsidies.actions import policies
from subsidies.actions.policies import (
    NoPolicy,
    load_policy,
    new_draft,
    pack_of,
    pack_text,
    policies_for,
    policy_for,
    publish_policy,
)
from subsidies.actions.recalculation import recalculate
from subsidies.engine import PackError
from subsidies.models import Policy, PolicyDecision, Programme
from tests import factories
from tests.factories.policies import TEXT

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


@pytest.fixture
def guiding(db):
    return load_policy(text=pack_text("guiding"), by=SYSTEM)


def again(text: str, **more) -> Policy:
    return load_policy(text=f"{text}\n# {more}\n", by=SYSTEM, **more)


def test_same_text_again_changes_nothing(guiding):
    assert load_policy(text=guiding.text, by=SYSTEM) == guiding
    assert load_policy(text=guiding.text, by=SYSTEM, applies_from="2021-spring") == guiding
    assert Policy.objects.count() == 1
    assert Programme.objects.get(pk="nutrition").kind == "in_kind"


def test_a_script_of_two_loads_run_twice_changes_nothing_the_second_time(guiding):
    second = again(guiding.text, applies_from="2020-autumn")
    assert load_policy(text=guiding.text, by=SYSTEM) == guiding
    assert load_policy(text=second.text, by=SYSTEM, applies_from="2020-autumn") == second
    assert policy_for("2020-autumn") == second


def test_other_figures_make_a_version_of_their_own(guiding):
    other = load_policy(text=guiding.text, by=SYSTEM, figures={"senior_tuition": 180_000})
    assert (other.version, other.figures) == (2, {"senior_tuition": 180_000})
    assert policy_for("2020-autumn") == other


def test_policy_of_a_term_is_the_newest_that_applies_from_it_or_before(guiding):
    spring = again(guiding.text, applies_from="2020-spring")
    autumn = again(guiding.text, applies_from="2020-autumn")
    newer = again(guiding.text + "# newer", applies_from="2020-spring")
    terms = ["2019-autumn", "2020-spring", "2020-autumn", "2021-spring"]
    assert [policy_for(term) for term in terms] == [guiding, newer, newer, newer]
    assert [policy.version for policy in (guiding, spring, autumn, newer)] == [1, 2, 3, 4]
    again(guiding.text + "# last", applies_from="2021-spring")
    found = policies_for([factories.term(term) for term in terms])
    assert found == {term: policy_for(term) for term in terms}
    assert found["2020-autumn"] == newer


def test_draft_is_in_force_nowhere_until_it_is_published(guiding):
    draft = load_policy(text=guiding.text + "# new\n", by=SYSTEM, publish=False)
    assert (draft.state, draft.version, draft.based_on) == ("draft", None, guiding)
    assert policy_for("2020-autumn") == guiding
    publish_policy(policy=draft, by=SYSTEM)
    assert policy_for("2020-autumn") == draft
    assert [step.verb for step in draft.decisions.all()] == ["draft", "publish"]
    assert PolicyDecision.broken_link(draft) is None


BASED = """name = "based"
title = "补充办法"
document = "《补充办法》"
first_term = "2015-autumn"
includes = ["yunling"]
"""


def test_published_policy_is_included_as_it_was_then(db):
    load_policy(text=TEXT, by=SYSTEM)
    based = load_policy(text=BASED, by=SYSTEM, applies_from="2020-autumn")
    assert based.included == {"yunling": TEXT}
    assert [rule.code for rule in pack_of(based).rules] == ["living-1"]
    newer = TEXT.replace("yuan = 1000", "yuan = 1250")
    load_policy(text=newer, by=SYSTEM)
    assert pack_of(based).rules[0].amount_fen == 100_000
    again = load_policy(text=BASED + "# 再版\n", by=SYSTEM, applies_from="2020-autumn")
    assert pack_of(again).rules[0].amount_fen == 125_000


def test_what_an_included_policy_includes_is_what_it_was_when_it_was_published(db, monkeypatch):
    over = BASED.replace('"based"', '"over"').replace('"yunling"', '"nation"')
    nation = TEXT.replace('name = "yunling"', 'name = "nation"')
    monkeypatch.setattr(policies, "built_in_packs", lambda: ["nation"])
    monkeypatch.setattr(policies, "library", lambda name: nation)
    load_policy(text=over, by=SYSTEM)
    monkeypatch.setattr(policies, "library", lambda name: nation.replace("yuan = 1000", "yuan = 1"))
    two = load_policy(text=BASED.replace('"yunling"', '"over"'), by=SYSTEM)
    assert two.included == {"over": over, "nation": nation}
    assert pack_of(two).rules[0].amount_fen == 100_000


def test_draft_is_not_included_nor_a_policy_in_itself(db):
    load_policy(text=TEXT, by=SYSTEM, publish=False)
    with pytest.raises(
        PackError, match="没有可以包含的政策包“yunling”，请写内置政策包或本县已发布政策的代码"
    ):
        load_policy(text=BASED, by=SYSTEM)
    load_policy(text=TEXT, by=SYSTEM)
    own = TEXT.replace("first_term", 'includes = ["yunling"]\nfirst_term', 1)
    with pytest.raises(PackError, match="又包含了自己"):
        load_policy(text=own, by=SYSTEM)


def test_draft_is_published_once(guiding):
    draft = load_policy(text=guiding.text + "# new\n", by=SYSTEM, publish=False)
    publish_policy(policy=draft, by=SYSTEM)
    with pytest.raises(StepRefused):
        publish_policy(policy=draft, by=SYSTEM)
    assert Policy.objects.published().count() == 2


def test_draft_that_is_no_pack_is_kept_but_never_published(guiding):
    draft = new_draft(text="name = ", by=SYSTEM, based_on=guiding)
    assert (draft.name, draft.title) == (guiding.name, guiding.title)
    with pytest.raises(PackError):
        publish_policy(policy=draft, by=SYSTEM)
    assert Policy.objects.get(pk=draft.pk).state == "draft"


@pytest.mark.parametrize(
    "change",
    [{"text": "x"}, {"figures": {"a": 1}}, {"included": {"a": "b"}}, {"applies_from": "2020-spring"}, {"state": "draft", "version": None, "published_at": None}],
)  # fmt: skip
def test_database_refuses_to_change_a_published_policy(guiding, change):
    with pytest.raises(IntegrityError, match="已发布的政策不得修改或删除"), transaction.atomic():
        Policy.objects.filter(pk=guiding.pk).update(**change)


def test_database_refuses_to_delete_a_published_policy_or_a_decision(guiding):
    with pytest.raises(IntegrityError, match="已发布的政策不得修改或删除"), transaction.atomic():
        Policy.objects.filter(pk=guiding.pk)._raw_delete("default")
    with pytest.raises(IntegrityError, match="办理记录不得修改或删除"), transaction.atomic():
        PolicyDecision.objects.update(by_name="别人")


def test_term_before_every_dated_policy_has_none(db):
    dated = load_policy(text=pack_text("guiding"), by=SYSTEM, applies_from="2020-autumn")
    assert policy_for("2020-autumn") == dated
    for earlier in ("2020-spring", ""):
        with pytest.raises(NoPolicy, match="还没有适用的资助政策"):
            policy_for(earlier)


def test_each_term_is_recalculated_by_its_own_policy(guiding, xiazhai):
    spring, autumn = factories.term("2020-spring"), factories.term("2020-autumn")
    later = again(guiding.text, applies_from="2020-autumn")
    runs = [recalculate(term=term, by=SYSTEM, trigger="测试") for term in (spring, autumn)]
    assert [run.policy for run in runs] == [guiding, later]
