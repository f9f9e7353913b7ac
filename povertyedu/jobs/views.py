"""What a person sees of their background work: the list, one job with its progress, and the stop."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HTMX_STOP_POLLING

from povertyedu.accounts.access import actor

from . import actions
from .models import Job

PER_PAGE = 50


@require_GET
def job_list(request: HttpRequest) -> HttpResponse:
    before = request.GET.get("before", "")
    jobs = Job.objects.visible_to(request.user)
    if before.isascii() and before.isdigit() and len(before) < 19:
        jobs = jobs.filter(pk__lt=before)
    found = list(jobs[: PER_PAGE + 1])
    context = {
        "crumbs": [("后台任务", None)],
        "jobs": found[:PER_PAGE],
        "per_page": PER_PAGE,
        "next_url": f"?before={found[PER_PAGE - 1].pk}" if len(found) > PER_PAGE else "",
        "previous_url": reverse("jobs:list") if before else "",
    }
    return render(request, "jobs/list.html", context)


@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one job; to htmx only its progress, with 286 (stop asking) once it has ended.

    When it ends while its person waits on the page it was started on, that page is loaded anew.
    """
    job = get_object_or_404(Job.objects.visible_to(request.user), pk=pk)
    if not request.htmx:
        return render(request, "jobs/detail.html", {"job": job, "crumbs": _crumbs(job)})
    response = render(
        request, "jobs/_progress.html", {"job": job}, status=200 if job.is_live else HTMX_STOP_POLLING
    )
    if not job.is_live and job.url and request.htmx.current_url_abs_path == job.url:
        response["HX-Refresh"] = "true"
    return response


@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    job = get_object_or_404(Job.objects.visible_to(request.user), pk=pk)
    job = actions.cancel(job, by=actor(request))
    if job.is_live:
        messages.info(request, f"正在停止“{job}”，几秒内生效。")
    elif job.cancel_asked:
        messages.success(request, f"已取消“{job}”。")
    else:
        messages.info(request, f"“{job}”已经结束，不需要取消。")
    return redirect(job)


def _crumbs(job: Job) -> list:
    return [("后台任务", reverse("jobs:list")), (job.label, None)]
