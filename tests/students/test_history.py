"""变更记录: one list of all that was done to a child's record, whoever did it and through whatever door."""

import datetime as dt
import io

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.audit.models import Operation
from povertyedu.imports import actions as imports
from povertyedu.imports.second import confirm_second
from students.actions import duplicates, ends, identification, moves, notes, pending, promotion
from students.models import Enrolment, HardshipStatus, ProposedEnd, RecordVersion, Student
from tests import factories
from tests.imports.conftest import ROSTER, roster_row, workbook

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


def page(student, **query):
    return reverse("students:history", args=[student.pk], query=query)


def told(answer) -> list[tuple]:
    """Return (who, kind, what, note, {label: (old, new)}) of each entry, newest first."""
    return [
        (
            row["it"].by, row["it"].kind, row["it"].text, row["it"].note,
            {c["label"]: (c["old"], c["new"]) for group in row["it"].groups for c in group.changes},
        )
        for row in answer.context["rows"]
    ]  # fmt: skip


def bring_in(content: bytes, *, by, other, term, kind="roster", name="花名册.xlsx"):
    batch = imports.receive(chunks=[content], name=name, kind=kind, term=term, by=by)
    imports.check(batch=batch)
    imports.confirm(batch=batch)
    imports.apply(batch=batch, by=by.as_actor(ip="10.1.1.7"))
    if batch.state == "waiting":
        confirm_second(batch=batch, by=other.as_actor())
        imports.apply(batch=batch, by=by.as_actor(ip="10.1.1.7"))
    assert batch.state == "applied"
    return batch


@pytest.fixture
def imported(administrator, aid_officer, xiazhai, autumn):
    """Import a roster of (number, changed cells) rows of our school."""
    factories.village()

    def imported(*rows, name="花名册.xlsx"):
        content = workbook(("花名册", [ROSTER, *(roster_row(xiazhai, n, **cells) for n, cells in rows)]))
        return bring_in(content, by=administrator, other=aid_officer, term=autumn, name=name)

    return imported


def test_page_is_for_who_holds_the_child(client, clerk, neighbour, finance, luona, qingshi):
    assert client.get(page(luona)).status_code == 302
    client.force_login(neighbour)
    assert client.get(page(luona)).status_code == 404
    client.force_login(finance)
    assert client.get(page(luona)).status_code == 403
    client.force_login(clerk)
    assert client.get(page(luona)).status_code == 200
    Enrolment.objects.create(
        student=luona, term=factories.term("2021-spring"), school=qingshi, stage="primary", grade=5,
        school_area="529901101000", home_area="529901100001",
    )  # fmt: skip
    assert client.get(page(luona)).status_code == 403


def test_child_without_any_history_says_so(client, clerk, luona):
    client.force_login(clerk)
    assert "没有这一类变更记录" in client.get(page(luona)).content.decode()


def test_import_of_a_new_child_tells_who_when_and_from_which_file(client, clerk, imported):
    imported((1, {}), name="下寨小学花名册.xlsx")
    child = Student.objects.get()
    client.force_login(clerk)
    answer = client.get(page(child))
    ((by, kind, text, note, changes),) = told(answer)
    assert (by, kind, text, note) == ("陈数据", "import", "导入", "下寨小学花名册.xlsx")
    assert "10.1.1.7" in answer.content.decode()
    assert changes["姓名"] == ("", "罗二")
    assert changes["身份证件号"] == ("", "529901**********1" + child.id_number[-1])
    assert changes["班级"] == ("", "1班")
    assert changes["银行账号"] == ("", "**** 0001")
    assert child.id_number not in answer.content.decode()


def test_import_of_a_known_child_tells_old_and_new_of_every_field(client, clerk, imported):
    imported((1, {}), (2, {}))
    cells = {
        "班级": "2班", "就读方式": "住校", "联系电话": "13929960000", "银行账号": "6226999999999999999", "监护人姓名": "罗新",
        "是否留守儿童": "是",
    }  # fmt: skip
    imported((1, cells), (2, {}), name="更新.xlsx")
    child, other = Student.objects.order_by("pk")
    client.force_login(clerk)
    assert told(client.get(page(child)))[0] == (
        "陈数据", "import", "导入", "更新.xlsx",
        {
            "留守儿童": ("否", "是"), "联系电话": ("139****2626", "139****0000"), "监护人": ("罗丽浩", "罗新"),
            "银行账号": ("**** 0001", "**** 9999"), "班级": ("1班", "2班"), "寄宿": ("否", "是"), "困难类型": ("", "留守儿童"),
        },
    )  # fmt: skip
    assert len(told(client.get(page(other)))) == 1  # the second file said nothing new of it


