"""列组合: what a column can be, what comes with the system, and the page on which the bureau keeps them."""

import datetime as dt
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from povertyedu.audit.models import AccessEvent, AuditEvent
from povertyedu.sealing import keyed_hash
from povertyedu.workflow.flow import Actor
from students.models import ColumnSet, Enrolment, HardshipStatus, Student
from students.models.column_sets import MOST_COLUMNS, Entry
from students.resources.column_presets import PRESETS
from students.resources.export_sources import FORMS, GROUPS, known
from students.resources.roster_export import export_columns, roster_columns
from tests import factories
from tests.imports.test_national import HEADER

EXPORT = reverse("students:export")
PAGE = reverse("students:column_sets")
pytestmark = [pytest.mark.django_db, pytest.mark.sql]


def written(term, *columns: Entry, full: bool = True, members: bool = True, rows=None) -> list[list]:
    """Return the rows below the head of an export without a title, the head first."""
    out = io.BytesIO()
    export_columns(
        out, by=Actor(None, "测试", ""), term=term, rows=Enrolment.objects.of(term) if rows is None else rows, columns=columns,
        name="试", words=[], full=full, has_title=False, members=members,
    )  # fmt: skip
    sheet = load_workbook(out).active
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def cells_of(term, *columns: Entry, **asked) -> list:
    (_, row) = written(term, *columns, **asked)
    return row


def hardship(child: Student, category: int, since: dt.date, **fields) -> HardshipStatus:
    return HardshipStatus.objects.create(
        id_hash=child.id_hash, id_number=child.id_number, name=child.name, category=category, since=since,
        source="department_list", **fields,
    )  # fmt: skip


# --- what a column holds ---------------------------------------------------------------------


def test_roster_columns_are_sources_under_the_same_headings(db):
    factories.county_fact()
    headings = {name: source.heading for name, source in known().items()}
    assert {name: headings[name] for name, _ in roster_columns()} == dict(roster_columns())


@pytest.mark.parametrize(
    ("entry", "cell"),
    [
        (Entry("birth_date", "生日"), "2010-05-12"),
        (Entry("birth_date", "生日", "ymd"), "20100512"),
        (Entry("birth_date", "生日", "cn"), "2010年5月12日"),
        (Entry("entered_on", "入学"), "2016-09"),
        (Entry("entered_on", "入学", "ym"), "201609"),
        (Entry("entered_on", "入学", "cn"), "2016年9月"),
        (Entry("sex", "性别"), "女"),
        (Entry("sex", "性别", "code"), "2"),
        (Entry("ethnicity", "民族", "code"), "09"),
        (Entry("ethnicity", "民族"), "布依族"),
        (Entry("id_kind", "证件", "code"), "1"),
        (Entry("grade", "年级"), "五年级"),
        (Entry("grade", "年级", "code"), "15"),
        (Entry("boarding", "住宿", "code"), "2"),
        (Entry("hukou", "户口", "code"), "1"),
        (Entry("home_code", "户籍地"), "529901100001"),
        (Entry("agri_major", "涉农"), "否"),
        (Entry("agri_major", "涉农", "yes"), None),
        (Entry("agri_major", "涉农", "digit"), "0"),
        (Entry("hardship_registered_poor", "脱贫户", "yes"), "是"),
        (Entry("hardship_registered_poor", "脱贫户", "digit"), "1"),
        (Entry("hardship_orphan", "孤儿"), "否"),
        (Entry("categories", "原因"), "建档立卡、残疾"),
        (Entry("guardian_name", "家长"), "罗丽浩"),
        (Entry("bank", "开户行"), "县农村信用社"),
        (Entry("term", "学期"), "2020—2021学年 秋季学期"),
        (Entry("fact_tier", "等级"), "特别困难"),
        (Entry("fact_integrated", "随班"), None),
        (Entry("fixed", "国籍", "", "=中国"), "=中国"),
        (Entry("fixed", "空"), None),
        (Entry("gone_long_ago", "没有了"), None),
    ],
)
def test_cell_is_written_in_its_form(xiazhai, autumn, entry, cell):
    child = factories.student(
        at=xiazhai, during=autumn, boarding=True, categories=3, ethnicity="布依族", hukou="rural", birth_date=dt.date(2010, 5, 12)
    )  # fmt: skip
    child.enrolments.update(entered_on=dt.date(2016, 9, 1), facts={"tier": "special"})
    assert cells_of(autumn, entry) == [cell]


