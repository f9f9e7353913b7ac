"""Finding the header on sheets as clerks make them, and telling data rows from the rest."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from povertyedu.workbooks.headers import Skipped, data_rows, find_header, pick_sheets
from povertyedu.workbooks.reading import Sheet


@dataclass
class Wanted:
    name: str
    heading: str
    aliases: tuple = ()
    required: bool = False


COLUMNS = [
    Wanted("name", "姓名", ("学生姓名",), True),
    Wanted("id_number", "身份证件号", ("身份证号", "身份证号码", "证件号码"), True),
    Wanted("school", "学校名称", ("就读学校",)),
    Wanted("guardian_name", "监护人姓名", ("家长姓名",)),
    Wanted("guardian_phone", "监护人联系电话", ("联系电话",)),
    Wanted("amount", "资助金额"),
]


def numbered(*rows):
    return [(number, list(row)) for number, row in enumerate(rows, start=1)]


def test_find_header_in_the_first_row():
    header = find_header(numbered(["序号", "姓名", "身份证件号"], [1.0, "张三", "5299"]), COLUMNS)
    assert header.row_numbers == (1,)
    assert header.mapping == {"name": 1, "id_number": 2}
    assert header.unknown == [(0, "序号")]
    assert header.missing == []


def test_find_header_under_title_and_unit_lines():
    rows = numbered(
        ["云岭县学生姓名花名册", "", ""],
        ["填报单位：", "", "单位：人"],
        ["姓名", "证件号码", "就读学校"],
        ["张三", "5", "一小"],
    )
    assert find_header(rows, COLUMNS).row_numbers == (3,)


@pytest.mark.parametrize(
    "heading",
    [
        "★姓名",
        "姓 名",
        "*姓名（必填）",
        "姓\n名",
        "姓名：",
        "　姓名　",
        "1.姓名",
        "姓名(与户口簿一致)",
        "“姓名”",
        "学生姓名",
    ],
)
def test_find_header_decorated_headings_are_recognised(heading):
    assert find_header(numbered([heading, "身份证号"]), COLUMNS).mapping == {"name": 0, "id_number": 1}


def test_find_header_full_width_and_units():
    assert find_header(numbered(["姓名", "资助金额（元）"]), COLUMNS).mapping == {"name": 0, "amount": 1}


def test_find_header_missing_required_is_told():
    assert find_header(numbered(["姓名", "就读学校"]), COLUMNS).missing == ["id_number"]


def test_find_header_second_heading_of_a_column_is_told_and_the_first_wins():
    header = find_header(numbered(["姓名", "身份证号", "身份证件号"]), COLUMNS)
    assert header.mapping["id_number"] == 1
    assert header.duplicates == [(2, "身份证件号")]


def test_find_header_two_rows_merged():
    rows = numbered(
        ["学生基本信息", "", "监护人信息", "", "备注"],
        ["姓名", "身份证号", "姓名", "联系电话", ""],
        ["张三", "529901201307310596", "张父", "13929962626", ""],
    )
    merged = [(1, 0, 1, 1), (1, 2, 1, 3), (1, 4, 2, 4)]
    header = find_header(rows, COLUMNS, merged)
    assert header.row_numbers == (1, 2)
    assert header.mapping == {"name": 0, "id_number": 1, "guardian_name": 2, "guardian_phone": 3}
    assert header.headings[4] == "备注"


def test_find_header_two_rows_without_merge_information():
    rows = numbered(
        ["姓名", "身份证号", "监护人", ""], ["", "", "姓名", "联系电话"], ["张三", "5299", "张父", "139"]
    )
    header = find_header(rows, COLUMNS)
    assert header.row_numbers == (1, 2)
    assert header.mapping == {"name": 0, "id_number": 1, "guardian_name": 2, "guardian_phone": 3}


def test_find_header_name_under_another_person_is_not_the_pupil():
    rows = numbered(
        ["学校名称", "身份证号", "户主", "学生"], ["", "", "姓名", "姓名"], ["一小", "5299", "张父", "张三"]
    )
    merged = [(1, 0, 2, 0), (1, 1, 2, 1)]
    assert find_header(rows, COLUMNS, merged).mapping == {"school": 0, "id_number": 1, "name": 3}


def test_find_header_none_on_an_instruction_sheet():
    assert (
        find_header(numbered(["填表说明"], ["一、姓名按户口簿填写"], ["二、身份证号必须是文本"]), COLUMNS)
        is None
    )
    assert find_header([], COLUMNS) is None


@given(
    order=st.permutations(["姓名", "身份证号", "就读学校", "联系电话", "序号", "备注"]),
    titles=st.lists(st.sampled_from(["云岭县花名册", "", "填报单位：一小", "2020年秋季学期"]), max_size=4),
    blank=st.integers(0, 3),
    left=st.integers(0, 2),
)
def test_find_header_any_order_under_any_titles(order, titles, blank, left):
    pad = [""] * left
    rows = [(1 + place, [*pad, title]) for place, title in enumerate(titles)]
    at = len(titles) + blank + 1
    rows += [(at, pad + order), (at + 1, [*pad, "张三", "529901201307310596", "一小", "139", 1.0, ""])]
    header = find_header(rows, COLUMNS)
    assert header.row_numbers == (at,)
    assert header.mapping == {
        "name": left + order.index("姓名"),
        "id_number": left + order.index("身份证号"),
        "school": left + order.index("就读学校"),
        "guardian_phone": left + order.index("联系电话"),
    }


# --- sheets ---------------------------------------------------------------------------------------


def test_pick_sheets_leaves_out_hidden_instruction_and_empty_sheets_and_says_so():
    data = numbered(["姓名", "身份证号"], ["张三", "5"])
    sheets = [
        Sheet("填写说明", True, numbered(["请按要求填写"])),
        Sheet("低保", True, data),
        Sheet("字典", False, data),
        Sheet("Sheet3", True, []),
        Sheet("孤儿", True, data),
    ]
    picked, skipped = pick_sheets(sheets, COLUMNS)
    assert [one.sheet.name for one in picked] == ["低保", "孤儿"]
    assert skipped == [
        Skipped("填写说明", "没有找到表头，当作说明页，没有读取"),
        Skipped("字典", "隐藏的工作表，没有读取"),
        Skipped("Sheet3", "空的工作表"),
    ]


# --- rows -----------------------------------------------------------------------------------------

WIDE = ["序号", "姓名", "身份证号", "就读学校", "联系电话", "备注"]


def read(rows, merged=()):
    sheet = Sheet("表", True, rows, list(merged))
    skipped = []
    header = find_header(rows, COLUMNS, sheet.merged)
    return list(data_rows(sheet, header, skipped)), skipped


def test_data_rows_skips_what_is_no_data_and_says_why():
    good = [1.0, "张三", "529901201307310596", "一小", "13929962626", ""]
    rows, skipped = read(
        numbered(
            WIDE,
            good,
            ["", "  ", "", "\u00a0", "", ""],
            [2.0, *good[1:]],
            WIDE,
            ["小  计", "2人", "", "", "", ""],
            ["合计", 2.0, 2.0, 2.0, 2.0, 2.0],
            ["", "总计", "", 2.0, "", ""],
            ["填表人：", "", "", "审核人：", "", "（公章）"],
            ["", "", "", "", "单位负责人（签字）：张三", ""],
            ["注：本表一式三份", "", "", "", "", ""],
            ["", "", "", "2020年9月1日", "", ""],
            ["此名单经村、校两级核对，以学籍系统为准", "", "", "", "", ""],
        )
    )
    assert [number for number, _ in rows] == [2, 4]
    assert skipped == [
        (3, "空行"),
        (5, "重复的表头"),
        (6, "合计行"),
        (7, "合计行"),
        (8, "合计行"),
        (9, "签字盖章行"),
        (10, "签字盖章行"),
        (11, "说明行"),
        (12, "说明行"),
        (13, "说明行"),
    ]


@pytest.mark.parametrize(
    "row",
    [
        [1.0, "合计明", "529901201307310596", "", "", ""],
        ["", "总小红", "529901201307310596", "一小", "", ""],
        ["", "", "529901201307310596", "一小", "", ""],
        [3.0, "  ", "529901201307310596", "单位子弟学校", "", ""],
        ["", "审计", "529901201307310596", "", "", ""],
        ["", "张三", "", "", "", ""],
        ["", "", "529901201307310596", "", "", ""],
    ],
)
def test_data_rows_odd_but_real_rows_are_kept(row):
    rows, skipped = read(numbered(WIDE, row))
    assert [number for number, _ in rows] == [2]
    assert skipped == []


def test_data_rows_shorter_than_their_header_are_kept():
    rows, skipped = read(numbered(["备注", *WIDE], ["转入"], ["转入", 1.0, "张三"]))
    assert [number for number, _ in rows] == [2, 3]
    assert skipped == []


def test_data_rows_overlapping_merges_of_a_hostile_file_cost_little():
    rows = numbered(WIDE, *([[1.0, "张三", "529901201307310596", "一小", "", ""]] * 50))
    kept, _ = read(rows, merged=[(2, 5, 1_000_000, 5)] * 20_000)
    assert len(kept) == 50


def test_data_rows_cells_merged_downwards_count_for_every_row():
    rows, _ = read(
        numbered(
            ["就读学校", "姓名", "身份证号"], ["一小", "张三", "1"], ["", "李四", "2"], ["", "王五", "3"]
        ),
        merged=[(2, 0, 3, 0)],
    )
    assert [cells[0] for _, cells in rows] == ["一小", "一小", ""]


@given(
    cells=st.lists(
        st.one_of(st.just(""), st.text(max_size=8), st.floats(), st.booleans()), min_size=6, max_size=6
    )
)
def test_data_rows_every_row_is_either_data_or_told(cells):
    rows, skipped = read(numbered(WIDE, cells))
    assert len(rows) + len(skipped) == 1