def test_undone_import_is_told_both_ways(client, clerk, administrator, imported):
    imported((1, {}))
    batch = imported((1, {"班级": "2班"}), name="更新.xlsx")
    imports.ask_to_undo(batch=batch)
    imports.undo(batch=batch, by=administrator.as_actor())
    client.force_login(clerk)
    assert told(client.get(page(Student.objects.get())))[:2] == [
        ("陈数据", "import", "撤销导入", "更新.xlsx", {"班级": ("（已撤的班级）", "1班")}),
        ("陈数据", "import", "导入", "更新.xlsx", {"班级": ("1班", "（已撤的班级）")}),
    ]


def test_undo_of_a_first_import_leaves_no_history_of_who_is_gone(administrator, imported):
    batch = imported((1, {}))
    imports.ask_to_undo(batch=batch)
    imports.undo(batch=batch, by=administrator.as_actor())
    assert not Student.objects.exists()
    assert not RecordVersion.objects.exists()


def test_import_by_the_command_is_told_too(client, clerk, xiazhai, autumn, tmp_path):
    factories.village()
    path = tmp_path / "命令.xlsx"
    path.write_bytes(workbook(("花名册", [ROSTER, roster_row(xiazhai, 1)])))
    call_command("import_workbook", "roster", str(path), "--term", autumn.pk, stdout=io.StringIO())
    client.force_login(clerk)
    assert [entry[:4] for entry in told(client.get(page(Student.objects.get())))] == [
        ("命令行", "import", "导入", "命令.xlsx")
    ]


def test_history_of_an_import_costs_the_same_for_any_number_of_rows(administrator, aid_officer, xiazhai, autumn):  # fmt: skip
    """Two statements say the cause; what each row was is written by the statements that change it."""
    factories.village()

    def queries(first: int, last: int) -> int:
        rows = [roster_row(xiazhai, number) for number in range(first, last)]
        with CaptureQueriesContext(connection) as captured:
            bring_in(workbook(("花名册", [ROSTER, *rows])), by=administrator, other=aid_officer, term=autumn)
        return len(captured)

    queries(1, 3)
    assert queries(3, 5) == queries(5, 45)
    assert Operation.objects.filter(action="import.apply").count() == 3
    assert RecordVersion.objects.filter(source="student").count() == 44


def test_list_tells_its_hardship_in_the_childs_history(client, clerk, administrator, aid_officer, luona, autumn):  # fmt: skip
    rows = [("姓名", "证件号码", "户编号", "脱贫状态", "识别时间"), ("罗娜", luona.id_number, "5299010000000006", "未脱贫", "201604")]  # fmt: skip
    content = workbook(("建档立卡人口", rows))
    bring_in(
        content,
        by=administrator,
        other=aid_officer,
        term=autumn,
        kind="registered-poor",
        name="贫困名单.xlsx",
    )
    client.force_login(clerk)
    ((by, kind, text, note, changes),) = told(client.get(page(luona)))
    assert (by, kind, text, note) == ("陈数据", "import", "导入", "贫困名单.xlsx")
    assert (changes["困难类型"], changes["起始日期"]) == (("", "建档立卡"), ("", "2016-04-01"))


def test_steps_about_the_child_stand_in_one_list(
    client, clerk, neighbour, aid_officer, approver, administrator, luona, qingshi, autumn
):
    by = clerk.as_actor(ip="10.1.1.8")
    notes.add_note(by=by, student=luona, text="家访")
    change = factories.pending_change(luona, by=clerk)
    pending.refuse_change(by=aid_officer.as_actor(), change=change, reason="与存折不符")
    asked = moves.request_transfer(
        by=by, enrolment=luona.enrolments.get(), to_school=qingshi, side="sending", effective_on=dt.date(2020, 10, 12), reason="随父母迁居",
    )  # fmt: skip
    moves.accept(by=neighbour.as_actor(), move=asked)
    client.force_login(administrator)
    answer = client.get(page(luona))
    entries = [(by, kind, text) for by, kind, text, _, _ in told(answer)]
    assert entries == [
        ("何勇", "move", "同意转学"),
        ("杨丽", "move", "提出转学"),
        ("周敏", "change", "不同意"),
        ("杨丽", "change", "提出变更，待复核"),
        ("杨丽", "note", "添加备注"),
    ]
    accepted = told(answer)[0]
    assert accepted[3] == "县内转学：随父母迁居"
    assert (accepted[4]["学校"], accepted[4]["班级"]) == (("城关镇下寨小学", "青石镇中心小学"), ("1班", ""))
    assert [e[1] for e in told(client.get(page(luona, kind="move")))] == ["move", "move"]
    assert len(told(client.get(page(luona, kind="nonsense")))) == 5


