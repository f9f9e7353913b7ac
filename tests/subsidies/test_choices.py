"""What a family chooses, what a pack declares, and what of a county's facts a policy holds on to."""

import pytest
from django.urls import reverse

from povertyedu.imports import actions as imports
from povertyedu.workflow.flow import SYSTEM, StepRefused
from students.actions.county_facts import delete_fact, save_fact, set_in_use
from students.models import CountyFact, Enrolment, StudentDraft
from subsidies.actions.policies import load_policy
from subsidies.actions.recalculation import recalculate
from subsidies.models import Entitlement, Programme
from tests import factories
from tests.factories import policies
from tests.imports.conftest import ROSTER, roster_row, workbook
from tests.students.test_record import as_sent, edit_url, errors

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
CHOICE = (
    policies.TEXT.replace('code = "living-1"', 'code = "living-1"\ngroup = "one"')
    + """
[[group]]
code = "one"
label = "生活补助和入学补助选一项"
pick = "chosen"

[[programme]]
code = "grant"
label = "入学补助"
kind = "cash"
stages = ["primary"]

[[rule]]
code = "grant-1"
programme = "grant"
label = "入学补助"
clause = "二"
quote = "每生每学期300元"
amount = { yuan = 300, per = "term" }
funding = { sources = ["county"] }
group = "one"

[rule.when]
stage = ["primary"]
"""
)
DECLARED = (
    policies.TEXT
    + """
[[fact]]
name = "class_type"
label = "班型"
type = "choice"
choices = { key = "重点班", plain = "普通班" }
"""
)


@pytest.fixture
def boarder(xiazhai, autumn):
    return factories.student("罗娜", at=xiazhai, during=autumn, boarding=True)


def owed(child) -> dict:
    return dict(Entitlement.objects.filter(student=child).values_list("programme_id", "amount_fen"))


def run(term):
    return recalculate(term=term, by=SYSTEM, trigger="测试")


def test_family_chooses_in_the_form_and_gets_what_it_chose(client, clerk, boarder, autumn):
    policies.published(CHOICE)
    run(autumn)
    waiting = owed(boarder)
    client.force_login(clerk)
    url = edit_url(boarder)

    client.post(url, as_sent(client, url, fact_chosen=["grant"]))
    run(autumn)
    chosen = owed(boarder)
    untouched = client.post(url, as_sent(client, url))
    client.post(url, as_sent(client, url, fact_chosen=["living", "grant"]))
    both = Enrolment.objects.get().facts
    wrong = client.post(url, as_sent(client, url, fact_chosen=["car"]))
    client.post(url, {k: v for k, v in as_sent(client, url).items() if k != "fact_chosen"})

    assert (waiting, chosen, untouched.status_code) == ({}, {"grant": 30_000}, 302)
    assert both == {"chosen": ["living", "grant"]}
    assert set(errors(wrong)) == {"fact_chosen"}
    assert Enrolment.objects.get().facts == {}
    assert set(Programme.objects.filter(by_choice=True).values_list("code", flat=True)) == {"living", "grant"}


def test_choice_is_kept_in_a_draft(client, clerk, boarder):
    policies.published(CHOICE)
    client.force_login(clerk)
    url = edit_url(boarder)
    sent = as_sent(client, url, fact_chosen=["living", "grant"])

    client.post(reverse("students:draft_of", args=[boarder.pk]), sent)
    both = client.get(f"{url}?draft=1").context["form"]["fact_chosen"].value()
    client.post(reverse("students:draft_of", args=[boarder.pk]), sent | {"fact_chosen": []})
    Enrolment.objects.update(facts={"chosen": ["grant"]})
    none = client.get(f"{url}?draft=1").context["form"]["fact_chosen"].value()

    assert (both, none) == (["living", "grant"], [])
    assert StudentDraft.objects.count() == 1


def test_choice_comes_in_by_roster_in_words(xiazhai, autumn, administrator):
    factories.village()
    policies.published(CHOICE)

    def imported(cell):
        rows = [[*ROSTER, "选定项目"], [*roster_row(xiazhai, 1), cell]]
        batch = imports.receive(
            chunks=[workbook(("学生花名册", rows))], name="花名册.xlsx", kind="roster", term=autumn, by=None
        )
        return imports.carry_out(batch=batch)[0].counts

    first = imported("入学补助、living")
    facts = Enrolment.objects.get().facts
    again, blank, wrong = imported("生活补助，入学补助"), imported(""), imported("汽车补助")

    assert (first["created"], again["unchanged"], blank["unchanged"], wrong["rejected"]) == (1, 1, 1, 1)
    assert facts == Enrolment.objects.get().facts == {"chosen": ["living", "grant"]}


def test_where_nothing_is_to_choose_there_is_no_field(client, clerk, boarder):
    policies.published()
    client.force_login(clerk)

    assert "fact_chosen" not in client.get(edit_url(boarder)).context["form"].fields


def test_declared_fact_becomes_the_countys_and_comes_back_from_retirement(db):
    load_policy(text=DECLARED, by=SYSTEM)
    fact = CountyFact.objects.get()
    fact.choices |= {"key": "实验班"}
    save_fact(by=SYSTEM, fact=fact)
    set_in_use(by=SYSTEM, fact=fact, in_use=False)

    load_policy(text=DECLARED + "# 第二版\n", by=SYSTEM)

    fact.refresh_from_db()
    assert fact.is_active
    assert fact.choices == {"key": "实验班", "plain": "普通班"}


@pytest.mark.parametrize("label", ["学段", "困难等级", "民族班", "一" * 21])
def test_declared_fact_whose_label_is_taken_is_refused(label):
    factories.county_fact()

    with pytest.raises(StepRefused):
        load_policy(text=DECLARED.replace("班型", label), by=SYSTEM)

    assert CountyFact.objects.count() == 1


def test_fact_that_a_policy_asks_stays_with_its_choices():
    load_policy(text=DECLARED, by=SYSTEM)
    fact = CountyFact.objects.get()
    fact.choices = {"key": "重点班", "other": "其他"}

    with pytest.raises(StepRefused) as lost:
        save_fact(by=SYSTEM, fact=fact)
    with pytest.raises(StepRefused) as gone:
        delete_fact(by=SYSTEM, fact=fact)

    assert str(lost.value) == "资助标准“云岭县方案”用到了“班型”，选项不能去掉，可以改名称。"
    assert str(gone.value) == "资助标准“云岭县方案”用到了“班型”，不能删除；不再用的请停用。"
    assert CountyFact.objects.get().choices == {"key": "重点班", "plain": "普通班"}
