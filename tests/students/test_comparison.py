"""四查三比对: two lists against each other, the unmatched with disposals, numbers that stay as they were."""

import datetime as dt
import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.audit.models import AccessEvent
from povertyedu.files.models import StoredFile
from povertyedu.jobs.models import Job
from povertyedu.jobs.progress import NO_PROGRESS, JobRefused
from povertyedu.orgs.models import Person
from povertyedu.workbooks.writing import write_table
from students import tasks
from students.actions import comparison as actions
from students.actions import duplicates
from students.actions.comparison import Source, age_on
from students.models import Comparison, ComparisonRow, Disposal, HardshipStatus, Household, Student
from students.queries.comparison import findings_of
from students.resources.comparison_list import read_list
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
LIST = reverse("students:comparisons")
NEW = reverse("students:compare")
HEADINGS = ("姓名", "身份证号", "乡镇", "户籍村", "电话")


def upload(*rows, headings=HEADINGS, name="户籍学龄人口.xlsx") -> SimpleUploadedFile:
    out = io.BytesIO()
    write_table(out, headings, [(*row, *[""] * (len(headings) - len(row))) for row in rows])
    return SimpleUploadedFile(name, out.getvalue())


def compare(by, term, left, right, *, kind="register_enrolment", youngest=None, oldest=None) -> Comparison:
    begun = actions.begin(
        by=by.as_actor(),
        owner=by,
        kind=kind,
        term=term,
        left=left,
        right=right,
        youngest=youngest,
        oldest=oldest,
    )
    return actions.carry_out(comparison=begun, read=read_list)


ENROLLED = Source("enrolled")


def found_in(comparison, part) -> list[tuple]:
    return list(
        comparison.rows.filter(found_in=part).order_by("pk").values_list("name", "place", "area_code")
    )


def test_register_against_enrolment_names_both_sides(administrator, luona, qingshi, autumn):
    factories.student("何小明", at=qingshi, during=autumn)
    rows = (
        ("罗娜", luona.id_number, "城关镇", "红星村"),
        ("王小山", factories.id_number(77), "城关镇", "红星村"),
    )
    comparison = compare(administrator, autumn, Source("file", upload(*rows)), ENROLLED)
    assert found_in(comparison, "only_left") == [("王小山", "城关镇 红星村", "529901100001")]
    assert found_in(comparison, "only_right") == [("何小明", "青石镇中心小学", "529901101000")]
    assert (comparison.state, comparison.both) == ("frozen", 1)
    assert [(one["count"], one["whole"], one["share"]) for one in findings_of(comparison)] == [
        (1, 2, "50.00%"), (1, 2, "50.00%"),
    ]  # fmt: skip
    assert ComparisonRow.objects.get(name="何小明").student.name == "何小明"
    assert ComparisonRow.objects.get(name="王小山").student is None


def test_number_given_up_in_a_merge_names_the_kept_child(administrator, aid_officer, luona, qingshi, autumn):
    twin = factories.student("罗娜", at=qingshi, during=autumn)
    pair = factories.pair(luona, twin)
    duplicates.propose(by=aid_officer.as_actor(), pair=pair, keeper=luona)
    duplicates.confirm(by=administrator.as_actor(), pair=pair)
    comparison = compare(administrator, autumn, Source("file", upload(("罗娜", twin.id_number))), ENROLLED)
    assert (comparison.only_left, comparison.only_right, comparison.both) == (0, 0, 1)
    both = upload(("罗娜", luona.id_number), ("罗娜", twin.id_number))
    comparison = compare(administrator, autumn, Source("file", both), ENROLLED, kind="dropout_poor")
    assert (comparison.both, comparison.rows.get().student) == (1, luona)
    side = comparison.sides.get(is_left=True)
    assert (side.people, side.remarks[-1]) == (1, "有 1 人用合并前后的两个证件号各出现一次，按一人计。")


def test_comparison_stays_as_it_was(administrator, luona, autumn):
    comparison = compare(
        administrator, autumn, Source("file", upload(("王小山", factories.id_number(77)))), ENROLLED
    )
    before = findings_of(comparison)
    Student.objects.filter(pk=luona.pk).update(name="罗小娜")
    luona.enrolments.update(status="left")
    again = actions.carry_out(comparison=comparison, read=read_list)
    assert findings_of(Comparison.objects.get(pk=again.pk)) == before
    assert found_in(comparison, "only_right")[0][0] == "罗娜"


def test_present_against_enrolment_leaves_out_who_is_not_studying(administrator, luona, xiazhai, autumn):
    factories.student("严宇", at=xiazhai, during=autumn)
    factories.student("休学者", at=xiazhai, during=autumn).enrolments.update(status="suspended")
    present = Source("file", upload(("罗娜", luona.id_number), headings=("姓名", "身份证件号", "学校")))
    comparison = compare(administrator, autumn, ENROLLED, present, kind="enrolment_present")
    assert [row[0] for row in found_in(comparison, "only_left")] == ["严宇"]
    assert comparison.only_right == 0


