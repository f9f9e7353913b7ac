from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from povertyedu.accounts.models import User


class JobState(models.TextChoices):
    QUEUED = "queued", "排队中"
    RUNNING = "running", "进行中"
    INTERRUPTED = "interrupted", "中断"
    DONE = "done", "完成"
    FAILED = "failed", "失败"
    CANCELLED = "cancelled", "已取消"


# Each state in the one vocabulary of shapes and colours (components/status.html).
TONES = {
    JobState.QUEUED: "todo",
    JobState.RUNNING: "doing",
    JobState.INTERRUPTED: "warn",
    JobState.DONE: "ok",
    JobState.FAILED: "bad",
    JobState.CANCELLED: "info",
}
PERCENT = 100  # what a work of several stretches counts to: it is shown as percent
WAITING_STATES = (JobState.QUEUED, JobState.INTERRUPTED)
LIVE_STATES = (JobState.QUEUED, JobState.RUNNING, JobState.INTERRUPTED)


class JobQuerySet(models.QuerySet):
    def visible_to(self, user, permission=None):
        """A job is shown to who started it; its result is shown where it was started."""
        return self.filter(by=user)

    def live(self):
        return self.filter(state__in=LIVE_STATES)

    def waiting(self):
        """Jobs that a worker may take up."""
        return self.filter(state__in=WAITING_STATES)

    def attempt_of(self, job):
        """The row of ``job`` as long as this very attempt holds it; nothing once another took over."""
        return self.filter(pk=job.pk, attempt=job.attempt, state=JobState.RUNNING)


class Job(models.Model):
    """One background run: who wants it, how far it is, who works on it, how it ended.

    ``lease_until`` and ``attempt`` say who may write: a worker that lost its lease finds another
    attempt number and stops. ``lock`` names what must not be worked on by two jobs at once.
    """

    kind = models.CharField("种类", max_length=40)
    label = models.CharField("名称", max_length=120)
    arguments = models.JSONField("参数", default=dict)
    by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="jobs", verbose_name="发起人"
    )
    url = models.CharField("所在页面", max_length=200, blank=True)
    lock = models.CharField("互斥对象", max_length=100, blank=True)
    state = models.CharField("状态", max_length=12, choices=JobState.choices, default=JobState.QUEUED)
    attempt = models.PositiveSmallIntegerField("第几次", default=0)
    lease_until = models.DateTimeField("租约", null=True, blank=True)
    done = models.PositiveBigIntegerField("已完成", default=0)
    total = models.PositiveBigIntegerField("总数", default=0)
    note = models.CharField("进展", max_length=200, blank=True)
    cancel_asked = models.BooleanField("要求取消", default=False)
    result = models.JSONField("结果", default=dict)
    error = models.CharField("错误", max_length=500, blank=True)
    created_at = models.DateTimeField("提交时间", default=timezone.now)
    sent_at = models.DateTimeField(
        "发送时间", null=True, blank=True, help_text="最近一次交给消息队列；空为尚未交到"
    )
    started_at = models.DateTimeField("开始时间", null=True, blank=True)
    ended_at = models.DateTimeField("结束时间", null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = "后台任务"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="running_job_has_a_lease",
                condition=~Q(state=JobState.RUNNING) | Q(lease_until__isnull=False),
            ),
            models.CheckConstraint(
                name="ended_job_has_a_time",
                condition=Q(state__in=LIVE_STATES, ended_at=None)
                | Q(state__in=("done", "failed", "cancelled"), ended_at__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["lock"],
                condition=Q(state=JobState.RUNNING) & ~Q(lock=""),
                name="one_running_job_per_lock",
            ),
        ]
        indexes = [models.Index(fields=["state", "lease_until"], name="job_sweep")]

    def __str__(self):
        return self.label

    def get_absolute_url(self) -> str:
        return reverse("jobs:detail", args=[self.pk])

    @property
    def page(self) -> str:
        """Where the person deals with it: the page it was started on, else its own."""
        return self.url or self.get_absolute_url()

    @property
    def is_live(self) -> bool:
        return self.state in LIVE_STATES

    @property
    def tone(self) -> str:
        return TONES[self.state]

    @property
    def standing(self) -> str:
        """One sentence on where it is, for who waits for it."""
        if self.state == JobState.RUNNING:
            reached = f"第 {self.done:,} / {self.total:,}" if self.total else ""
            if self.total == PERCENT:
                reached = f"{self.percent}%"
            asked = "正在停止" if self.cancel_asked else self.note
            return "，".join(part for part in (asked, reached) if part) or "已开始"
        return {
            JobState.QUEUED: self.note or "等待后台处理",
            JobState.INTERRUPTED: self.note,
            JobState.DONE: f"共 {self.total:,}" if self.total else "",
            JobState.FAILED: self.error,
            JobState.CANCELLED: "按要求停止，没有保存未完成的部分",
        }[self.state]

    @property
    def percent(self) -> int:
        return min(100, self.done * 100 // self.total) if self.total else 0
