"""试算: what a draft would change, against plain recalculation; nothing is written, memory and queries stay bounded."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from povertyedu.workflow.flow import SYSTEM
from students.enums import HardshipCategory
from students.models import Enrolment
from subsidies.actions.policies import publish_policy
from subsidies.actions.recalculation import recalculate
from subsidies.actions.what_if import children_of, current_what_if, run_what_if, why_stale
from subsidies.engine import PackError
from subsidies.models import Balance, Entitlement, WhatIfCell
from subsidies.models.what_if import COUNTS
from tests import factories
from tests.factories import policies, subsidies
from tests.factories.policies import TEXT

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
POOR = HardshipCategory.REGISTERED_POOR
# 1000 a year for boarders of primary school becomes 1250, and day pupils get 300 a year of their own.
MORE = TEXT.replace("yuan = 1000", "yuan = 1250") + (
    '\n[[rule]]\ncode = "living-2"\nprogramme = "living"\nlabel = "走读生生活补助"\nclause = "二"\nquote = "每生每年300元"\n'
    'amount = { yuan = 300, per = "year" }\nfunding = { sources = ["county"] }\n[rule.when]\nstage = ["primary"]\nboarding = false\n'
)
LESS = TEXT.replace("yuan = 1000", "yuan = 800")


@pytest.fixture
def published(db):
    return policies.published()


@pytest.fixture
def children(published, xiazhai, qingshi, autumn):
    """Two boarders and a day pupil at 下寨小学, one boarder at 青石, all recalculated."""
    made = {
        "罗娜": factories.student("罗娜", at=xiazhai, during=autumn, boarding=True),
        "严宇": factories.student("严宇", at=xiazhai, during=autumn, boarding=True),
        "何勇": factories.student("何勇", at=xiazhai, during=autumn),
        "石磊": factories.student("石磊", at=qingshi, during=autumn, boarding=True),
    }
    recalculate(term=autumn, by=SYSTEM, trigger="测试")
    return made


def figures(of) -> dict:
    return {name: getattr(of, name) for name in COUNTS if getattr(of, name)}


def run(draft):
    return run_what_if(policy=draft, by=SYSTEM)


def test_counts_children_and_money_by_term_school_and_programme(children, autumn, xiazhai, qingshi):
    done = run(policies.draft(MORE))
    term = done.terms.get()
    assert (term.students, term.before_fen, term.after_fen) == (4, 150_000, 202_500)
    assert figures(term) == {"gain": 4, "gain_fen": 52_500, "back": 4, "back_fen": 52_500}
    cells = {(cell.school, cell.programme): figures(cell) for cell in done.cells.all()}
    at_xiazhai = {"gain": 3, "gain_fen": 40_000, "back": 3, "back_fen": 40_000}
    at_qingshi = {"gain": 1, "gain_fen": 12_500, "back": 1, "back_fen": 12_500}
    assert cells == {
        (xiazhai, ""): at_xiazhai, (xiazhai, "living"): at_xiazhai,
        (qingshi, ""): at_qingshi, (qingshi, "living"): at_qingshi,
    }  # fmt: skip
    assert {cell.area for cell in done.cells.all()} == {"529901100", "529901101"}
    by_town = done.cells.of_children().summed("area")
    assert {row["area"]: row["sum_gain_fen"] for row in by_town} == {"529901100": 40_000, "529901101": 12_500}


def test_writes_no_entitlement_and_foretells_what_recalculation_does(children, autumn):
    before = list(Entitlement.objects.order_by("student").values_list("student", "programme", "amount_fen"))
    draft = policies.draft(MORE)
    term = run(draft).terms.get()
    assert (
        list(Entitlement.objects.order_by("student").values_list("student", "programme", "amount_fen"))
        == before
    )
    publish_policy(policy=draft, by=SYSTEM)
    after = recalculate(term=autumn, by=SYSTEM, trigger="测试")
    assert after.amount_fen == term.after_fen
    assert after.created + after.updated + after.ended == term.gain + term.lose


def test_money_already_paid_makes_back_pay_or_is_paid_too_much(children, autumn, xiazhai, people):
    batch = subsidies.batch_at(
        "paid", people, term=autumn, programmes=[subsidies.programme("living", "生活补助")]
    )
    assert batch.lines.filter(state="paid").count() == 3
    more = run(policies.draft(MORE)).terms.get()
    assert figures(more) == {"gain": 4, "gain_fen": 52_500, "back": 4, "back_fen": 52_500}
    factories.student("新生", at=xiazhai, during=autumn, boarding=True)
    recalculate(term=autumn, by=SYSTEM, trigger="测试")
    less = run(policies.draft(LESS)).terms.get()
    # three boarders were paid 500 yuan and are owed 400; a fourth is owed 100 less before it was paid
    assert figures(less) == {"lose": 4, "lose_fen": 40_000, "over": 3, "over_fen": 30_000}
    assert Balance.objects.filter(paid_fen__gt=0).count() == 3


def test_only_terms_it_applies_to_are_counted_with_the_policy_they_have(children, published, xiazhai):
    spring = factories.term("2020-spring")
    factories.student("旧生", at=xiazhai, during=spring, boarding=True)
    later = policies.published(TEXT + "# 秋季\n", applies_from="2020-autumn")
    everywhere = run(policies.draft(MORE))
    assert [(term.term_id, term.policy) for term in everywhere.terms.all()] == [
        ("2020-autumn", later), ("2020-spring", published),
    ]  # fmt: skip
    dated = run(policies.draft(MORE + "# 2\n", applies_from="2020-autumn"))
    assert [term.term_id for term in dated.terms.all()] == ["2020-autumn"]


def test_children_who_study_away_stand_in_the_township_of_their_household(published, autumn):
    home = factories.village("529901101001")
    child = factories.student(
        "远方", at=factories.school("外县小学"), during=autumn, boarding=True, home=home
    )
    Enrolment.objects.filter(student=child).update(
        school=None, school_class=None, outside_school="外县小学", place="in_province", school_area="529902000000",
        aided_elsewhere="no",
    )  # fmt: skip
    cell = run(policies.draft(MORE)).cells.of_children().get()
    assert (cell.school, cell.area, cell.gain) == (None, "529901101", 1)
    [change] = children_of(cell.what_if.policy, autumn, school=None, area="529901101")
    assert (change.student, change.before_fen, change.after_fen) == (child.pk, 0, 62_500)


def test_child_that_gains_here_and_loses_there_is_counted_on_both_sides(children, autumn):
    other = (
        '\n[[programme]]\ncode = "meal"\nlabel = "早餐"\nkind = "in_kind"\nstages = ["primary"]\n'
        '[[rule]]\ncode = "meal-1"\nprogramme = "meal"\nlabel = "早餐"\nclause = "二"\nquote = "每天2元"\n'
        'amount = { yuan = 2, per = "day" }\nfunding = { sources = ["county"] }\n[rule.when]\nstage = ["primary"]\nboarding = true\n'
    )
    term = run(policies.draft(LESS + other)).terms.get()
    assert figures(term) == {"gain": 3, "gain_fen": 60_000, "lose": 3, "lose_fen": 30_000}
    assert (term.before_fen, term.after_fen) == (150_000, 120_000)  # cash alone


def test_chunked_is_whole_and_the_most_changed_come_first(children, settings):
    whole = run(policies.draft(MORE))
    expected = (
        figures(whole.terms.get()),
        [figures(cell) for cell in whole.cells.order_by("school", "programme")],
    )
    settings.RECALCULATION_CHUNK = 1
    pieces = run(policies.draft(MORE))
    assert (
        figures(pieces.terms.get()),
        [figures(c) for c in pieces.cells.order_by("school", "programme")],
    ) == expected
    most = pieces.terms.get().most
    assert [entry[0] for entry in most] == [children[name].pk for name in ("何勇", "罗娜", "严宇", "石磊")]
    assert most[0][1:] == [0, 15_000, 15_000, 0]


def test_children_of_a_cell_are_found_page_by_page(children, autumn, xiazhai, settings):
    draft = policies.draft(MORE)
    settings.RECALCULATION_CHUNK = 2
    first = children_of(draft, autumn, school=xiazhai.pk, programme="living", limit=2)
    rest = children_of(draft, autumn, school=xiazhai.pk, after=first[-1].student, limit=2)
    assert [change.student for change in (*first, *rest)] == [
        children[name].pk for name in ("罗娜", "严宇", "何勇")
    ]
    assert children_of(draft, autumn, school=xiazhai.pk, programme="none") == []


def test_number_of_queries_does_not_grow_with_children(published, xiazhai, autumn):
    draft = policies.draft(MORE)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            run(draft)
        return len(queries)

    factories.student("一", at=xiazhai, during=autumn, boarding=True)
    count()
    few = count()
    for number in range(30):
        factories.student(f"学生{number}", at=xiazhai, during=autumn, boarding=number % 2 == 0)
    assert count() == few
    assert WhatIfCell.objects.count() == 2  # the last run took the place of the one before


def test_run_goes_stale_when_draft_terms_or_what_is_in_force_change(children):
    draft = policies.draft(MORE)
    done = run(draft)
    assert current_what_if(draft) == done
    factories.term("2021-spring")
    assert why_stale(done, draft) == "试算后又有了新的学期"
    done = run(draft)
    policies.published(TEXT + "# 又一版\n")
    assert why_stale(done, draft) == "试算后又发布了别的政策"
    done = run(draft)
    draft.digest = "x"
    assert why_stale(done, draft) == "试算后草稿又改过"
    assert current_what_if(draft) is None


def test_draft_that_is_no_pack_is_refused(children):
    with pytest.raises(PackError):
        run(policies.draft_of_nothing())
