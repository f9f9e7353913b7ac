"""The list as a workbook: what is in it, who may take it, what is left on record."""

import io

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from povertyedu.accounts.models import Grant
from povertyedu.audit.models import AccessEvent
from povertyedu.files.models import StoredFile
from povertyedu.inbox.models import Message
from povertyedu.jobs import progress
from povertyedu.jobs.models import Job
from povertyedu.jobs.progress import NO_PROGRESS, JobRefused, LeaseLost
from povertyedu.options.registry import set_option
from students import tasks
from tests import factories

EXPORT = reverse("students:export")


def cells(answer):
    sheet = load_workbook(io.BytesIO(answer.content)).active
    return [[cell for cell in row if cell is not None] for row in sheet.iter_rows(values_only=True)]


def text_of(answer):
    return "\n".join("|".join(map(str, row)) for row in cells(answer))


def test_export_hands_over_the_filtered_list_masked(client, clerk, luona, xiazhai, autumn):
    factories.student("王小雨", at=xiazhai, during=autumn, grade=2)
    client.force_login(clerk)
    answer = client.post(f"{EXPORT}?level=primary-5", {"reason": "班主任核对", "numbers": "masked"})
    text = text_of(answer)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "罗娜" in text
    assert "王小雨" not in text
    assert luona.id_number not in text
    assert luona.bank_account.number not in text
    assert f"529901**********{luona.id_number[-2:]}" in text
    event = AccessEvent.objects.get()
    assert (event.kind, event.by_name, event.reason) == ("download", "杨丽", "班主任核对")
    assert event.fields == "学生名单 1 人，号码隐去中间几位；学段年级：五年级"


def test_export_in_clear_is_for_who_may_reveal(client, clerk, administrator, luona):
    client.force_login(clerk)
    answer = client.post(EXPORT, {"reason": "银行开卡", "numbers": "full"})
    assert luona.id_number in text_of(answer)
    assert luona.bank_account.number in text_of(answer)
    assert "完整号码" in AccessEvent.objects.get().fields
    client.force_login(administrator)
    answer = client.post(EXPORT, {"reason": "银行开卡", "numbers": "full"})
    assert "numbers" in answer.context["form"].errors
    assert AccessEvent.objects.count() == 1


def test_export_asks_for_a_reason(client, clerk, luona):
    client.force_login(clerk)
    assert "将导出 <b>1</b> 人" in client.get(EXPORT).content.decode()
    answer = client.post(EXPORT, {"reason": " ", "numbers": "masked"})
    assert answer.context["form"].errors == {"reason": ["请填写导出用途，用途将记入日志。"]}
    assert not AccessEvent.objects.exists()


def test_export_beyond_the_option_is_written_by_a_job(client, clerk, administrator, xiazhai, autumn):
    set_option("large_export_rows", "100", by_name="测试")
    for number in range(101):
        factories.student(f"学生{number}", at=xiazhai, during=autumn, account=False)
    factories.student("高年级", at=xiazhai, during=autumn, grade=6)
    client.force_login(clerk)
    answer = client.post(f"{EXPORT}?level=primary-5", {"reason": "上报", "numbers": "masked"})
    job = Job.objects.get()
    assert answer.headers["Location"] == reverse("jobs:detail", args=[job.pk])
    assert not AccessEvent.objects.exists()

    result = tasks.export(job, NO_PROGRESS, **job.arguments)
    event = AccessEvent.objects.get()
    assert (event.by_name, event.reason) == ("杨丽", "上报")
    assert event.fields == "学生名单 101 人，号码隐去中间几位；学段年级：五年级"
    file = reverse("files:download", args=[result["file"]])
    assert Message.objects.get(url=file).to == clerk
    sheet = load_workbook(io.BytesIO(client.get(file).getvalue())).active
    assert [row[4].value for row in sheet.iter_rows() if str(row[4].value).startswith("学生")] == [
        f"学生{n}" for n in range(101)
    ]
    client.force_login(administrator)
    assert client.get(file).status_code == 404


class Watch:
    """A progress that keeps what it was told."""

    def __init__(self):
        self.told = []

    def expect(self, total):
        self.told.append(("expect", total))

    def reach(self, done, note=""):
        self.told.append((done, note))

    def fence(self):
        pass


