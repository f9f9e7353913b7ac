import hashlib
import json
import secrets

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from povertyedu.orgs.models import School
from povertyedu.orgs.scope import ScopedQuerySet

# 教财厅函〔2017〕28号: a published list shows these and nothing else about a child.
PUBLIC_COLUMNS = ("name", "school", "grade", "school_class", "programme")


def new_token() -> str:
    return secrets.token_urlsafe(16)


class NoticeState(models.TextChoices):
    OPEN = "open", "公示中"
    CLOSED = "closed", "已期满"
    WITHDRAWN = "withdrawn", "已撤下"


class NoticeQuerySet(ScopedQuerySet):
    def _reads_at(self, scope) -> Q:
        return (
            scope.area_q("school__area_id")
            | Q(school__in=scope.schools)
            | Q(school__centre__in=scope.centres)
        )

    def open_on(self, day):
        return self.filter(state=NoticeState.OPEN, opens_on__lte=day, closes_on__gte=day)


class Notice(models.Model):
    """One school's list on public view at an unlisted address, until its last day ends."""

    token = models.CharField("地址", max_length=32, unique=True, default=new_token)
    school = models.ForeignKey(School, models.PROTECT, related_name="notices", verbose_name="学校")
    about = models.CharField("所属事项", max_length=60, db_index=True, help_text="subsidies.batch:12")
    title = models.CharField("标题", max_length=200)
    rows = models.JSONField("名单", help_text="列表，每行只有 PUBLIC_COLUMNS 的五项")
    opens_on = models.DateField("公示开始")
    closes_on = models.DateField("公示最后一日")
    working_days = models.PositiveSmallIntegerField("工作日")
    phone = models.CharField("异议电话", max_length=60)
    print_only = models.BooleanField("只张贴", default=False)
    state = models.CharField("状态", max_length=10, choices=NoticeState.choices, default=NoticeState.OPEN)
    digest = models.CharField("内容摘要", max_length=64)
    taken_down_at = models.DateTimeField("撤下时间", null=True, blank=True)
    created_at = models.DateTimeField("时间", default=timezone.now)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = "公示"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["about", "school"], condition=Q(state="open"), name="one_open_notice_per_school"
            ),
            models.CheckConstraint(
                name="notice_closes_after_it_opens", condition=Q(closes_on__gt=F("opens_on"))
            ),
            models.CheckConstraint(
                name="notice_taken_down_has_time",
                condition=Q(state="open", taken_down_at=None)
                | (~Q(state="open") & Q(taken_down_at__isnull=False)),
            ),
        ]

    def __str__(self):
        return f"{self.school} {self.title}"

    @staticmethod
    def digest_of(rows: list[dict]) -> str:
        """Return the SHA-256 of what was shown, so that it can be proved later."""
        return hashlib.sha256(json.dumps(rows, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


class ObjectionState(models.TextChoices):
    OPEN = "open", "待处理"
    UPHELD = "upheld", "成立"
    DISMISSED = "dismissed", "不成立"


class ObjectionQuerySet(ScopedQuerySet):
    def _reads_at(self, scope) -> Q:
        return (
            scope.area_q("notice__school__area_id")
            | Q(notice__school__in=scope.schools)
            | Q(notice__school__centre__in=scope.centres)
        )


class Objection(models.Model):
    """What somebody held against one name on a notice; it holds that child, not the list."""

    notice = models.ForeignKey(Notice, models.PROTECT, related_name="objections", verbose_name="公示")
    subject = models.CharField("对象", max_length=60, help_text="subsidies.line:345")
    subject_name = models.CharField("学生", max_length=60)
    text = models.CharField("异议内容", max_length=500)
    raised_by = models.CharField("反映人", max_length=60, blank=True, help_text="可匿名")
    received_at = models.DateTimeField("收到时间", default=timezone.now)
    received_by = models.CharField("登记人", max_length=60)
    state = models.CharField(
        "状态", max_length=10, choices=ObjectionState.choices, default=ObjectionState.OPEN
    )
    answer = models.CharField("处理结果", max_length=500, blank=True)
    answered_at = models.DateTimeField("处理时间", null=True, blank=True)
    answered_by = models.CharField("处理人", max_length=60, blank=True)

    objects = ObjectionQuerySet.as_manager()

    class Meta:
        verbose_name = "异议"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="objection_answered_in_words",
                condition=Q(state="open", answered_at=None)
                | (Q(answered_at__isnull=False) & ~Q(answer="") & ~Q(answered_by="")),
            ),
        ]

    def __str__(self):
        return f"{self.subject_name}：{self.text}"
