"""批量导入 in a browser's order: choose, upload, look, confirm, result; and who may not."""

import io

import openpyxl
import pytest
from django.urls import reverse

from povertyedu.audit.models import AccessEvent, AuditEvent
from povertyedu.imports import actions, tasks
from povertyedu.imports.models import ImportBatch
from povertyedu.jobs.models import Job
from povertyedu.jobs.progress import NO_PROGRESS
from povertyedu.orgs.models import Term
from povertyedu.sealing import keyed_hash
from povertyedu.workflow.flow import StepRefused
from students.models import Student
from tests import factories

from .conftest import ROSTER, roster, roster_row, upload_of, workbook

pytestmark = pytest.mark.django_db
LIST, UPLOAD = reverse("imports:list"), reverse("imports:upload")


def url(name: str, batch: ImportBatch) -> str:
    return reverse(f"imports:{name}", args=[batch.pk])


def work(batch: ImportBatch) -> None:
    """Do what a worker would do with the batch's job."""
    batch.refresh_from_db()
    verb = {"imports.check": tasks.check, "imports.apply": tasks.apply, "imports.undo": tasks.undo}[
        batch.job.kind
    ]
    verb(batch.job, NO_PROGRESS, **batch.job.arguments)
    Job.objects.filter(pk=batch.job_id).update(state="done", ended_at=batch.created_at)
    batch.refresh_from_db()


def mixed(school) -> bytes:
    """Two good rows, one in error, one with a warning."""
    rows = [
        roster_row(school, 1),
        roster_row(school, 2),
        roster_row(school, 3, 姓名=""),
        roster_row(school, 4, 出生日期="2009-01-01"),
    ]
    return workbook(("学生花名册", [ROSTER, *rows]))


def test_wizard_from_upload_to_result(client, administrator, xiazhai, village, autumn):
    client.force_login(administrator)
    assert "导入模板" in client.get(UPLOAD).content.decode()

    response = client.post(
        UPLOAD, {"kind": "roster", "term": "2020-autumn", "file": upload_of(mixed(xiazhai))}
    )
    batch = ImportBatch.objects.get()
    assert response.headers["Location"] == url("detail", batch)
    assert (batch.state, batch.job.kind, batch.job.lock) == (
        "uploaded",
        "imports.check",
        "import:roster:2020-autumn",
    )
    assert "正在办理" in client.get(url("detail", batch)).content.decode()

    work(batch)
    page = client.get(url("detail", batch)).content.decode()
    assert batch.state == "checked"
    assert "确认导入 3 行" in page
    assert "没有填写姓名" in page
    assert factories.id_number(3, birth="20100404") in page  # the uploader sees the numbers of the own file
    assert (
        factories.id_number(1, birth="20100202") not in page
    )  # problem rows first, good rows behind another tab
    assert (
        factories.id_number(1, birth="20100202")
        in client.get(url("rows", batch) + "?tab=all").content.decode()
    )

    client.post(url("apply", batch))
    client.post(url("apply", batch))  # the second click does nothing
    assert Job.objects.filter(kind="imports.apply").count() == 1
    work(batch)
    assert batch.state == "applied"
    assert "新增 3 行" in client.get(url("detail", batch)).content.decode()
    assert Student.objects.count() == 3
    event = AuditEvent.objects.get(action="import.apply")
    assert (event.by_name, event.changes["created"], event.changes["rejected"]) == ("陈数据", 3, 1)

    work(batch)  # a late message of the same job
    assert (Student.objects.count(), AuditEvent.objects.filter(action="import.apply").count()) == (3, 1)


def test_upload_page_says_its_limits_before_anything_is_sent(client, administrator, autumn):
    client.force_login(administrator)
    page = client.get(UPLOAD).content.decode()
    assert "可以上传 .xlsx、.xls 或 .csv，最大 50 MB、200,000 行；不能有宏和打开密码。" in page


