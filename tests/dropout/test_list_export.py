"""Lists of dropout control taken out: at once or, beyond the county's number of rows, by a job with what its person reads."""

import io

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone

from dropout import tasks
from dropout.actions.screening import screen
from dropout.actions.warnings import score_term, take_usual
from povertyedu.audit.models import AccessEvent
from povertyedu.files.models import StoredFile
from povertyedu.inbox.models import Message
from povertyedu.jobs.models import Job
from povertyedu.jobs.progress import NO_PROGRESS, JobRefused
from povertyedu.options.registry import set_option
from tests import factories

from .cases import away, opened

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
MANY = 101


@pytest.fixture
def children(autumn, xiazhai, qingshi, basic) -> None:
    """A hundred and one of 下寨 and one of the neighbour, each warned of."""
    set_option("large_export_rows", "100", by_name="测试")
    for number in range(MANY):
        factories.student(f"学生{number}", at=xiazhai, during=autumn, categories=3, account=False)
    factories.student("邻校的", at=qingshi, during=autumn, categories=3, account=False)
    take_usual(by=basic.as_actor())
    score_term(autumn)


def column(content: bytes, heading: str) -> list:
    rows = [
        [cell.value for cell in row] for row in openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows()
    ]
    head = next(number for number, row in enumerate(rows) if heading in row)
    place = rows[head].index(heading)
    return [row[place] for row in rows[head + 1 :]]


def test_long_list_of_warnings_is_written_by_a_job_and_told(client, children, leader, clerk, autumn):
    client.force_login(leader)
    answer = client.post(f"{reverse('dropout:warnings_export')}?level=watch")
    job = Job.objects.get()
    assert answer.headers["Location"] == reverse("jobs:detail", args=[job.pk])
    assert not AccessEvent.objects.exists()

    results = [tasks.export(job, NO_PROGRESS, **job.arguments) for _ in range(2)]  # run again after its end

    assert results[0] == results[1]
    event = AccessEvent.objects.get()
    assert (event.by_name, event.fields, event.reason) == (
        "赵局长", f"预警名单 {MANY + 1} 人；等级：关注", "导出预警名单",
    )  # fmt: skip
    file = reverse("files:download", args=[results[0]["file"]])
    assert Message.objects.get(url=file).to == leader
    names = column(client.get(file).getvalue(), "姓名")
    assert sorted(names) == sorted(["邻校的", *(f"学生{number}" for number in range(MANY))])
    leader.grants.update(ended_at=timezone.now())
    assert client.get(file).status_code == 403
    client.force_login(clerk)
    assert client.get(file).status_code == 404


def test_job_counts_what_its_person_reads_when_it_runs(client, children, leader, qingshi):
    client.force_login(leader)
    client.post(reverse("dropout:warnings_export"))
    leader.grants.all().delete()
    factories.Grant.objects.create(user=leader, role="school_head", school=qingshi, granted_by="测试")
    job = Job.objects.get()
    file = tasks.export(job, NO_PROGRESS, **job.arguments)["file"]
    assert column(b"".join(StoredFile.objects.get(pk=file).chunks()), "姓名") == ["邻校的"]


def test_long_ledger_of_children_of_school_age_is_written_by_a_job(client, children, basic, autumn):
    made = screen(by=basic.as_actor(), term=autumn)
    client.force_login(basic)
    page = client.get(reverse("dropout:ledgers"), {"tab": "school_age"})
    assert client.get(page.context["export_url"]).status_code == 302
    job = Job.objects.get()
    file = tasks.export(job, NO_PROGRESS, **job.arguments)["file"]
    stored = StoredFile.objects.get(pk=file)
    assert len(column(b"".join(stored.chunks()), "姓名")) == MANY + 1
    assert stored.name.startswith("适龄儿童台账")
    with pytest.raises(JobRefused, match="不在您的范围里"):
        tasks.export(
            Job.objects.create(kind="dropout.export", by=basic), NO_PROGRESS, which="ledger", query=f"screening={made.pk + 1}", term=None
        )  # fmt: skip


def test_cases_and_handover_beyond_the_number_go_to_a_job(client, children, basic, xiazhai, autumn):
    spring = factories.term("2020-spring")
    for number in range(MANY):
        child = factories.student(f"毕业{number}", at=xiazhai, during=spring, grade=6, account=False)
        opened(child, autumn)
    client.force_login(basic)
    handover = client.get(reverse("dropout:handover"))
    assert (len(handover.context["rows"]), handover.context["total_text"]) == (50, f"共 {MANY} 条，第 1/3 页")
    for url in (
        f"{reverse('dropout:handover')}{handover.context['export_url']}",
        reverse("dropout:cases_export"),
    ):
        client.get(url)
    found = {}
    for job in Job.objects.order_by("pk"):
        stored = StoredFile.objects.get(pk=tasks.export(job, NO_PROGRESS, **job.arguments)["file"])
        found[job.arguments["which"]] = len(column(b"".join(stored.chunks()), "姓名"))
    assert found == {"handover": MANY, "cases": MANY}


def test_short_list_is_handed_over_at_once(client, basic, xiazhai, autumn):
    away(xiazhai, autumn)
    client.force_login(basic)
    answer = client.get(reverse("dropout:cases_export"))
    assert column(answer.content, "姓名") == ["罗娜"]
    assert AccessEvent.objects.get().fields.startswith("控辍个案台账 1 件；未销号")
    assert not Job.objects.exists()
