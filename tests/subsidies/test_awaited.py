"""待定档: a child that meets all but a tier nobody has filled in waits, is told so, and is on somebody's list."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.workflow.flow import SYSTEM
from students.enums import HardshipCategory
from students.models import Enrolment
from subsidies.actions.awaited import Awaited, awaited
from subsidies.actions.policies import pack_of
from subsidies.actions.recalculation import recalculate
from subsidies.actions.unaided import told_apart
from subsidies.engine import Verdict
from subsidies.explanations import explain_enrolment
from subsidies.family import family_sentences
from subsidies.models import Entitlement, Policy
from subsidies.queries.coverage import equation
from subsidies.queries.coverage_names import all_names, within
from subsidies.queries.coverage_rows import Wanted, sources
from tests import factories
from tests.factories import policies

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
POOR = HardshipCategory.REGISTERED_POOR
TIERED = policies.TEXT + "".join(
    f"""
[[{"programme" if code == "programme" else "rule"}]]
{body}"""
    for code, body in (
        ("programme", 'code = "grant"\nlabel = "助学金"\nkind = "cash"\nstages = ["primary"]\n'),
        *(
            (
                tier,
                f'code = "grant-{tier}"\nprogramme = "grant"\nlabel = "助学金{tier}"\nclause = "二"\nquote = "分档"\n'
                f'amount = {{ yuan = {yuan}, per = "term" }}\nfunding = {{ sources = ["county"] }}\n[rule.when]\n'
                f'stage = ["primary"]\ntier = "{tier}"\ncategories = ["registered_poor"]\n',
            )
            for tier, yuan in (("special", 300), ("difficult", 200))
        ),
    )
)
LIST = reverse("subsidies:awaited")


@pytest.fixture
def child(xiazhai, autumn):
    policies.published(TIERED)
    return factories.student("罗娜", at=xiazhai, during=autumn, categories=POOR)


def who(term) -> dict:
    return awaited(term, Enrolment.objects.of(term))


def explained(child):
    enrolment = child.enrolments.select_related("term", "school", "student").get()
    return explain_enrolment(enrolment, pack_of(Policy.objects.published().get()))


def test_child_without_a_tier_waits_and_nobody_else(child, xiazhai, autumn):
    filled = factories.student("严宇", at=xiazhai, during=autumn, categories=POOR)
    filled.enrolments.update(facts={"tier": "general"})
    factories.student("不困难", at=xiazhai, during=autumn)
    gone = factories.student("已转出", at=xiazhai, during=autumn, categories=POOR)
    gone.enrolments.update(status="left")
    other = factories.student("初中生", at=xiazhai, during=autumn, stage="junior", grade=7, categories=POOR)

    assert who(autumn) == {child.pk: Awaited(("困难等级",), ("助学金",))}
    assert other.pk not in who(autumn)


def test_policy_that_asks_no_tier_lets_nobody_wait(xiazhai, autumn):
    factories.student("罗娜", at=xiazhai, during=autumn, categories=POOR)
    without_policy = who(autumn)
    policies.published()

    assert (without_policy, who(autumn)) == ({}, {})


def test_why_and_letter_say_what_is_waited_for(child, autumn):
    told = explained(child)
    waiting = [finding for finding in told.findings if finding.verdict is Verdict.WAITING_FACT]

    assert [finding.rule.code for finding in waiting] == ["grant-special", "grant-difficult"]
    assert told.waiting == waiting
    assert "其他条件都符合，困难等级还没有登记，待定（困难等级须为特别困难）" in waiting[0].outcome
    assert family_sentences(told) == ["罗娜的助学金待定：学校还没有登记困难等级，登记以后才能确定。"]
    assert dict(told.rule_by_rule())["待定"] == waiting


AMONG_CASES = (
    policies.TEXT
    + """
[[programme]]
code = "grant"
label = "助学金"
kind = "cash"
stages = ["primary"]