def test_what_has_no_code_of_its_own_is_written_in_words(xiazhai, autumn):
    child = factories.student(
        at=xiazhai, during=autumn, ethnicity="穿青人", id_kind="hmt", is_left_behind=True
    )
    child.enrolments.update(stage="vocational", grade=1)
    columns = [Entry(name, name, "code") for name in ("ethnicity", "id_kind", "grade", "is_left_behind")]
    assert cells_of(autumn, *columns) == ["穿青人", "港澳台居民居住证", "一年级", "是"]


def test_hardship_has_date_and_certificate_as_they_were_in_the_term(xiazhai, autumn):
    child = factories.student(at=xiazhai, during=autumn, categories=3)
    hardship(child, 1, dt.date(2016, 1, 15))
    hardship(child, 2, dt.date(2018, 3, 1), certificate=f"{child.id_number}43")
    hardship(child, 4, dt.date(2015, 1, 1), until=dt.date(2017, 1, 1))
    hardship(child, 8, dt.date(2022, 1, 1))
    columns = [
        Entry("hardship_registered_poor_since", "一", "ymd"), Entry("hardship_disabled_since", "二"), Entry("hardship_rural_dibao_since", "三"),
        Entry("hardship_urban_dibao_since", "四"), Entry("hardship_since", "五", "ymd"), Entry("certificate", "六"),
    ]  # fmt: skip
    expected = ["20160115", "2018-03-01", None, None, "20180301", f"{child.id_number}43"]
    assert cells_of(autumn, *columns) == expected
    masked = cells_of(autumn, *columns, full=False)[-1]
    assert masked == f"529901{'*' * 12}43"


def test_hardship_under_the_number_of_a_merged_record_counts(xiazhai, autumn):
    kept = factories.student(at=xiazhai, during=autumn)
    other = factories.student("罗小娜", at=xiazhai, during=factories.term("2020-spring"))
    Student.objects.filter(pk=other.pk).update(merged_into=kept)
    hardship(other, 1, dt.date(2016, 1, 15))
    assert cells_of(autumn, Entry("hardship_registered_poor_since", "一")) == ["2016-01-15"]


@pytest.fixture
def family(xiazhai, autumn):
    child = factories.student(at=xiazhai, during=autumn, categories=1)
    of = factories.household(head_name="罗大", exit_status="exited_enjoying")
    hardship(child, 1, dt.date(2016, 1, 1), household=of, relation="长女", person_no="02")
    for number, (name, relation) in enumerate([("何花", "配偶"), ("罗大", "户主")], 3):
        person = factories.id_number()
        HardshipStatus.objects.create(
            id_hash=keyed_hash(person), id_number=person, name=name, category=1, since=dt.date(2016, 1, 1), source="poverty_office",
            household=of, relation=relation, person_no=f"0{number}",
        )  # fmt: skip
    return child


def test_household_tells_its_number_head_and_members(family, autumn):
    columns = [Entry(source.name, source.heading) for source in GROUPS["建档立卡户"]]
    expected = [
        "5299010000000006", "罗大", "长女", "02", "已脱贫享受政策", "3", "罗大（户主）、罗娜（长女）、何花（配偶）",
    ]  # fmt: skip
    assert cells_of(autumn, *columns) == expected


def test_members_are_for_who_may_see_households(client, family, clerk, aid_officer, autumn):
    made = ColumnSet(name="家庭情况", has_title=False, updated_by="测试")
    made.columns = [
        Entry("name", "姓名"),
        Entry("household_no", "户编号"),
        Entry("household_members", "成员"),
    ]
    made.save()
    for user, members in ((clerk, None), (aid_officer, "罗大（户主）、罗娜（长女）、何花（配偶）")):
        client.force_login(user)
        answer = client.post(EXPORT, {"reason": "核对", "numbers": "masked", "layout": str(made.pk)})
        row = [cell.value for cell in load_workbook(io.BytesIO(answer.content)).active[2]]
        assert row == ["罗娜", "5299010000000006", members]


def test_text_that_looks_like_a_formula_stays_text(client, clerk, xiazhai, autumn):
    factories.student("=1+1", at=xiazhai, during=autumn)
    made = ColumnSet(name="=cmd()", updated_by="测试")
    made.columns = [Entry("name", "=列名"), Entry("fixed", "@空", "", "+86")]
    made.save()
    client.force_login(clerk)
    answer = client.post(EXPORT, {"reason": "核对", "numbers": "masked", "layout": str(made.pk)})
    sheet = load_workbook(io.BytesIO(answer.content)).active
    found = {cell.value: cell.data_type for row in sheet.iter_rows() for cell in row if cell.value}
    assert {found[text] for text in ("=列名", "@空", "=1+1", "+86")} == {"s"}


