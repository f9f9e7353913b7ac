"""资助标准: the book of a term, each figure with its clause; two terms and two plans side by side."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from subsidies import engine
from subsidies.actions.policies import pack_named
from subsidies.queries.rulebook import Side, book_of, compare
from tests import factories
from tests.factories import policies
from tests.factories.policies import TEXT
from tests.subsidies.test_load_policy import OPEN

pytestmark = pytest.mark.django_db
AUTUMN = engine.Term.parse("2020-autumn")
DATED = TEXT.replace(
    'amount = { yuan = 1000, per = "year" }',
    'amount = [{ yuan = 1000, per = "year", last_term = "2018-spring" }, { yuan = 1250, per = "year", first_term = "2018-autumn" }]',
)


@pytest.fixture
def reader(client, leader):
    client.force_login(leader)
    return client


def page(reader, name: str, **query) -> str:
    answer = reader.get(reverse(f"subsidies:{name}"), query)
    assert answer.status_code == 200
    return answer.content.decode()


def cells(pack, figures=None, term=AUTUMN) -> dict[str, list[list[tuple[str, str]]]]:
    book = book_of(pack, figures or {}, term)
    return {
        row.programme.code: [[(figure.text, figure.mark) for figure in cell] for cell in row.cells] for row in book.rows
    }  # fmt: skip


def test_book_has_a_row_per_programme_and_a_column_per_stage():
    guiding = pack_named("guiding")
    book = book_of(guiding, {}, AUTUMN)
    assert [label for _, label in book.stages] == ["学前", "小学", "初中", "普通高中", "中职", "专科", "本科"]
    found = cells(guiding)
    assert found["boarding_living"] == [
        [],
        [("1,000.00 元/年", "")],
        [("1,250.00 元/年", "")],
        [],
        [],
        [],
        [],
    ]
    assert found["senior_national_grant"][3] == [("2,000.00 元/年", "还原")]
    assert found["higher_national_grant"][6] == [("3,000.00 元/年", "平均数")]
    assert [row.programme for row in book.rows] == list(guiding.programmes)


def test_figures_of_the_bureau_are_open_filled_off_or_by_school():
    pack = engine.load_pack(TEXT + OPEN)
    assert cells(pack)["breakfast"] == [[("“早餐标准”（元/天）", "待定")]]
    filled = cells(pack, {"meal": 350, "lodging": {"2153000001": 12000, "2153000002": 8000}})
    assert filled["breakfast"] == [[("“早餐标准”（元/天）：教育局确定 3.50 元/天", "")]]
    assert filled["lodging"] == [[("“住宿费标准”（元/学期）：2 所学校分别确定，80.00—120.00 元/学期", "")]]
    assert cells(pack, {"meal": None})["breakfast"] == [[("“早餐标准”（元/天）", "不执行")]]


def test_book_of_a_term_before_the_plan_is_empty():
    assert book_of(pack_named("guiding"), {}, engine.Term.parse("2010-autumn")).rows == ()


def test_page_shows_the_policy_in_force_on_the_chosen_term(reader, autumn):
    policies.published(TEXT)
    policies.published(TEXT.replace("1000", "1250"), applies_from="2020-autumn")
    assert "1,250.00 元/年" in page(reader, "policy", on="2020-autumn")
    earlier = page(reader, "policy", on="2020-spring")
    assert "1,000.00 元/年" in earlier
    assert "1,250.00 元/年" not in earlier
    built_in = page(reader, "policy", on="2020-autumn", of="yizhang")
    assert "宜章县" in built_in
    assert "待定" in built_in


def test_page_without_policy_says_where_to_begin(reader, autumn):
    assert "这个学期还没有适用的政策" in page(reader, "policy")


def test_rule_shows_clause_words_funding_and_what_the_bureau_decided(reader, autumn):
    policies.published(TEXT + OPEN, figures={"meal": 300, "lodging": None})
    shown = page(reader, "policy_rule", code="breakfast-1", on="2020-autumn")
    for words in ("《云岭县方案》", "“适当补助”", "教育局确定 3.00 元/天", "县级财政", "原文只写“适当补助”"):
        assert words in shown
    part = reader.get(reverse("subsidies:policy_rule"), {"code": "living-1"}, headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()


@pytest.mark.parametrize(
    "query", [{"on": "2020"}, {"of": "nobody"}, {"of": "999999"}, {"of": "9" * 40}, {"code": "none"}]
)
def test_what_is_not_there_is_not_found(reader, autumn, query):
    policies.published()
    assert reader.get(reverse("subsidies:policy_rule"), {"code": "living-1"} | query).status_code == 404


def test_draft_is_read_by_who_writes_it_and_by_nobody_else(reader, aid_officer, autumn):
    draft = policies.draft()
    assert reader.get(reverse("subsidies:policy"), {"of": draft.pk}).status_code == 404
    reader.force_login(aid_officer)
    assert "1,000.00 元/年" in page(reader, "policy", of=draft.pk)


def side(pack, term="2020-autumn", figures=None) -> Side:
    return Side("", pack, figures or {}, engine.Term.parse(term))


def test_two_terms_of_a_plan_differ_where_its_amount_changed():
    pack = engine.load_pack(DATED)
    [row] = compare(side(pack, "2017-autumn"), side(pack))
    assert (row.verdict, row.left[0].text, row.right[0].text) == (
        "changed",
        "1,000.00 元/年",
        "1,250.00 元/年",
    )
    [row] = compare(side(pack, "2018-autumn"), side(pack))
    assert row.verdict == "same"
    [row] = compare(side(pack, "2014-autumn"), side(pack))
    assert row.verdict == "right"


def test_two_plans_are_the_same_changed_or_on_one_side_only():
    rows = compare(side(engine.load_pack(TEXT + OPEN)), side(pack_named("luxi"), "2017-autumn"))
    found = {(row.programme, row.stage): row.verdict for row in rows}
    assert found["早餐", "小学"] == "left"
    assert {verdict for (_, stage), verdict in found.items() if stage == "中职"} == {"right"}
    [mine] = compare(side(engine.load_pack(TEXT)), side(engine.load_pack(TEXT)))
    assert mine.verdict == "same"


def test_compare_page_counts_and_can_leave_out_what_is_the_same(reader, autumn):
    policies.published(DATED)
    terms = {"left": "", "left_term": "2017-autumn", "right": "", "right_term": "2020-autumn"}
    shown = page(reader, "policy_compare", **terms)
    assert "1 格不同，0 格只有左边有，0 格只有右边有，0 格相同" in shown
    same = page(reader, "policy_compare", **(terms | {"left_term": "2019-autumn", "only_changed": "on"}))
    assert "没有不同的" in same
    assert reader.get(reverse("subsidies:policy_compare"), terms | {"left": "x"}).status_code == 422
    assert reader.get(reverse("subsidies:policy_compare"), {"left_term": "x"}).status_code == 422


def test_pages_take_the_same_number_of_queries_for_one_policy_and_many(reader, autumn):
    def counts() -> list[int]:
        found = []
        for name in ("policy", "policy_compare"):
            with CaptureQueriesContext(connection) as queries:
                page(reader, name, left_term="2020-autumn", right_term="2020-autumn", right="guiding")
            found.append(len(queries))
        return found

    policies.published()
    counts()
    few = counts()
    for number in range(20):
        policies.published(TEXT + f"# {number}\n")
        factories.term(f"20{number + 10}-spring")
    assert counts() == few