[[rule]]
code = "grant-1"
programme = "grant"
label = "助学金"
clause = "二"
quote = "建档立卡学生，以及寄宿的特别困难学生"
amount = { yuan = 300, per = "term" }
funding = { sources = ["county"] }
[rule.when]
stage = ["primary"]
[[rule.either]]
categories = ["registered_poor"]
[[rule.either]]
tier = "special"
boarding = true
"""
)


def test_tier_asked_in_one_case_of_several_is_waited_for_where_no_other_case_holds(xiazhai, autumn):
    policies.published(AMONG_CASES)
    waits = factories.student("罗娜", at=xiazhai, during=autumn, boarding=True)
    poor = factories.student("严宇", at=xiazhai, during=autumn, boarding=True, categories=POOR)
    factories.student("走读", at=xiazhai, during=autumn)
    filled = factories.student("何勇", at=xiazhai, during=autumn, boarding=True)
    filled.enrolments.update(facts={"tier": "general"})

    told = explained(waits)

    assert who(autumn) == {waits.pk: Awaited(("困难等级",), ("助学金",))}
    assert [finding.rule.code for finding in told.waiting] == ["grant-1"]
    assert "罗娜的助学金待定：学校还没有登记困难等级，登记以后才能确定。" in family_sentences(told)
    assert explained(poor).waiting == []
    recalculate(term=autumn, by=SYSTEM, trigger="测试")
    assert dict(poor.entitlements.values_list("programme_id", "amount_fen")) == {"living": 50_000, "grant": 30_000}  # fmt: skip


BARRED = (
    policies.TEXT
    + """
[[programme]]
code = "grant"
label = "外来少数民族学生补助"
kind = "cash"
stages = ["primary"]

[[rule]]
code = "grant-1"
programme = "grant"
label = "外来少数民族学生补助"
clause = "二"
quote = "非本县户籍的少数民族学生"
amount = { yuan = 300, per = "term" }
funding = { sources = ["county"] }
[rule.when]
stage = ["primary"]
home_region = { none_of = ["@county"] }
ethnicity = { none_of = ["汉族"] }
"""
)


def test_what_a_rule_bars_is_waited_for_while_nobody_has_said_what_the_child_is(xiazhai, autumn):
    policies.published(BARRED)
    outside = {"home_area": "530102100001"}
    silent = factories.student("罗娜", at=xiazhai, during=autumn)
    silent.enrolments.update(home_area="")
    half = factories.student("严宇", at=xiazhai, during=autumn, ethnicity="苗族")
    half.enrolments.update(home_area="")
    known = factories.student("何勇", at=xiazhai, during=autumn, ethnicity="苗族")
    known.enrolments.update(**outside)
    han = factories.student("汉族", at=xiazhai, during=autumn, ethnicity="汉族")
    han.enrolments.update(home_area="")

    recalculate(term=autumn, by=SYSTEM, trigger="测试")

    label = ("外来少数民族学生补助",)
    assert who(autumn) == {
        silent.pk: Awaited(("户籍地", "民族"), label),
        half.pk: Awaited(("户籍地",), label),
    }
    assert dict(Entitlement.objects.values_list("student", "amount_fen")) == {known.pk: 30_000}
    assert "待定：学校还没有登记户籍地、民族，登记以后才能确定。" in family_sentences(explained(silent))[0]


YIELDING = (
    TIERED
    + """
[[programme]]
code = "common"
label = "普惠助学金"
kind = "cash"
stages = ["primary"]