def test_merge_shows_both_histories_and_what_came_over(
    client, aid_officer, administrator, luona, xiazhai, autumn
):
    twin = factories.student("罗娜", at=xiazhai, during=factories.term("2021-spring"), remark="原在外县")
    notes.add_note(by=aid_officer.as_actor(), student=twin, text="查过户口")
    pair = factories.pair(luona, twin)
    duplicates.propose(by=aid_officer.as_actor(), pair=pair, keeper=luona)
    duplicates.confirm(by=administrator.as_actor(), pair=pair)
    client.force_login(administrator)
    entries = told(client.get(page(luona)))
    assert [(by, text) for by, _, text, _, _ in entries] == [
        ("陈数据", "合并档案"), ("陈数据", "合并档案"), ("陈数据", "复核并合并"), ("周敏", "是同一人，提请合并"), ("周敏", "添加备注"),
    ]  # fmt: skip
    assert entries[2][4]["备注"] == ("", "原在外县")


def test_promotion_tells_the_new_term(client, clerk, xiazhai, autumn):
    child = factories.student("罗娜", at=xiazhai, during=factories.term("2020-spring"), grade=3)
    run = promotion.open_promotion(by=clerk.as_actor(), to_term=autumn, school=xiazhai)
    promotion.apply(by=clerk.as_actor(), promotion=run)
    client.force_login(clerk)
    ((by, kind, text, note, changes),) = told(client.get(page(child)))
    assert (by, kind, text, note) == ("杨丽", "move", "升级", str(autumn))
    assert (changes["年级"], changes["学校"]) == (("", "四年级"), ("", "城关镇下寨小学"))


def test_list_that_leaves_the_child_out_and_the_answer_are_told(client, clerk, aid_officer, luona, autumn):
    HardshipStatus.objects.create(
        id_hash=luona.id_hash, id_number=luona.id_number, name="罗娜", category=1, since=dt.date(2016, 1, 1), source="poverty_office",
    )  # fmt: skip
    end = ProposedEnd.objects.create(
        term=autumn, id_hash=luona.id_hash, name="罗娜", category=1, source="poverty_office", since=dt.date(2016, 1, 1),
        list_name="建档立卡.xlsx", proposed_by="陈数据",
    )  # fmt: skip
    ends.refuse_ends(by=aid_officer.as_actor(), ends=[end], reason="仍在册")
    client.force_login(clerk)
    assert told(client.get(page(luona, kind="hardship"))) == [
        ("周敏", "hardship", "不终止", "仍在册", {}),
        ("陈数据", "hardship", "名单里没有该生，待终止：建档立卡", f"建档立卡.xlsx（{autumn}）", {}),
    ]


def test_long_history_comes_in_pages_and_misses_nothing(client, clerk, luona):
    for number in range(60):
        notes.add_note(by=clerk.as_actor(), student=luona, text=f"第{number}次家访")
    client.force_login(clerk)
    first = client.get(page(luona))
    older = client.get(page(luona).split("?")[0] + first.context["older_url"])
    said = [changes["备注"][1] for *_, changes in told(first) + told(older)]
    assert said == [f"第{number}次家访" for number in reversed(range(60))]
    assert (len(told(first)), older.context["older_url"]) == (50, "")
    assert "共 60 条" in first.content.decode()


@pytest.mark.parametrize("query", [{"before": "昨天"}, {"before": "2026-99-99T99:99"}, {"before": "2026-01-01"}, {"kind": "<b>"}])  # fmt: skip
def test_address_of_ones_own_making_shows_the_first_page(client, clerk, luona, query):
    client.force_login(clerk)
    assert client.get(page(luona, **query)).status_code == 200


def test_page_takes_the_same_queries_for_a_long_history(client, clerk, luona, imported):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(page(luona)).status_code == 200
        return len(captured)

    def live(times: int):
        for number in range(times):
            for kind in ("leave", "return"):
                moves.settle(
                    by=clerk.as_actor(), enrolment=luona.enrolments.get(), kind=kind, effective_on=dt.date(2020, 10, 12), reason="病"
                )  # fmt: skip
            notes.add_note(by=clerk.as_actor(), student=luona, text=f"家访{times}-{number}")

    client.force_login(clerk)
    client.get(page(luona))
    live(1)
    few = queries()
    live(4)
    assert queries() == few
    assert few == 43


def test_proof_is_told_once_when_it_is_handed_in_and_once_when_it_is_confirmed(
    client, clerk, aid_officer, administrator, luona, autumn
):
    proof = factories.proof(luona.enrolments.get(), by=clerk)
    identification.confirm_proof(by=aid_officer.as_actor(), proof=proof)
    client.force_login(administrator)
    confirmed = [
        entry for entry in told(client.get(page(luona, kind="hardship"))) if entry[0] == aid_officer.name
    ]
    assert [(kind, what, changes) for _, kind, what, _, changes in confirmed] == [
        ("hardship", "复核困难佐证", {"困难类型": ("", "建档立卡（扶贫手册）")})
    ]