def test_queries_do_not_grow_with_the_rows(xiazhai, autumn, family):
    every = [Entry(name, source.heading) for name, source in known().items()]
    counts = []
    for more in (0, 30):
        for _ in range(more):
            hardship(factories.student(at=xiazhai, during=autumn), 1, dt.date(2016, 1, 1), household_id=None)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            written(autumn, *every)
        counts.append(len(queries))
    assert counts[0] == counts[1]


# --- what comes with the system --------------------------------------------------------------


def test_national_set_has_the_72_columns_in_their_order_then_the_school():
    headings = [entry.heading for entry in PRESETS["national"].columns]
    assert headings[:72] == [heading.removesuffix("★") for heading in HEADER]
    assert headings[72:] == ["学校名称", "学校标识码", "学段"]


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_presets_name_sources_and_forms_there_are(db, preset):
    sources = known()
    assert [e for e in preset.columns if e.form not in FORMS[sources[e.source].kind]] == []


def test_economy_set_says_yes_or_nothing_then_tier_date_and_reason(client, xiazhai, autumn, aid_officer):
    child = factories.student(at=xiazhai, during=autumn, categories=1 | 64)
    child.enrolments.update(facts={"tier": "difficult"})
    hardship(child, 1, dt.date(2016, 1, 15))
    hardship(child, 64, dt.date(2019, 5, 2))
    client.force_login(aid_officer)

    answer = client.post(EXPORT, {"reason": "上报", "numbers": "full", "layout": "economy"})

    head, row = [
        [cell.value for cell in row] for row in load_workbook(io.BytesIO(answer.content)).active.iter_rows()
    ]
    told = {heading: cell for heading, cell in zip(head, row, strict=True) if cell is not None}
    assert told == {
        "姓名": "罗娜", "身份证件号": child.id_number, "全国学籍号": f"G{child.id_number}", "建档立卡": "是", "孤儿": "是",
        "认定等级": "困难", "认定时间": "20190502", "认定原因": "建档立卡、孤儿",
    }  # fmt: skip
    assert "全国资助系统 家庭经济信息 1 人，完整号码" in AccessEvent.objects.get().fields


# --- the page --------------------------------------------------------------------------------


@pytest.fixture
def kept(db):
    made = ColumnSet(name="全国系统", updated_by="陈数据")
    made.columns = [Entry("name", "姓名"), Entry("sex", "性别", "code"), Entry("id_number", "证件号码")]
    made.save()
    return made


def at(name: str, kept: ColumnSet, *more) -> str:
    return reverse(f"students:{name}", args=[kept.pk, *more])


def headings(kept: ColumnSet) -> list[str]:
    kept.refresh_from_db()
    return [entry.heading for entry in kept.columns]


def test_columns_move_up_and_down_and_the_button_keeps_the_focus(client, aid_officer, kept):
    client.force_login(aid_officer)
    answer = client.post(at("column_set_move", kept, 3, "up"), {"version": 1}, follow=True)
    assert headings(kept) == ["姓名", "证件号码", "性别"]
    assert 'aria-label="上移第2列证件号码" autofocus' in answer.content.decode()
    client.post(at("column_set_move", kept, 1, "down"), {"version": 2})
    assert headings(kept) == ["证件号码", "姓名", "性别"]
    client.post(at("column_set_move", kept, 1, "up"), {"version": 3})
    assert headings(kept) == ["证件号码", "姓名", "性别"]
    assert (kept.version, kept.updated_by) == (4, "周敏")


def test_column_is_added_changed_and_taken_out(client, aid_officer, kept):
    client.force_login(aid_officer)
    sent = {
        "version": 1,
        "source": "birth_date",
        "heading": "出生年月日",
        "form": "date:ymd",
        "text": "",
        "position": 2,
    }
    client.post(at("column_set_entry", kept, 0), sent)
    assert headings(kept) == ["姓名", "出生年月日", "性别", "证件号码"]
    assert kept.columns[1] == Entry("birth_date", "出生年月日", "ymd")
    page = client.get(at("column_set", kept), {"edit": 2}).content.decode()
    assert '<option value="date:ymd" selected>' in page
    client.post(
        at("column_set_entry", kept, 2), sent | {"version": 2, "heading": "", "form": "", "position": 99}
    )
    assert kept.__class__.objects.get().columns[3] == Entry("birth_date", "出生日期")
    client.post(at("column_set_remove", kept, 1), {"version": 3})
    assert headings(kept) == ["性别", "证件号码", "出生日期"]
    told = AuditEvent.objects.filter(action="students.column_set").order_by("-pk").first()
    assert told.changes == {"columns": ["性别", "证件号码", "出生日期"]}


