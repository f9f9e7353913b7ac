import hashlib
import json
import secrets

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Area, School
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
        return scope.school_q()

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
        return scope.school_q("notice__school")


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


class PublicationState(models.TextChoices):
    PUBLIC = "public", "公开中"
    REPLACED = "replaced", "已有新版"
    ARCHIVED = "archived", "已存档"
    ENDED = "ended", "已期满撤下"
    WITHDRAWN = "withdrawn", "已撤下"


def tables_of(content: dict) -> list[dict]:
    """Return the sections of a paper for its template: each cell beside the kind of its column."""
    return [
        {
            "title": section["title"],
            "heads": section["heads"],
            "lines": [_cells(section, row) for row in section["rows"]],
            "total": _cells(section, section["total"]) if section["total"] else [],
        }
        for section in content["sections"]
    ]


def _cells(section: dict, row: list) -> list[tuple[str, object]]:
    return [(kind, cell) for (_, kind), cell in zip(section["heads"], row, strict=True)]


class PublicationQuerySet(ScopedQuerySet):
    """Papers by the area they are of."""

    def _reads_at(self, scope) -> Q:
        return scope.area_q("area_id")

    def readable(self):
        """Return what anyone may open: public within its days, and what is kept as archive; by the date, not by the daily run."""
        kept = Q(
            keep=True,
            state__in=[PublicationState.PUBLIC, PublicationState.REPLACED, PublicationState.ARCHIVED],
        )
        within = Q(closes_on=None) | Q(closes_on__gte=today())
        return self.filter(kept | Q(state=PublicationState.PUBLIC) & within)

    def newest(self):
        """Return those that are public now, without archive and older versions."""
        within = Q(closes_on=None) | Q(closes_on__gte=today())
        return self.filter(within, state=PublicationState.PUBLIC)


class Publication(models.Model):
    """A paper anyone may read: paragraphs and tables an app handed over, a version of its series, with nobody personal in it.

    ``content``: {"paragraphs": [text], "sections": [publications.Section]}.
    """

    token = models.CharField("地址", max_length=32, unique=True, default=new_token)
    area = models.ForeignKey(Area, models.PROTECT, related_name="publications", verbose_name="单位所在区划")
    about = models.CharField("所属事项", max_length=60, db_index=True, help_text="projects.disclosure:12")
    series = models.CharField("系列", max_length=60, help_text="同一系列的是一份材料的几版")
    version = models.PositiveSmallIntegerField("版次")
    title = models.CharField("标题", max_length=200)
    content = models.JSONField("内容")
    opens_on = models.DateField("公开日期")
    closes_on = models.DateField("最后一日", null=True, blank=True)
    keep = models.BooleanField("期满存档可查", default=True)
    phone = models.CharField("监督电话", max_length=60)
    state = models.CharField(
        "状态", max_length=10, choices=PublicationState.choices, default=PublicationState.PUBLIC
    )
    digest = models.CharField("内容摘要", max_length=64)
    ended_at = models.DateTimeField("结束时间", null=True, blank=True)
    created_at = models.DateTimeField("时间", default=timezone.now)

    objects = PublicationQuerySet.as_manager()

    class Meta:
        verbose_name = "公开事项"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["series", "version"], name="publication_version_once"),
            models.UniqueConstraint(
                fields=["series"], condition=Q(state="public"), name="one_public_version_per_series"
            ),
            models.CheckConstraint(
                name="publication_closes_after_it_opens",
                condition=Q(closes_on=None) | Q(closes_on__gte=F("opens_on")),
            ),
            models.CheckConstraint(
                name="publication_ended_has_time",
                condition=Q(state="public", ended_at=None) | (~Q(state="public") & Q(ended_at__isnull=False)),
            ),
        ]

    def __str__(self):
        return f"{self.title}（第 {self.version} 版）"

    def get_absolute_url(self) -> str:
        return reverse("publicity:publication", args=[self.token])

    @staticmethod
    def digest_of(content: dict) -> str:
        """Return the SHA-256 of what is public, so that it can be proved later."""
        return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()

    @property
    def tables(self) -> list[dict]:
        return tables_of(self.content)

    @property
    def is_over(self) -> bool:
        return self.closes_on is not None and self.closes_on < today()