def test_dropouts_of_an_earlier_comparison_who_are_poor(administrator, luona, xiazhai, autumn):
    poor = factories.student("严宇", at=xiazhai, during=autumn)
    household = Household.objects.create(number="5299010001", area=factories.village())
    HardshipStatus.objects.create(
        id_hash=poor.id_hash, id_number=poor.id_number, name="严宇", category=1, since=dt.date(2016, 1, 1), counts=False,
        source="poverty_office", household=household,
    )  # fmt: skip
    earlier = compare(administrator, autumn, ENROLLED, Source("file", upload(("某人", factories.id_number(77)))), kind="enrolment_present")  # fmt: skip
    comparison = compare(
        administrator,
        autumn,
        Source("found_before", earlier=earlier),
        Source("registered_poor"),
        kind="dropout_poor",
    )
    assert found_in(comparison, "both") == [("严宇", "城关镇下寨小学", "529901100000")]
    assert [(one["count"], one["whole"]) for one in findings_of(comparison)] == [(1, 2)]
    assert not comparison.rows.exclude(found_in="both").exists()


@pytest.mark.parametrize(
    ("birth", "age"), [("20140831", 6), ("20140901", 5), ("20040901", 15), ("20040831", 16)]
)
def test_ages_are_reckoned_on_31_august(birth, age):
    assert age_on(factories.id_number(1, birth=birth), dt.date(2020, 8, 31)) == age


def test_comparison_keeps_to_its_ages_on_both_sides(administrator, luona, xiazhai, autumn):
    factories.student("小班", at=xiazhai, during=autumn, id_number=factories.id_number(3, birth="20170101"))
    rows = (
        ("成人", factories.id_number(4, birth="19800101")),
        ("学童", factories.id_number(5, birth="20120101")),
    )
    comparison = compare(
        administrator, autumn, Source("file", upload(*rows)), ENROLLED, youngest=6, oldest=15
    )
    left, right = comparison.sides.all()
    assert (comparison.only_left, comparison.only_right, left.people, right.people) == (1, 1, 1, 1)
    assert left.remarks[-1] == "有 1 人不在比对的年龄范围内，没有参与比对。"


def test_rows_that_cannot_be_read_are_counted_and_told_without_their_numbers(administrator, luona, autumn):
    bad = luona.id_number[:-1] + ("1" if luona.id_number[-1] != "1" else "2")
    rows = (("罗娜", luona.id_number), ("错号", bad), ("无号", ""), ("罗娜", luona.id_number, "", "另一村"))
    comparison = compare(administrator, autumn, Source("file", upload(*rows)), ENROLLED)
    side = comparison.sides.first()
    assert (side.people, side.left_out) == (1, 2)
    told = "\n".join(side.remarks)
    assert "第3行" in told
    assert "所在地不同，只按第一次计" in told
    assert bad not in told


def test_children_without_an_id_number_are_told(administrator, luona, autumn):
    Student.objects.filter(pk=luona.pk).update(id_number="", id_hash=None, id_tail_hash="")
    comparison = compare(
        administrator, autumn, Source("file", upload(("某人", factories.id_number(77)))), ENROLLED
    )
    side = comparison.sides.last()
    assert (side.people, side.left_out) == (0, 1)
    assert side.remarks == ["有 1 名学生的档案没有身份证件号，没有参与比对。"]
    assert findings_of(comparison)[1]["share"] == "—"


def test_numbers_lie_sealed_and_the_file_is_purged_some_day(administrator, luona, autumn):
    number = factories.id_number(77)
    comparison = compare(administrator, autumn, Source("file", upload(("某人", number))), ENROLLED)
    with connection.cursor() as cursor:
        cursor.execute("SELECT id_number FROM students_comparisonrow")
        assert all(number.encode() not in bytes(row[0]) for row in cursor.fetchall())
    stored = comparison.sides.first().file
    assert number.encode() not in stored.path.read_bytes()
    assert stored.purge_after is not None


def test_comparing_takes_the_same_queries_for_few_and_for_many(administrator, luona, xiazhai, autumn):
    def queries(rows) -> int:
        begun = actions.begin(
            by=administrator.as_actor(), owner=administrator, kind="register_enrolment", term=autumn,
            left=Source("file", upload(*rows)), right=ENROLLED, youngest=None, oldest=None,
        )  # fmt: skip
        with CaptureQueriesContext(connection) as captured:
            actions.carry_out(comparison=begun, read=read_list)
        return len(captured)

    few = queries([("某人", factories.id_number(77))])
    for _ in range(3):
        factories.student("新生", at=xiazhai, during=autumn)
    assert queries([("某人", factories.id_number(n)) for n in range(78, 90)]) == few