def test_errors_come_back_in_the_clerks_own_workbook(client, administrator, xiazhai, checked):
    batch = checked(mixed(xiazhai), by=administrator)
    client.force_login(administrator)

    response = client.get(url("errors", batch))

    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))["学生花名册"]
    reasons = [sheet.cell(row, len(ROSTER) + 1).value for row in range(1, 6)]
    assert reasons == ["错误说明", None, None, "没有填写姓名；请补填后重新上传。", None]
    assert AccessEvent.objects.get().subject_type == "imports.importbatch"


def test_errors_of_a_csv_are_a_list_of_rows(client, administrator, xiazhai, checked):
    lines = [",".join(ROSTER), ",".join(map(str, roster_row(xiazhai, 3, 姓名="")))]
    batch = checked("\n".join(lines).encode("gb18030"), by=administrator, name="花名册.csv")
    client.force_login(administrator)

    response = client.get(url("errors", batch))

    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    lines = [[cell.value for cell in row][:3] for row in sheet.iter_rows()]
    assert ["CSV", 2, "没有填写姓名；请补填后重新上传。"] in lines


@pytest.mark.parametrize("name", ["detail", "rows", "errors"])
def test_import_of_somebody_else_does_not_exist(client, administrator, clerk, xiazhai, checked, name):
    batch = checked(mixed(xiazhai), by=administrator)
    client.force_login(clerk)

    assert client.get(url(name, batch)).status_code == 404


@pytest.mark.parametrize("name", ["check", "apply", "cancel"])
def test_import_of_somebody_else_cannot_be_moved(client, administrator, clerk, xiazhai, checked, name):
    batch = checked(mixed(xiazhai), by=administrator)
    client.force_login(clerk)

    assert client.post(url(name, batch)).status_code == 404
    batch.refresh_from_db()
    assert batch.state == "checked"


@pytest.mark.parametrize("page", [LIST, UPLOAD, reverse("imports:template", args=["roster"])])
def test_import_is_not_for_leaders(client, leader, page):
    client.force_login(leader)

    assert client.get(page).status_code == 403


def test_clerk_is_offered_the_roster_only(client, clerk, xiazhai, autumn):
    client.force_login(clerk)

    template = client.get(reverse("imports:template", args=["roster"]))
    book = openpyxl.load_workbook(io.BytesIO(b"".join(template.streaming_content)))
    assert "★姓名" in [cell.value for cell in book["数据"][2]]
    assert client.get(reverse("imports:template", args=["registered-poor"])).status_code == 403
    response = client.post(UPLOAD, {"kind": "areas", "file": upload_of(roster(xiazhai, 1))})
    assert (response.status_code, ImportBatch.objects.count()) == (422, 0)


def test_clerk_imports_the_own_school_only(clerk, xiazhai, qingshi, checked):
    rows = [roster_row(xiazhai, 1), roster_row(qingshi, 2)]

    batch = checked(workbook(("学生花名册", [ROSTER, *rows])), by=clerk)

    assert (batch.counts["created"], batch.rejected_by_code) == (1, {"out_of_scope": 1})


def test_clerk_cannot_pull_a_child_from_another_school(clerk, xiazhai, qingshi, administrator, checked):
    there = checked(roster(qingshi, 1), by=administrator)
    actions.confirm(batch=there)
    actions.apply(batch=there, by=administrator.as_actor())

    batch = checked(roster(xiazhai, 1), by=clerk)

    assert batch.rejected_by_code == {"out_of_scope": 1}


REFUSED = {
    "text as xlsx": ("花名册.xlsx", b"not a workbook at all \x00\x01\x02"),
    "broken zip": ("花名册.xlsx", b"PK\x03\x04" + b"\x00" * 200),
    "no rows": ("花名册.xlsx", workbook(("学生花名册", [ROSTER]))),
}


