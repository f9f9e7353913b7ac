"""Undoing an import: everything as it was, unless touched since or already on its way to be paid."""

import pytest
from django.core import serializers
from django.db import connection
from django.db.models import F
from django.utils import timezone

from povertyedu.audit.models import AuditEvent
from povertyedu.imports import actions
from povertyedu.imports.actions import purge_expired
from povertyedu.imports.models import ImportBatch, UndoImage
from povertyedu.imports.second import confirm_second
from povertyedu.jobs.models import Job
from povertyedu.jobs.progress import LeaseLost
from povertyedu.orgs.models import Area, School, SchoolClass, SchoolStage
from povertyedu.workflow.flow import StepRefused
from students.actions.moves import request_transfer
from students.models import (
    BankAccount,
    Enrolment,
    FactChange,
    Guardian,
    HardshipStatus,
    Household,
    Student,
    TargetListEntry,
)  # fmt: skip
from tests import factories
from tests.factories import subsidies

from .conftest import ROSTER, roster, roster_row, workbook
from .test_pages import url, work

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
TABLES = (
    Area, School, SchoolStage, Student, Guardian, BankAccount, SchoolClass, Enrolment, Household, HardshipStatus, TargetListEntry,
)  # fmt: skip


def everything() -> dict[str, list]:
    """Return what the tables hold, sealed columns as the database keeps them."""
    held = {}
    for model in TABLES:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {model._meta.db_table} ORDER BY 1")
            held[model._meta.label] = [
                [bytes(v) if isinstance(v, memoryview) else v for v in row] for row in cursor.fetchall()
            ]
    return held


@pytest.fixture
def imported(checked, aid_officer):
    """Import as its page does; what changes accounts or hardships on file is confirmed by a second person."""

    def imported(content: bytes, *, by, kind: str = "roster") -> ImportBatch:
        batch = checked(content, by=by, kind=kind)
        actions.confirm(batch=batch)
        actions.apply(batch=batch, by=by.as_actor())
        if batch.state == "waiting":
            confirm_second(batch=batch, by=aid_officer.as_actor())
        return actions.apply(batch=batch, by=by.as_actor())

    return imported


def undo(batch: ImportBatch, by) -> ImportBatch:
    actions.ask_to_undo(batch=batch)
    return actions.undo(batch=batch, by=by.as_actor())


def test_undo_of_a_first_roster_leaves_nothing(administrator, xiazhai, village, imported):
    before = everything()
    batch = imported(roster(xiazhai, 3), by=administrator)
    assert Student.objects.count() == 3

    undo(batch, administrator)

    assert everything() == before
    assert (batch.state, batch.undone) == ("undone", {"removed": 3, "restored": 0, "left_out": 0})
    assert FactChange.objects.count() == 0
    event = AuditEvent.objects.get(action="import.undo")
    assert (event.by_name, event.changes["removed"]) == ("陈数据", 3)


def test_undo_puts_changed_children_back_to_the_byte(
    administrator, xiazhai, qingshi, village, autumn, imported
):
    imported(roster(xiazhai, 2), by=administrator)
    before = everything()
    FactChange.objects.all().delete()
    changed = {
        "姓名": "罗改",
        "班级": "2班",
        "银行账号": "6226999999999999999",
        "监护人姓名": "罗新",
        "就读方式": "住校",
    }
    rows = [
        roster_row(xiazhai, 1, **changed),
        roster_row(qingshi, 2, 是否留守儿童="是"),
        roster_row(xiazhai, 3),
    ]
    batch = imported(workbook(("学生花名册", [ROSTER, *rows])), by=administrator)
    assert everything() != before
    FactChange.objects.all().delete()

    undo(batch, administrator)

    assert everything() == before
    assert batch.undone == {"removed": 1, "restored": 2, "left_out": 0}
    marked = FactChange.objects.filter(term=autumn).values_list("student_id", flat=True)
    assert set(marked) == set(Student.objects.values_list("pk", flat=True))


