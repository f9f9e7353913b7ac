"""Two people who import the same school: they take turns, nothing is lost or doubled, whoever looked too early is told."""

import io

import pytest
from django.core.management import call_command

from povertyedu.imports import actions
from povertyedu.imports.models import ImportBatch
from povertyedu.workflow.flow import StepRefused
from students.models import Enrolment, Student
from tests import factories
from tests.together import together

from .conftest import roster
from .test_pages import url, work

pytestmark = [pytest.mark.sql, pytest.mark.usefixtures("real_commits")]
STALE = (
    "核对之后系统里的数据有变化（如别人刚导入或修改过），学生花名册第2行等{}行的结果与核对时不同；"
    "没有写入任何内容，请重新核对，看过新的结果再确认。"
)


@pytest.fixture
def colleague(real_commits):
    return factories.user("冯数据", ("data_administrator", factories.county()), username="data2")


def classes() -> list[str]:
    return sorted(Enrolment.objects.values_list("school_class__name", flat=True))


def confirmed(client, batch: ImportBatch) -> str:
    """Confirm ``batch`` as its uploader, let the worker do it, and return the page."""
    client.force_login(batch.by)
    client.post(url("apply", batch))
    try:
        work(batch)
    except StepRefused:
        batch.job.state = "done"
        batch.job.ended_at = batch.created_at
        batch.job.save()
    batch.refresh_from_db()
    return client.get(url("detail", batch)).content.decode()


def test_second_importer_whose_preview_no_longer_holds_is_told_and_nothing_is_written(
    client, administrator, colleague, xiazhai, checked
):
    first = checked(roster(xiazhai, 3), by=administrator)
    second = checked(roster(xiazhai, 3, 班级="2班"), by=colleague)
    assert (first.counts["created"], second.counts["created"]) == (3, 3)

    confirmed(client, first)
    page = confirmed(client, second)

    assert (second.state, STALE.format(3) in page) == ("checked", True)
    assert (Student.objects.count(), classes()) == (3, ["1班"] * 3)
    client.post(url("check", second))
    work(second)
    assert (second.counts["created"], second.counts["updated"], second.error) == (0, 3, "")
    confirmed(client, second)
    assert (second.state, Student.objects.count(), classes()) == ("applied", 3, ["2班"] * 3)


def test_row_that_was_the_same_and_would_now_take_back_anothers_change_is_told(
    client, administrator, colleague, xiazhai, checked
):
    confirmed(client, checked(roster(xiazhai, 2), by=administrator))
    old = checked(roster(xiazhai, 2), by=colleague)
    assert old.counts["unchanged"] == 2
    confirmed(client, checked(roster(xiazhai, 2, 班级="2班"), by=administrator))

    page = confirmed(client, old)

    assert (old.state, STALE.format(2) in page, classes()) == ("checked", True, ["2班"] * 2)


def test_second_importer_of_the_same_rows_finds_them_done(client, administrator, colleague, xiazhai, checked):
    first, second = (checked(roster(xiazhai, 3), by=who) for who in (administrator, colleague))
    confirmed(client, first)
    confirmed(client, second)
    assert (second.state, second.counts["created"], second.counts["unchanged"]) == ("applied", 0, 3)
    assert (Student.objects.count(), Enrolment.objects.count()) == (3, 3)


def test_two_imports_of_one_school_at_the_same_instant_double_nothing(
    administrator, colleague, xiazhai, checked
):
    batches = [checked(roster(xiazhai, 12), by=who) for who in (administrator, colleague)]
    for batch in batches:
        actions.confirm(batch=batch)

    results = together(
        *(lambda batch=batch: actions.apply(batch=batch, by=batch.by.as_actor()) for batch in batches)
    )

    assert [result.state for result in results] == ["applied", "applied"]
    assert sorted(result.counts["created"] for result in results) == [0, 12]
    assert (Student.objects.count(), Enrolment.objects.count()) == (12, 12)


def test_command_and_page_take_turns(administrator, xiazhai, checked, tmp_path):
    batch = actions.confirm(batch=checked(roster(xiazhai, 12), by=administrator))
    path = tmp_path / "花名册.xlsx"
    path.write_bytes(roster(xiazhai, 15))

    def command():
        call_command(
            "import_workbook", "roster", str(path), "--term", "2020-autumn", stdout=io.StringIO(), stderr=io.StringIO()
        )  # fmt: skip

    together(lambda: actions.apply(batch=batch, by=administrator.as_actor()), command)

    assert (Student.objects.count(), Enrolment.objects.count()) == (15, 15)
    states = set(ImportBatch.objects.values_list("state", flat=True))
    created = sum(one.counts["created"] for one in ImportBatch.objects.all())
    assert (states, created) == ({"applied"}, 15)


def test_undo_and_another_import_take_turns(client, administrator, colleague, xiazhai, checked):
    first = checked(roster(xiazhai, 8), by=administrator)
    confirmed(client, first)
    second = actions.confirm(batch=checked(roster(xiazhai, 8, 班级="2班"), by=colleague))
    actions.ask_to_undo(batch=first)

    together(
        lambda: actions.undo(batch=first, by=administrator.as_actor()),
        lambda: actions.apply(batch=second, by=colleague.as_actor()),
    )

    first.refresh_from_db()
    second.refresh_from_db()
    if second.state == "applied":  # it came first: what it changed is left as it is
        assert (first.undone["left_out"], classes()) == (8, ["2班"] * 8)
    else:  # the children were gone again
        assert (second.state, second.error) == ("checked", STALE.format(8))
        assert (first.undone["removed"], classes()) == (8, [])