@pytest.mark.parametrize("case", REFUSED)
def test_file_refused_whole_with_a_sentence(client, administrator, checked, case):
    name, content = REFUSED[case]
    batch = checked(content, by=administrator, name=name)
    client.force_login(administrator)

    page = client.get(url("detail", batch)).content.decode()

    assert batch.state == "refused"
    assert batch.error.endswith("。")
    assert batch.error in page
    assert batch.staged.count() == 0


@pytest.mark.parametrize(("name", "content"), [("a.docx", b"x"), ("a.xlsx", b""), ("a.xlsm", b"x")])
def test_upload_that_is_no_workbook_stays_on_the_form(client, administrator, autumn, name, content):
    client.force_login(administrator)

    response = client.post(
        UPLOAD, {"kind": "roster", "term": "2020-autumn", "file": upload_of(content, name)}
    )

    assert (response.status_code, ImportBatch.objects.count()) == (422, 0)
    assert "error-summary" in response.content.decode()


def test_cancel_takes_the_rows_away(client, administrator, xiazhai, checked):
    batch = checked(mixed(xiazhai), by=administrator)
    client.force_login(administrator)

    client.post(url("cancel", batch))

    batch.refresh_from_db()
    assert (batch.state, batch.staged.count(), Student.objects.count()) == ("cancelled", 0, 0)
    with pytest.raises(StepRefused):
        actions.confirm(batch=batch)


def test_registry_changed_since_the_check_sends_back_to_the_preview(administrator, xiazhai, checked):
    batch = checked(roster(xiazhai, 1, 全国学籍号="L529901000000000070"), by=administrator)
    other = factories.student("罗别", at=xiazhai)
    Student.objects.filter(pk=other.pk).update(student_no_hash=keyed_hash("L529901000000000070"))
    actions.confirm(batch=batch)

    with pytest.raises(StepRefused, match="请重新核对"):
        actions.apply(batch=batch, by=administrator.as_actor())

    batch.refresh_from_db()
    assert (batch.state, Student.objects.count()) == ("checked", 1)


def test_pages_cost_the_same_for_few_and_many_rows(client, administrator, xiazhai, checked, count_queries):
    few = checked(mixed(xiazhai), by=administrator)
    client.force_login(administrator)
    first = [count_queries(lambda page=page: client.get(page)) for page in (LIST, url("detail", few))]
    for _ in range(5):
        many = checked(roster(xiazhai, 70, 姓名=""), by=administrator)

    assert [
        count_queries(lambda page=page: client.get(page)) for page in (LIST, url("detail", many))
    ] == first


def test_rows_page_by_key_both_ways(client, administrator, xiazhai, checked):
    batch = checked(roster(xiazhai, 70), by=administrator)
    client.force_login(administrator)

    first = client.get(url("rows", batch) + "?tab=all", headers={"HX-Request": "true"})
    second = client.get(first.context["next_url"])
    back = client.get(second.context["previous_url"])

    assert "<html" not in first.content.decode()
    assert [len(r.context["rows"]) for r in (first, second, back)] == [50, 20, 50]
    assert [row["number"] for row in back.context["rows"]] == [row["number"] for row in first.context["rows"]]
    assert client.get(url("rows", batch) + "?tab=all&after=x").status_code == 404


def test_only_who_keeps_the_calendar_may_import_into_a_term_that_is_not_there_yet(
    client, administrator, clerk, xiazhai, autumn, on_day
):
    """To name such a term is to open it, for everybody, whatever becomes of the import."""
    on_day("2020-12-01")
    for user, offered in ((administrator, True), (clerk, False)):
        client.force_login(user)
        choices = [code for code, _ in client.get(UPLOAD).context["form"].fields["term"].choices]
        assert ("2021-spring" in choices, "2020-autumn" in choices) == (offered, True)
    sent = {"kind": "roster", "term": "2021-spring", "file": upload_of(mixed(xiazhai))}
    assert client.post(UPLOAD, sent).status_code == 422
    assert list(Term.objects.values_list("pk", flat=True)) == ["2020-autumn"]