def test_undo_has_the_children_who_are_left_recalculated(administrator, xiazhai, village, autumn, imported):
    imported(roster(xiazhai, 2), by=administrator)
    FactChange.objects.all().delete()
    spring = factories.term("2021-spring")
    later = Enrolment.objects.get(student__name="罗二")
    later.pk, later.term = None, spring
    later.save(force_insert=True)
    batch = imported(roster(xiazhai, 3, 就读方式="住校"), by=administrator)

    undo(batch, administrator)

    jobs = Job.objects.filter(kind="subsidies.recalculate").order_by("pk")
    assert sorted((job.arguments["term"], job.label, job.lock) for job in jobs) == [
        ("2020-autumn", f"撤销导入“花名册.xlsx”，重算 {autumn}", "recalculate:2020-autumn"),
        ("2021-spring", f"撤销导入“花名册.xlsx”，重算 {spring}", "recalculate:2021-spring"),
    ]
    assert {job.by for job in jobs} == {administrator}
    assert all(job.arguments["only_changed"] for job in jobs)


def test_undo_of_new_children_alone_recalculates_nothing(administrator, xiazhai, village, imported):
    undo(imported(roster(xiazhai, 2), by=administrator), administrator)

    assert not Job.objects.filter(kind="subsidies.recalculate").exists()


def test_undo_leaves_who_was_changed_since_and_lists_them(administrator, xiazhai, village, imported, client):
    batch = imported(roster(xiazhai, 3), by=administrator)
    touched = Student.objects.get(name="罗二")
    BankAccount.objects.filter(student=touched).update(holder="罗丽浩")
    client.force_login(administrator)

    page = client.get(url("undo", batch)).content.decode()
    assert "确认撤销 2 个" in page
    assert "导入后又有修改" in page
    undo(batch, administrator)

    assert list(Student.objects.values_list("name", flat=True)) == ["罗二"]
    assert (Enrolment.objects.count(), SchoolClass.objects.count()) == (1, 1)
    assert batch.left_out_list == [["罗二", "导入后又有修改"]]
    assert "罗二" in client.get(url("detail", batch)).content.decode()


def test_undo_leaves_children_in_a_batch(
    administrator, clerk, aid_officer, approver, finance, xiazhai, village, autumn, imported
):
    imported(roster(xiazhai, 1), by=administrator)
    batch = imported(roster(xiazhai, 2, 班级="2班"), by=administrator)
    for name in ("罗二", "罗三"):
        subsidies.entitle(Student.objects.get(name=name), 50_000)
    people = subsidies.People(clerk=clerk, aid=aid_officer, approver=approver, finance=finance)
    subsidies.batch_at("open", people, term=autumn)

    undo(batch, administrator)

    assert batch.left_out_list == [["罗三", "已列入本学期的发放批次"], ["罗二", "已列入本学期的发放批次"]]
    assert Enrolment.objects.filter(school_class__name="2班").count() == 2


def test_undo_leaves_a_child_who_has_another_record_by_now(
    administrator, clerk, xiazhai, qingshi, village, imported
):
    batch = imported(roster(xiazhai, 2), by=administrator)
    enrolment = Enrolment.objects.get(student__name="罗二")
    request_transfer(
        by=clerk.as_actor(), enrolment=enrolment, side="sending", reason="随父母务工迁居", to_school=qingshi,
        effective_on=enrolment.term.starts_on,
    )  # fmt: skip

    undo(batch, administrator)

    assert list(Student.objects.values_list("name", flat=True)) == ["罗二"]
    assert batch.undone == {"removed": 1, "restored": 0, "left_out": 1}


def test_undo_takes_entitlements_of_removed_children_away(administrator, xiazhai, village, imported):
    batch = imported(roster(xiazhai, 1), by=administrator)
    child = Student.objects.get()
    subsidies.entitle(child, 50_000)

    undo(batch, administrator)

    assert child.entitlements.count() == 0