def test_frozen_comparison_has_a_time(autumn):
    with pytest.raises(IntegrityError, match="frozen_comparison_has_a_time"), transaction.atomic():
        Comparison.objects.create(kind="register_enrolment", term=autumn, state="frozen", made_by="周敏")


# --- pages ---


def send(client, **changes):
    data = {
        "kind": "register_enrolment",
        "term": "2020-autumn",
        "left": "file",
        "right": "enrolled",
    } | changes
    return client.post(NEW, {name: value for name, value in data.items() if value is not None})


def test_pages_lead_from_the_upload_to_the_disposal(client, administrator, luona, autumn):
    client.force_login(administrator)
    number = factories.id_number(77)
    response = send(client, left_file=upload(("王小山", number, "城关镇", "红星村")))
    comparison = Comparison.objects.get()
    page = reverse("students:comparison", args=[comparison.pk])
    assert response.headers["Location"] == page
    assert "比对" in client.get(page).content.decode()
    tasks.compare(Job.objects.get(), NO_PROGRESS, **Job.objects.get().arguments)
    content = client.get(page).content.decode()
    assert "有户籍、无学籍（疑似未入学） 1 人，占 1 人的 100.00%" in content
    assert number not in content
    assert [row.name for row in client.get(page, {"township": "529901100"}).context["page"].rows] == [
        "王小山"
    ]
    assert client.get(page, {"place": "青石"}).context["page"].rows == []
    assert client.get(page, {"tab": "nothing"}).status_code == 404
    row = comparison.rows.get(name="王小山")
    address = f"{reverse('students:comparison_dispose', args=[comparison.pk])}?pk={row.pk}"
    owner = Person.objects.create(name="石主任", area=factories.township())
    client.post(address, {"code": "other_county", "owner": owner.pk, "decided_on": "2020-10-09"})
    assert Disposal.objects.get().row == row
    assert client.get(page, {"disposal": "none"}).context["page"].rows == []
    assert client.get(LIST).context["rows"][0][0] == comparison


def test_file_that_is_no_list_fails_with_a_sentence(client, administrator, autumn):
    client.force_login(administrator)
    send(client, left_file=upload(("a", "b"), headings=("甲", "乙")))
    with pytest.raises(JobRefused) as refused:
        tasks.compare(Job.objects.get(), NO_PROGRESS, **Job.objects.get().arguments)
    assert str(refused.value) == (
        "没有找到“比对名单”的表头；请确认选对了文件。"
        "请把名单的表头写成“姓名”“身份证号”（乡镇、村或学校可以不写），改好后再上传。"
    )
    comparison = Comparison.objects.get()
    assert comparison.state == "failed"
    assert (
        "比对没有完成：" in client.get(reverse("students:comparison", args=[comparison.pk])).content.decode()
    )
    assert client.get(reverse("students:comparison_export", args=[comparison.pk])).status_code == 302


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({}, "left_file", "请选择要比对的文件。"),
        ({"left": "enrolled"}, "right", "甲乙两方是同一份名单，比不出差异；请换一方。"),
        ({"left": "found_before"}, "left_earlier", "请选择用哪一次比对未匹配的人。"),
        ({"left": "registered_poor", "youngest": 9, "oldest": 6}, "oldest", "最大年龄不能小于最小年龄。"),
        ({"left_file": SimpleUploadedFile("a.doc", b"x")}, "left_file", "只能上传 .xlsx、.xls 或 .csv 文件；请另存为 .xlsx 后再上传。"),
    ],
)  # fmt: skip
def test_wrong_choices_are_told(client, administrator, autumn, changes, field, message):
    client.force_login(administrator)
    response = send(client, **changes)
    assert (response.status_code, response.context["form"].errors) == (422, {field: [message]})
    assert not StoredFile.objects.exists()


def test_export_tells_findings_and_leaves_an_access_event(client, aid_officer, luona, autumn):
    number = factories.id_number(77)
    comparison = compare(aid_officer, autumn, Source("file", upload(("王小山", number))), ENROLLED)
    client.force_login(aid_officer)
    response = client.post(
        reverse("students:comparison_export", args=[comparison.pk]), {"numbers": "full", "reason": "控辍排查"}
    )
    book = openpyxl.load_workbook(io.BytesIO(response.content))
    assert book.sheetnames[1:] == ["有户籍、无学籍（疑似未入学）", "有学籍、不在户籍名单"]
    assert [cell.value for cell in book.worksheets[1][3]][:2] == ["王小山", number]
    assert AccessEvent.objects.get().reason == "控辍排查"


def test_comparison_is_for_the_county(client, clerk, luona, autumn):
    client.force_login(clerk)
    assert client.get(LIST).status_code == 403
    township = factories.user("镇干部", ("data_administrator", factories.township()))
    comparison = factories.comparison(during=autumn)
    client.force_login(township)
    assert client.get(reverse("students:comparison", args=[comparison.pk])).status_code == 404
