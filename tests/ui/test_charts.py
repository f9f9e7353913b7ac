"""Charts are well-formed SVG with the right numbers, attributes only."""

from xml.etree import ElementTree

import pytest

from povertyedu.ui.charts import Row, Tile, bar, sparkline, stacked, tilemap
from povertyedu.ui.icons import icon


def draw(markup):
    assert "style=" not in markup
    return ElementTree.fromstring(markup)


def texts(svg, css):
    return [node.text for node in svg.iter("text") if css in node.get("class").split()]


def test_bar_is_as_wide_as_its_percent_with_the_mark_at_the_target():
    track, fill, mark = draw(bar(50, target=85, status="warn", width=200, height=8))
    assert (track.get("width"), fill.get("width"), fill.get("class"), mark.get("x")) == (
        "200",
        "100",
        "fill warn",
        "170",
    )


@pytest.mark.parametrize(("value", "width"), [(-3, "0"), (120, "100"), (33.33, "33.3")])
def test_bar_stays_inside_its_track(value, width):
    assert draw(bar(value, width=100))[1].get("width") == width


def test_bar_is_hidden_from_readers_unless_it_is_named():
    assert draw(bar(50)).get("aria-hidden") == "true"
    named = draw(bar(50, label="进度 50%"))
    assert (named.get("role"), named.find("title").text) == ("img", "进度 50%")


def test_stacked_shows_totals_and_shares_of_money_in_wan():
    rows = [Row("小学", [142_500_000, 48_200_000], "/xiaoxue/"), Row("初中", [118_800_000, 0])]
    svg = draw(stacked("c", "资金来源", rows, ["中央", "省级"], fen=True, width=700))
    assert texts(svg, "total") == ["190.70", "118.80"]
    assert texts(svg, "label") == ["小学", "初中"]
    assert texts(svg, "axis") == ["0", "50", "100", "150"]
    pieces = [node.find("title").text for node in svg.iter("rect")]
    assert pieces == ["小学 · 中央：142.50 万元", "小学 · 省级：48.20 万元", "初中 · 中央：118.80 万元"]
    assert [node.get("href") for node in svg.iter("a")] == ["/xiaoxue/"]
    assert svg.find("title").text == "资金来源（万元）"
    assert svg.find("desc").text == "横向堆叠条形图。合计：小学 190.70；初中 118.80"
    assert svg.get("aria-labelledby") == f"{svg.find('title').get('id')} {svg.find('desc').get('id')}"


def test_stacked_widths_are_in_proportion():
    first, second = draw(stacked("c", "人数", [Row("小学", [300, 100])], ["男", "女"], width=548)).iter(
        "rect"
    )
    assert (first.get("width"), second.get("width")) == (
        "299",
        "99",
    )  # 400 px for 400 people, a pixel of gap each


def test_stacked_without_rows_is_an_empty_chart():
    assert texts(draw(stacked("c", "人数", [], ["男"])), "axis") == ["0"]


def test_tilemap_names_and_links_each_place():
    svg = draw(
        tilemap("m", "乡镇进度", [Tile(1, 0, "云雾乡", 63.04, 1, "/yunwu/"), Tile(0, 1, "石门镇", 83.25, 3)])
    )
    assert texts(svg, "tile-name") == ["云雾乡", "石门镇"]
    assert texts(svg, "tile-value") == ["63.0%", "83.3%"]
    assert [(node.get("href"), node.get("aria-label")) for node in svg.iter("a")] == [
        ("/yunwu/", "云雾乡 63.0%")
    ]
    assert [node.get("class") for node in svg.iter("rect")] == ["band-1", "band-3"]


def test_sparkline_draws_both_lines_on_one_scale():
    plan, actual = draw(sparkline([0, 50], plan=[50, 100], width=100, height=35))
    assert (plan.get("points"), actual.get("points")) == ("0,18 100,3", "0,33 100,18")


def test_charts_escape_names():
    name = '<b>"甲"&'
    svg = draw(stacked("c", name, [Row(name, [1], "/?a=1&b=2")], [name]))
    assert svg.find("title").text == f"{name}（人）"
    assert next(svg.iter("a")).get("href") == "/?a=1&b=2"


def test_icon_is_inlined_and_hidden_from_readers():
    svg = draw(icon("house", 20))
    assert (svg.tag, svg.get("width"), svg.get("aria-hidden"), svg.get("class")) == (
        "svg",
        "20",
        "true",
        "icon",
    )
    assert len(svg.findall("path")) == 2


def test_icon_that_does_not_exist_is_an_error():
    with pytest.raises(KeyError):
        icon("no-such-icon")