NUMBERS = [factories.id_number(n, birth="20100101") for n in range(1, 4)]
LISTS = {
    "registered-poor": (
        ("姓名", "身份证号", "户编号", "与户主关系", "脱贫状态"),
        [["罗一", NUMBERS[0], "5301", "户主", "未脱贫"], ["罗二", NUMBERS[1], "5301", "之子", "未脱贫"]],
        [["罗一", NUMBERS[0], "5302", "户主", "已脱贫不享受政策"], ["罗三", NUMBERS[2], "5303", "户主", "未脱贫"]],
    ),
    "categories": (
        ("姓名", "身份证号", "类别", "起始时间"),
        [["罗一", NUMBERS[0], "农村低保", "201901"]],
        [["罗一", NUMBERS[0], "农村低保", "201801"], ["罗二", NUMBERS[1], "孤儿", "201901"]],
    ),
    "away": (
        ("姓名", "身份证件号", "户籍乡镇", "户籍村", "学段", "年级", "就读学校", "就读学校所在地", "对方是否已资助"),
        [["罗二", NUMBERS[1], "城关镇", "红星村", "小学", "五年级", "外县小学", "贵州省遵义市", "待核实"]],
        [
            ["罗改", NUMBERS[1], "城关镇", "红星村", "初中", "一年级", "外县中学", "贵州省遵义市", "是"],
            ["罗三", NUMBERS[2], "城关镇", "红星村", "小学", "五年级", "外县小学", "贵州省遵义市", ""],
        ],
    ),
    "target-list": (
        ("姓名", "身份证号", "学段", "就读学校"),
        [["罗一", NUMBERS[0], "小学", "下寨小学"]],
        [["罗一", NUMBERS[0], "初中", "下寨中学"], ["罗二", NUMBERS[1], "小学", "下寨小学"]],
    ),
    "areas": (
        ("区划代码", "名称", "级别", "是否贫困村"),
        [["529901", "云岭县", "县", "否"]],
        [["529901", "新云岭县", "县", "否"], ["529901200", "新镇", "乡镇", "否"], ["529901200001", "新村", "村", "是"]],
    ),
    "schools": (
        ("学校标识码", "学校名称", "办学类型", "办学性质", "城乡类型", "所在乡镇", "学段"),
        [["2153000001", "新一小学", "小学", "公办", "乡村", "城关镇", ""]],
        [["2153000001", "新一学校", "九年一贯制", "公办", "镇区", "城关镇", "初中"], ["2153000002", "新二小学", "小学", "公办", "乡村", "城关镇", "小学"]],
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", LISTS)
def test_undo_of_every_kind_brings_back_what_was(administrator, xiazhai, village, autumn, imported, kind):
    heading, first, second = LISTS[kind]
    factories.student("罗一", at=xiazhai, during=autumn, id_number=NUMBERS[0])
    imported(workbook(("名单", [heading, *first])), by=administrator, kind=kind)
    before = everything()
    batch = imported(workbook(("名单", [heading, *second])), by=administrator, kind=kind)
    assert (batch.rejected_by_code, batch.importable) == ({}, len(second))
    assert everything() != before

    undo(batch, administrator)

    assert everything() == before
    assert batch.undone == {"removed": len(second) - 1, "restored": 1, "left_out": 0}


def test_undo_keeps_an_area_that_a_school_stands_in(administrator, village, imported):
    heading, _, second = LISTS["areas"]
    batch = imported(workbook(("名单", [heading, *second])), by=administrator, kind="areas")
    factories.school("新村小学", area=Area.objects.get(code="529901200001"))

    undo(batch, administrator)

    assert batch.undone == {"removed": 0, "restored": 1, "left_out": 2}
    assert [name for name, _ in batch.left_out_list] == ["新村", "新镇"]


def test_undo_in_the_browser_and_only_once(client, administrator, xiazhai, village, imported):
    batch = imported(roster(xiazhai, 2), by=administrator)
    client.force_login(administrator)
    assert "撤销这次导入…" in client.get(url("detail", batch)).content.decode()

    client.post(url("undo", batch))
    client.post(url("undo", batch))
    assert Job.objects.filter(kind="imports.undo").count() == 1
    work(batch)
    work(batch)  # a late message of the same job

    assert (batch.state, Student.objects.count()) == ("undone", 0)
    assert AuditEvent.objects.filter(action="import.undo").count() == 1
    page = client.get(url("detail", batch)).content.decode()
    assert "移除新增的 2 个" in page
    assert "撤销这次导入…" not in page
    assert client.get(url("undo", batch)).status_code == 302


def test_undo_interrupted_changes_nothing_and_can_be_taken_up(administrator, xiazhai, village, imported):
    batch = imported(roster(xiazhai, 2), by=administrator)
    before = everything()
    actions.ask_to_undo(batch=batch)

    class Killed:
        def expect(self, total):
            pass

        def reach(self, done, note=""):
            pass

        def fence(self):
            raise LeaseLost

    with pytest.raises(LeaseLost):
        actions.undo(batch=batch, by=administrator.as_actor(), progress=Killed())
    batch.refresh_from_db()
    assert (everything(), batch.state) == (before, "undoing")

    actions.undo(batch=batch, by=administrator.as_actor())  # the next attempt of the job
    assert (batch.state, Student.objects.count()) == ("undone", 0)


def test_undo_that_fails_says_so_and_changes_nothing(administrator, xiazhai, village, imported):
    imported(roster(xiazhai, 1, 全国学籍号="L529901000000000070"), by=administrator)
    batch = imported(
        roster(xiazhai, 1), by=administrator
    )  # a national number takes the temporary one's place
    factories.student("罗别", at=xiazhai)
    old = actions.undoing.images_of(batch)[0].images[0].old["student_no_hash"]
    Student.objects.filter(name="罗别").update(student_no_hash=old)
    before = everything()
    actions.ask_to_undo(batch=batch)

    with pytest.raises(Exception, match="student_no"):
        actions.undo(batch=batch, by=administrator.as_actor())

    batch.refresh_from_db()
    assert (everything(), batch.state) == (before, "applied")
    assert batch.error == "导入后的其他修改占用了原来的编号，不能撤销；没有改动任何内容，请逐个更正。"


def test_undo_ends_with_the_days_of_the_file(administrator, xiazhai, village, imported):
    batch = imported(roster(xiazhai, 1), by=administrator)
    batch.file.purge_after = timezone.now()
    batch.file.save()

    purge_expired()

    assert UndoImage.objects.count() == 0
    with pytest.raises(StepRefused, match="保留期已过"):
        actions.ask_to_undo(batch=batch)


def test_undo_is_refused_in_a_closed_term(administrator, xiazhai, village, autumn, imported):
    batch = imported(roster(xiazhai, 1), by=administrator)
    type(autumn).objects.filter(pk=autumn.pk).update(is_closed=True)
    batch = ImportBatch.objects.get(pk=batch.pk)

    with pytest.raises(StepRefused, match="已关闭，不能撤销导入"):
        actions.ask_to_undo(batch=batch)


def test_images_hold_no_number_in_clear(administrator, xiazhai, village, imported):
    imported(roster(xiazhai, 1), by=administrator)
    imported(roster(xiazhai, 1, 姓名="罗改"), by=administrator)

    stored = serializers.serialize("json", UndoImage.objects.annotate(content=F("sealed")))

    assert "罗" not in stored
    assert factories.id_number(1, birth="20100202") not in stored


def test_apply_and_undo_cost_the_same_for_few_and_many(
    administrator, xiazhai, village, checked, count_queries
):
    costs = []
    for start, count in ((0, 1), (100, 2), (200, 40)):
        rows = [roster_row(xiazhai, start + n) for n in range(count)]
        batch = checked(workbook(("学生花名册", [ROSTER, *rows])), by=administrator)
        actions.confirm(batch=batch)
        applied = count_queries(lambda batch=batch: actions.apply(batch=batch, by=administrator.as_actor()))
        actions.ask_to_undo(batch=batch)
        undone = count_queries(lambda batch=batch: actions.undo(batch=batch, by=administrator.as_actor()))
        costs.append((applied, undone))

    assert costs[1] == costs[2]  # the very first run also fills caches
