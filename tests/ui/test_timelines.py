"""Gantt chart and curve are well-formed SVG with the right places, attributes only."""

import datetime as dt
from xml.etree import ElementTree

import pytest

from povertyedu.ui.timelines import Line, Span, curve, gantt, month_marks

D = dt.date


def draw(markup):
    assert "style=" not in markup
    return ElementTree.fromstring(markup)


def of(svg, css):
    return [node for node in svg.iter() if css in (node.get("class") or "").split()]


def test_gantt_puts_plan_above_actual_in_proportion_with_a_line_at_the_day():
    rows = [
        Span("开工", (D(2020, 1, 1), D(2020, 4, 10)), (D(2020, 1, 1), D(2020, 2, 20)), False, "/x/"),
        Span("竣工", (D(2020, 3, 1), D(2020, 3, 1)), (D(2020, 3, 1), D(2020, 4, 10)), True),
    ]
    svg = draw(gantt("g", "宿舍楼", rows, D(2020, 2, 20), width=266))  # 100 days on 100 units
    plan, real = of(svg, "plan"), of(svg, "real")
    assert (plan[0].get("x"), plan[0].get("width")) == ("150", "100")
    assert (real[0].get("x"), real[0].get("width")) == ("150", "50")
    assert plan[1].tag == "polygon"
    assert (real[1].get("class"), real[1].find("title").text) == (
        "real late",
        "竣工：实际 2020-03-01 至 2020-04-10，超期",
    )
    assert of(svg, "today")[0].get("x1") == "200"
    assert [node.get("href") for node in svg.iter("a")] == ["/x/"]
    assert (svg.get("role"), svg.get("aria-labelledby")) == ("group", "g-title g-desc")
    assert "横道图" in svg.find("desc").text


def test_gantt_of_one_day_and_long_names_is_drawn():
    svg = draw(
        gantt(
            "g",
            "<宿舍>",
            [Span("城关镇下寨小学教学综合楼", None, (D(2020, 1, 1), D(2020, 1, 1)))],
            D(2020, 1, 1),
        )
    )
    assert svg.find("title").text == "<宿舍>"
    [label] = of(svg, "label")
    assert (label.text, label.find("title").text) == ("城关镇下寨小学教学综…", "城关镇下寨小学教学综合楼")


@pytest.mark.parametrize(
    ("first", "last", "marks"),
    [
        (D(2020, 1, 15), D(2020, 4, 1), ["2020-02", "2020-03", "2020-04"]),
        (
            D(2019, 11, 1),
            D(2020, 12, 31),
            ["2019-11", "2020-01", "2020-03", "2020-05", "2020-07", "2020-09", "2020-11"],
        ),
        (D(2014, 3, 1), D(2020, 12, 31), ["2015-01", "2016-01", "2017-01", "2018-01", "2019-01", "2020-01"]),
    ],
)
def test_marks_are_first_days_of_months_evenly_apart(first, last, marks):
    assert [f"{day:%Y-%m}" for day in month_marks(first, last)] == marks


def test_curve_ends_where_numbers_end_and_names_its_lines_there():
    days = [D(2020, 1, 1), D(2020, 1, 31), D(2020, 3, 1)]
    lines = [
        Line("计划", [0, 50_000_000, 100_000_000]),
        Line("完成", [0, 20_000_000, None]),
        Line("支付", [None, None, None]),
    ]
    svg = draw(curve("c", "累计", days, lines))
    first, second = of(svg, "line")
    assert (len(first.get("points").split()), len(second.get("points").split())) == (3, 2)
    assert [node.text for node in of(svg, "total")] == ["计划 100.00", "完成 20.00"]
    assert (
        svg.find("desc").text
        == "累计曲线，2020-01-01 至 2020-03-01。计划 100.00 万元；完成 20.00 万元。数字见表。"
    )


def test_curve_of_nothing_and_names_at_one_place_do_not_overlap():
    svg = draw(curve("c", "累计", [D(2020, 1, 1)], [Line("计划", [0]), Line("支付", [0])]))
    heights = [float(node.get("y")) for node in of(svg, "total")]
    assert abs(heights[0] - heights[1]) >= 14