@pytest.mark.parametrize("layout", ["list", "roster"])
def test_export_job_tells_how_many_rows_are_written(clerk, xiazhai, autumn, monkeypatch, layout):
    monkeypatch.setattr(progress, "ROWS_TOLD", 2)
    for number in range(5):
        factories.student(f"学生{number}", at=xiazhai, during=autumn, account=False)
    asked = {"term": autumn.pk, "query": "", "layout": layout, "full": False, "reason": "上报"}
    job = Job.objects.create(kind="students.export", label="导出", by=clerk, arguments=asked)
    watch = Watch()
    tasks.export(job, watch, **asked)
    assert watch.told == [
        ("expect", 5),
        (0, "已写出 0 行，共 5 行"),
        (2, "已写出 2 行，共 5 行"),
        (4, "已写出 4 行，共 5 行"),
        (5, "正在保存文件"),
    ]


def test_export_job_that_is_killed_and_run_again_leaves_one_line_in_the_log(client, clerk, luona, autumn):
    asked = {"term": autumn.pk, "query": "", "layout": "list", "full": True, "reason": "银行开卡"}
    job = Job.objects.create(kind="students.export", label="导出", by=clerk, arguments=asked)

    class Killed(Watch):
        def fence(self):
            raise LeaseLost

    with pytest.raises(LeaseLost):  # the other attempt has it: nothing of this one stays
        tasks.export(job, Killed(), **asked)
    assert not AccessEvent.objects.exists()
    results = [tasks.export(job, NO_PROGRESS, **asked) for _ in range(2)]  # killed after its end, too
    assert results[0] == results[1]
    assert AccessEvent.objects.get().fields == "学生名单 1 人，完整号码；全部"
    assert (StoredFile.objects.count(), Message.objects.count()) == (1, 1)


def test_exported_file_is_for_who_still_may_see_what_it_holds(client, clerk, luona, xiazhai, autumn):
    asked = {"term": autumn.pk, "query": "", "layout": "list", "full": True, "reason": "银行开卡"}
    job = Job.objects.create(kind="students.export", label="导出", by=clerk, arguments=asked)
    file = reverse("files:download", args=[tasks.export(job, NO_PROGRESS, **asked)["file"]])
    client.force_login(clerk)
    assert client.get(file).status_code == 200
    clerk.grants.update(ended_at=timezone.now())
    told = client.get(file)
    assert (told.status_code, "您的授权有变动，不能再下载" in told.content.decode()) == (403, True)
    # Another grant of the same role does not give back what was made under the old one.
    Grant.objects.create(
        user=clerk, role="school_clerk", school=factories.school("别的小学"), granted_by="测试"
    )
    assert client.get(file).status_code == 403
    assert AccessEvent.objects.filter(subject_type="files.storedfile").count() == 1


def test_export_job_counts_what_its_person_may_see_when_it_runs(client, clerk, luona, autumn):
    asked = {"term": autumn.pk, "query": "", "layout": "list", "full": True, "reason": "上报"}
    job = Job.objects.create(kind="students.export", label="导出", by=clerk, arguments=asked)
    clerk.grants.all().delete()
    tasks.export(Job.objects.get(), NO_PROGRESS, **asked)
    assert AccessEvent.objects.get().fields.startswith("学生名单 0 人")
    job = Job.objects.create(kind="students.export", label="导出", by=clerk, arguments=asked)
    with pytest.raises(JobRefused, match="列组合已被删除"):
        tasks.export(job, NO_PROGRESS, **asked | {"layout": "9999"})


def test_export_is_for_who_may(client, leader, luona):
    client.force_login(leader)
    assert client.get(EXPORT).status_code == 403


def test_export_takes_the_own_school_only(client, neighbour, luona):
    client.force_login(neighbour)
    assert "没有可以导出的学生" in client.get(EXPORT).content.decode()


def test_export_writes_a_formula_as_text(client, clerk, xiazhai, autumn):
    factories.student("=1+1", at=xiazhai, during=autumn)
    client.force_login(clerk)
    sheet = load_workbook(
        io.BytesIO(client.post(EXPORT, {"reason": "核对", "numbers": "masked"}).content)
    ).active
    found = [cell for row in sheet.iter_rows() for cell in row if cell.value == "=1+1"]
    assert {cell.data_type for cell in found} == {"s"}
