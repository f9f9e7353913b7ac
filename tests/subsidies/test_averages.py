"""Amounts of which the document gives only the average: paid as they are, listed as what they are, and decided by the bureau."""

import pytest
from django.core.management import call_command
from django.urls import reverse

from povertyedu.workflow.flow import SYSTEM
from subsidies import engine
from subsidies.actions import policies
from subsidies.actions.recalculation import recalculate
from subsidies.actions.what_if import run_what_if
from subsidies.engine import Term
from subsidies.models import Entitlement, Policy
from tests import factories
from tests.factories.policies import TEXT

pytestmark = pytest.mark.django_db
AVERAGE = TEXT.replace(
    "amount = { yuan = 1000, per = \"year\" }",
    'amount = [{ yuan = 1000, per = "year", basis = "average", last_term = "2020-spring" }, { yuan = 1200, per = "year", basis = "average", first_term = "2020-autumn" }]',
)  # fmt: skip
KEY = "average:living-1:2020-autumn"


@pytest.fixture
def writer(client, aid_officer):
    client.force_login(aid_officer)
    return client


@pytest.fixture
def draft(db):
    return policies.load_policy(text=AVERAGE, by=SYSTEM, publish=False)


def address(name: str, draft, **query) -> str:
    return reverse(f"subsidies:{name}", args=[draft.pk], query=query)


def page(answer) -> str:
    return answer.content.decode()


def decide(writer, draft, yuan: str):
    draft.refresh_from_db()
    return writer.post(address("draft_average", draft, code=KEY), {"revision": draft.revision, "yuan": yuan})


def test_guiding_lists_its_average_and_what_was_put_back_and_is_loaded_without_options(writer):
    call_command("load_policy", "guiding")
    draft = policies.new_draft(text=policies.pack_text("guiding"), by=SYSTEM)
    shown = page(writer.get(address("draft_figures", draft)))
    assert "每个金额文件都写明了" not in shown
    assert "文件只写平均数的金额" in shown
    assert "3,000.00 元/年" in shown
    assert shown.count("2,000.00 元/年</td>") == 3
    assert policies.pack_of(Policy.objects.published().get()).rule_of["guiding-he-nsg"].amount_fen == 300_000


def test_plan_that_states_every_amount_says_so(writer):
    draft = policies.load_policy(text=TEXT, by=SYSTEM, publish=False)
    assert "这份政策的每个金额文件都写明了" in page(writer.get(address("draft_figures", draft)))


def test_readings_of_the_pack_are_told_as_its_author_s_and_not_as_the_bureau_s(writer):
    call_command("load_policy", "guiding")
    asked = {"on": "2020-autumn", "code": "guiding-he-nsg"}
    shown = page(writer.get(reverse("subsidies:policy_rule", query=asked)))
    assert "默认口径，请教育局核对" in shown
    assert "<b>教育局确定</b>" not in shown
    book = page(writer.get(reverse("subsidies:policy", query={"on": "2020-autumn"})))
    assert "教育局确定的口径" not in book
    assert "政策包按理由取值，请教育局核对" in book


def test_average_is_paid_as_it_is_until_the_bureau_decides(writer, draft, xiazhai, autumn):
    factories.student("罗娜", at=xiazhai, during=autumn, boarding=True)
    run_what_if(policy=draft, by=SYSTEM)
    publish = page(writer.get(address("draft_publish", draft)))
    assert (
        "没有另外确定，发布后按平均数计的：小学寄宿生生活补助（至2020年春季学期） 1,000.00 元/年；" in publish
    )
    assert decide(writer, draft, "1,100.5").status_code == 302
    draft.refresh_from_db()
    assert draft.figures == {KEY: 110_050}
    assert "1,100.50 元/年" in page(writer.get(address("draft_figures", draft)))
    assert 'value="1100.50"' in page(writer.get(address("draft_average", draft, code=KEY)))
    book = page(writer.get(reverse("subsidies:policy", query={"of": draft.pk, "on": "2020-autumn"})))
    assert "文件只写平均数 1,200.00 元/年，教育局确定" in book
    run_what_if(policy=draft, by=SYSTEM)
    assert "2020年秋季学期起） 1,200.00" not in page(writer.get(address("draft_publish", draft)))
    policies.publish_policy(policy=draft, by=SYSTEM)
    recalculate(term=autumn, by=SYSTEM, trigger="测试")
    assert Entitlement.objects.get().amount_fen == 55_025
    version = page(writer.get(reverse("subsidies:policy_version", args=[draft.pk])))
    assert "教育局确定 1,100.50 元/年（文件平均 1,200.00 元/年）" in version


def test_average_confirmed_is_shown_as_decided_and_emptied_again(writer, draft):
    decide(writer, draft, "1200")
    (before, after) = engine.averages_of(policies.pack_of(Policy.objects.get()))
    assert (before.is_decided, after.is_decided, after.amount.fen) == (False, True, 120_000)
    decide(writer, draft, "")
    draft.refresh_from_db()
    assert draft.figures == {}


@pytest.mark.parametrize(
    ("yuan", "says"),
    [("0", "金额须大于零"), ("-5", "须不小于零"), ("三千", "应为元数"), ("1.005", "至多两位小数"), ("off", "金额须大于零"), ("nan", "至多两位小数")],
)  # fmt: skip
def test_average_decided_as_no_amount_is_not_saved(writer, draft, yuan, says):
    answer = decide(writer, draft, yuan)
    assert answer.status_code == 422
    assert says in page(answer)
    draft.refresh_from_db()
    assert draft.figures == {}


def test_average_that_is_none_is_not_found(writer, draft):
    assert writer.get(address("draft_average", draft, code="average:x")).status_code == 404
    assert writer.get(address("draft_average", draft)).url == address("draft_figures", draft)


def test_version_tells_which_average_was_decided_otherwise(writer):
    policies.load_policy(text=AVERAGE, by=SYSTEM, figures={KEY: 130_000})
    second = policies.load_policy(text=AVERAGE, by=SYSTEM, figures={KEY: 140_000})
    shown = page(writer.get(reverse("subsidies:policy_version", args=[second.pk])))
    assert "1,300.00 元/年</del>" in shown
    assert "1,400.00 元/年</ins>" in shown


def test_answer_for_an_amount_the_document_states_changes_nothing(db):
    policy = policies.load_policy(text=TEXT, by=SYSTEM, figures={"average:living-1": 5})
    assert policies.pack_of(policy).rules[0].amount_at(Term(2020, 1)).fen == 100_000
