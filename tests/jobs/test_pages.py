"""Jobs on screen: progress for who started it, the stop, the list; nothing for others."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from povertyedu.audit.models import AuditEvent
from povertyedu.jobs import actions
from povertyedu.jobs.models import Job, JobState

HTMX = {"HX-Request": "true"}


@pytest.fixture
def job(clerk):
    return actions.create(
        kind="imports.check", label="核对 花名册.xlsx", arguments={}, by=clerk, url="/imports/7/"
    )


@pytest.fixture
def page(client, clerk):
    client.force_login(clerk)
    return client


def running(job, **fields):
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING, lease_until=timezone.now(), **fields)


def ended(job, state=JobState.DONE, **fields):
    Job.objects.filter(pk=job.pk).update(state=state, ended_at=timezone.now(), **fields)


def test_detail_is_a_whole_page_without_htmx(page, job):
    running(job, done=642, total=1021, note="正在核对")

    response = page.get(reverse("jobs:detail", args=[job.pk]))

    assert response.status_code == 200
    assert "<!doctype html>" in response.text
    assert "正在核对，第 642 / 1,021" in response.text
    assert f'hx-get="/jobs/{job.pk}/" hx-trigger="every 2s"' in response.text


def test_progress_is_polled_while_the_job_lives(page, job):
    response = page.get(reverse("jobs:detail", args=[job.pk]), headers=HTMX)

    assert response.status_code == 200
    assert response.text.strip().startswith(f'<div class="job-progress" id="job-{job.pk}" hx-get=')
    assert "等待后台处理" in response.text


def test_progress_of_an_ended_job_answers_286_and_asks_no_more(page, job):
    ended(job, state=JobState.FAILED, error="第 3 行没有学校名称。")

    response = page.get(reverse("jobs:detail", args=[job.pk]), headers=HTMX)

    assert response.status_code == 286
    assert "hx-get" not in response.text
    assert "第 3 行没有学校名称。" in response.text
    assert '<a href="/imports/7/">查看结果</a>' in response.text
    assert "HX-Refresh" not in response


def test_page_where_the_job_was_started_is_loaded_anew_at_its_end(page, job):
    ended(job)

    here = HTMX | {"HX-Current-URL": "http://testserver/imports/7/"}
    response = page.get(reverse("jobs:detail", args=[job.pk]), headers=here)

    assert response["HX-Refresh"] == "true"


@pytest.mark.parametrize("name", ["detail", "cancel"])
def test_job_of_another_is_not_found(client, neighbour, job, name):
    client.force_login(neighbour)
    url = reverse(f"jobs:{name}", args=[job.pk])

    assert (client.post(url) if name == "cancel" else client.get(url)).status_code == 404
    job.refresh_from_db()
    assert (job.state, job.cancel_asked) == (JobState.QUEUED, False)


def test_cancel_of_a_queued_job_ends_it_at_once(page, job, clerk):
    response = page.post(reverse("jobs:cancel", args=[job.pk]))

    assert response.url == f"/jobs/{job.pk}/"
    job.refresh_from_db()
    assert (job.state, actions.claim(job.pk)) == (JobState.CANCELLED, None)
    assert list(AuditEvent.objects.filter(action="jobs.cancel").values_list("by_id", "subject_id")) == [
        (clerk.pk, str(job.pk))
    ]


def test_cancel_of_a_running_job_asks_its_worker(page, job):
    running(job)

    response = page.post(reverse("jobs:cancel", args=[job.pk]), follow=True)

    job.refresh_from_db()
    assert (job.state, job.cancel_asked) == (JobState.RUNNING, True)
    assert f"正在停止“{job}”，几秒内生效。" in response.text


def test_cancel_of_an_ended_job_changes_nothing(page, job):
    ended(job)

    response = page.post(reverse("jobs:cancel", args=[job.pk]), follow=True)

    job.refresh_from_db()
    assert (job.state, job.cancel_asked) == (JobState.DONE, False)
    assert "已经结束，不需要取消" in response.text


def test_cancel_is_post_only(page, job):
    assert page.get(reverse("jobs:cancel", args=[job.pk])).status_code == 405


def test_list_shows_own_jobs_newest_first_by_pages(page, clerk, neighbour):
    for number in range(51):
        actions.create(kind="imports.check", label=f"核对{number:03d}", arguments={}, by=clerk)
    actions.create(kind="imports.check", label="别人的", arguments={}, by=neighbour)

    first = page.get(reverse("jobs:list"))
    assert [job.label for job in first.context["jobs"]] == [f"核对{n:03d}" for n in range(50, 0, -1)]

    second = page.get(reverse("jobs:list") + first.context["next_url"])
    assert [job.label for job in second.context["jobs"]] == ["核对000"]
    assert second.context["next_url"] == ""


@pytest.mark.parametrize("before", ["abc", "²", "9" * 30, "-1"])
def test_list_with_a_wrong_key_shows_the_first_page(page, job, before):
    response = page.get(reverse("jobs:list"), {"before": before})

    assert response.status_code == 200
    assert list(response.context["jobs"]) == [job]


def test_list_takes_as_many_queries_for_30_rows_as_for_one(page, job, clerk):
    counts = []
    for more in (0, 29):
        for number in range(more):
            actions.create(kind="imports.check", label=f"核对{number}", arguments={}, by=clerk)
        with CaptureQueriesContext(connection) as queries:
            page.get(reverse("jobs:list"))
        counts.append(len(queries))

    assert counts[0] == counts[1]