@pytest.mark.parametrize(
    ("sent", "fault"),
    [
        ({"source": "sex", "form": "date:ymd"}, "form"),
        ({"source": "sex", "form": "coded:nothing"}, "form"),
        ({"source": "fixed", "heading": ""}, "heading"),
        ({"source": "password"}, "source"),
        ({"source": "sex", "position": "0"}, "position"),
        ({"source": "sex", "position": "x"}, "position"),
        ({"source": "sex", "heading": "长" * 61}, "heading"),
    ],
)
def test_column_that_makes_no_sense_is_refused(client, aid_officer, kept, sent, fault):
    client.force_login(aid_officer)
    answer = client.post(at("column_set_entry", kept, 0), {"version": 1, "position": 4} | sent)
    assert (answer.status_code, list(answer.context["entry_form"].errors)) == (422, [fault])
    assert headings(kept) == ["姓名", "性别", "证件号码"]


def test_who_saw_an_older_version_changes_nothing(client, aid_officer, kept):
    client.force_login(aid_officer)
    client.post(at("column_set_move", kept, 3, "up"), {"version": 1})
    for version in ("1", "", "x", "9" * 30, "²"):
        answer = client.post(at("column_set_remove", kept, 1), {"version": version}, follow=True)
        assert "别人刚改过这个列组合" in answer.content.decode()
    assert headings(kept) == ["姓名", "证件号码", "性别"]


def test_set_is_renamed_and_its_title_taken_away(client, aid_officer, kept):
    client.force_login(aid_officer)
    client.post(at("column_set", kept), {"version": 1, "name": "资助系统"})
    kept.refresh_from_db()
    assert (kept.name, kept.has_title, len(kept.columns)) == ("资助系统", False, 3)
    ColumnSet.objects.create(name="另一个", updated_by="测试")
    answer = client.post(at("column_set", kept), {"version": 2, "name": "另一个"})
    assert (answer.status_code, list(answer.context["name_form"].errors)) == (422, ["name"])


def test_presets_and_sets_are_copied_under_a_name_of_their_own(client, aid_officer, kept):
    client.force_login(aid_officer)
    for key in ("national", str(kept.pk), str(kept.pk)):
        client.post(reverse("students:column_set_copy", args=[key]))
    made = {each.name: (len(each.columns), each.has_title) for each in ColumnSet.objects.all()}
    assert made == {
        "全国系统": (3, True), "全国系统 副本": (3, True), "全国系统 副本2": (3, True), "全国学籍系统学生表（72 列） 副本": (75, False),
    }  # fmt: skip
    for key in ("nothing", "9" * 30, "0"):
        assert client.post(reverse("students:column_set_copy", args=[key])).status_code == 404


def test_last_column_stays_and_there_is_room_for_so_many(client, aid_officer, kept):
    client.force_login(aid_officer)
    kept.columns = [Entry("name", "姓名")]
    kept.save()
    answer = client.post(at("column_set_remove", kept, 1), {"version": 1}, follow=True)
    assert "至少要有一列" in answer.content.decode()
    kept.columns = [Entry("name", "姓名")] * MOST_COLUMNS
    kept.save()
    answer = client.post(
        at("column_set_entry", kept, 0), {"version": 1, "source": "sex", "position": 1}, follow=True
    )
    assert f"最多 {MOST_COLUMNS} 列" in answer.content.decode()
    assert len(headings(kept)) == MOST_COLUMNS


@pytest.mark.parametrize("edit", ["4", "-1", "x", "²", "9" * 30])
def test_page_opens_whatever_column_is_asked_for(client, aid_officer, kept, edit):
    client.force_login(aid_officer)
    assert client.get(at("column_set", kept), {"edit": edit, "at": edit, "way": edit}).status_code == 200
    assert client.post(at("column_set_remove", kept, 4), {"version": 1}).status_code == 404


def test_page_of_a_set_takes_the_same_queries_for_few_and_many_columns(client, aid_officer, kept):
    client.force_login(aid_officer)
    counts = []
    for many in (1, 30):
        kept.columns = [Entry("name", "姓名")] * many
        kept.save()
        with CaptureQueriesContext(connection) as queries:
            client.get(at("column_set", kept))
        counts.append(len(queries))
    assert counts[0] == counts[1]