[[rule]]
code = "common"
programme = "common"
label = "普惠助学金"
clause = "三"
quote = "享受助学金的不再享受"
yields_to = ["grant"]
amount = { yuan = 100, per = "term" }
funding = { sources = ["county"] }
[rule.when]
stage = ["primary"]
"""
)


def test_what_is_never_given_beside_a_waiting_benefit_is_not_paid_before_it_is_decided(xiazhai, autumn):
    policies.published(YIELDING)
    child = factories.student("罗娜", at=xiazhai, during=autumn, categories=POOR)

    def owed(**facts):
        child.enrolments.update(facts=facts)
        recalculate(term=autumn, by=SYSTEM, trigger="测试")
        return dict(child.entitlements.values_list("programme_id", "amount_fen"))

    assert owed() == {}
    assert family_sentences(explained(child)) == [
        "罗娜的助学金待定：学校还没有登记困难等级，登记以后才能确定。",
        "罗娜的普惠助学金待定：与“助学金special”不能兼得，后者确定以后才能计算。",
    ]
    assert owed(tier="difficult") == {"grant": 20_000}
    assert owed(tier="general") == {"common": 10_000}


def test_filled_in_it_gets_its_tier_and_waits_no_more(client, clerk, child, autumn):
    recalculate(term=autumn, by=SYSTEM, trigger="测试")
    before = list(child.entitlements.values_list("amount_fen", flat=True))
    child.enrolments.update(facts={"tier": "difficult"})
    recalculate(term=autumn, by=SYSTEM, trigger="测试")

    assert (before, list(child.entitlements.values_list("amount_fen", flat=True))) == ([], [20_000])
    assert who(autumn) == {}
    assert {f.rule.code: f.verdict for f in explained(child).findings}["grant-special"] is Verdict.UNMET


def test_clerk_is_told_and_led_to_the_form(client, clerk, neighbour, child, autumn):
    client.force_login(clerk)
    home, page = client.get("/"), client.get(LIST)
    client.force_login(neighbour)
    theirs = client.get(LIST)

    assert "待定档学生（困难等级等没有登记）" in home.text
    assert [row["it"].student_id for row in page.context["rows"]] == [child.pk]
    assert f"{reverse('students:edit', args=[child.pk])}?term={autumn.pk}" in page.text
    assert "困难等级没有登记" in page.text
    assert "没有待定档的学生" in theirs.text
    assert "待定档" not in client.get("/").text


def test_list_is_searched_by_name_and_paged(client, clerk, child, xiazhai, autumn):
    for number in range(60):
        factories.student(f"学生{number}", at=xiazhai, during=autumn, categories=POOR)
    client.force_login(clerk)
    first = client.get(LIST)
    second = client.get(LIST + first.context["next_url"])
    found = client.get(LIST, {"q": "罗"})

    assert (len(first.context["rows"]), len(second.context["rows"])) == (50, 11)
    assert [row["it"].student.name for row in found.context["rows"]] == ["罗娜"]
    assert client.get(LIST, {"after": "[1", "q": "x" * 99}).status_code == 200


def test_equation_tells_who_waits_from_who_has_no_rule(client, aid_officer, child, xiazhai, autumn):
    nothing = factories.student("何勇", at=xiazhai, during=autumn, categories=POOR)
    nothing.enrolments.update(facts={"tier": "general"})
    wanted = told_apart(Wanted(autumn, aid_officer))

    counts = {str(reason): n for (_, reason, _), n in equation(wanted).counts.items()}
    names = [name.name for name in all_names(autumn, within(sources(wanted), "to_verify", "awaited"))]
    client.force_login(aid_officer)
    page = client.get(reverse("subsidies:coverage_names"), {"part": "to_verify", "reason": "awaited"})

    assert counts == {"awaited": 1, "without_rule": 1}  # a general tier has no rule
    assert names == ["罗娜"]
    assert [row.name for row in page.context["rows"]] == ["罗娜"]
    assert "待定档" in client.get(reverse("subsidies:coverage")).text


def test_pages_cost_the_same_for_one_child_and_thirty(client, clerk, child, xiazhai, autumn):
    client.force_login(clerk)

    def queries() -> list[int]:
        counts = []
        for url in ("/", LIST):
            client.get(url)
            with CaptureQueriesContext(connection) as captured:
                client.get(url)
            counts.append(len(captured))
        return counts

    few = queries()
    for number in range(30):
        factories.student(f"学生{number}", at=xiazhai, during=autumn, categories=POOR)
    assert queries() == few
