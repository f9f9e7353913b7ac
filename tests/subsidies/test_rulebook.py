"""资助标准: the book of a term, each figure with its clause; two terms and two plans side by side."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from subsidies import engine
from subsidies.actions.policies import pack_named
from subsidies.queries.policies import read_on
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


@pytest.mark.parametrize(
    ("day", "term"),
    [
        ("2020-08-31", "2020-spring"),  # a holiday belongs to the term before it
        ("2020-09-01", "2020-autumn"),
        ("2021-02-14", "2020-autumn"),
        ("2021-02-15", "2021-spring"),
        ("2000-02-29", "2000-spring"),
    ],
)
def test_day_belongs_to_the_term_begun_last(db, day, term):
    assert read_on(day) == (engine.Term.parse(term), dt.date.fromisoformat(day))


def test_day_belongs_to_the_term_as_the_county_set_it(autumn):
    autumn.starts_on = dt.date(2020, 8, 24)
    autumn.save()
    assert str(read_on("2020-08-31")[0]) == "2020-autumn"


def test_book_of_a_day_is_that_of_its_term(reader, autumn):
    policies.published(TEXT)
    policies.published(TEXT.replace("1000", "1250"), applies_from="2020-autumn")
    before, after = (
        page(reader, "policy", on="2020-08-31"),
        page(reader, "policy", on="2020-autumn", day="2020-09-01"),
    )
    assert "2020-08-31在2020年春季学期内，适用云岭县方案 第1版（自始适用，" in before
    assert ("1,000.00 元/年" in before, "1,250.00 元/年" in before) == (True, False)
    assert "2020-09-01在2020年秋季学期内，适用云岭县方案 第2版（2020年秋季学期起，" in after
    assert "1,250.00 元/年" in after


@pytest.mark.parametrize(
    "on", ["2020-02-30", "2020-13-01", "昨天", "20200901", "2020-9-1", "x" * 500, "２０２０-09-01"]
)
def test_day_that_is_none_is_told_in_a_sentence(reader, autumn, on):
    policies.published()
    answer = reader.get(reverse("subsidies:policy"), {"on": on})
    assert answer.status_code == 422
    assert f"“{on[:20]}”既不是学期也不是日期" in answer.content.decode()
    assert "1,000.00 元/年" in answer.content.decode()


def test_day_of_no_year_of_ours_is_told(reader, autumn):
    policies.published()
    for day in ("0001-01-01", "1949-05-01", "2200-03-01", "9999-12-31"):
        answer = reader.get(reverse("subsidies:policy"), {"day": day})
        assert (answer.status_code, "请填 1950 年至 2199 年的日期" in answer.content.decode()) == (422, True)
        compared = reader.get(
            reverse("subsidies:policy_compare"), {"left_day": day, "right_day": "2020-09-01"}
        )
        assert (compared.status_code, "请填 1950 年至 2199 年的日期" in compared.content.decode()) == (
            422,
            True,
        )


def test_two_days_are_compared(reader, autumn):
    policies.published(DATED)
    shown = page(reader, "policy_compare", left_day="2018-08-31", right_day="2018-09-01")
    assert "2018年春季学期（2018-08-31）" in shown
    assert "1 格不同，0 格只有左边有，0 格只有右边有，0 格相同" in shown
    same = page(
        reader, "policy_compare", left_term="2018-autumn", right_term="2017-autumn", right_day="2020-01-01"
    )
    assert "0 格不同" in same
    wrong = reader.get(reverse("subsidies:policy_compare"), {"left_day": "2018-02-30", "right_day": ""})
    assert wrong.status_code == 422
    assert "日期须是日历上有的一天" in wrong.content.decode()
    assert "请选学期，或填一天" in wrong.content.decode()
