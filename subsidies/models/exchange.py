"""Who pays for a child away: the question to the county of study with its answers, and other counties' questions to us."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from povertyedu.files.models import StoredFile
from povertyedu.jobs.models import Job
from povertyedu.orgs.calendar import today
from povertyedu.orgs.enums import grade_name
from povertyedu.orgs.models import Term
from povertyedu.orgs.scope import ScopedQuerySet
from povertyedu.sealing.fields import SealedCharField
from povertyedu.workflow.models import Decision
from students.models import Enrolment
from subsidies.enums import CountyAnswer, ExchangeState, InquiryState, ReplyState

OUT = (ExchangeState.SENT, ExchangeState.ANSWERED)  # the question is with the other county


class CountyQuerySet(ScopedQuerySet):
    """Letters between counties are the county's business."""

    def _reads_at(self, scope) -> Q:
        return Q() if scope.of_county else Q(pk__in=())


class Exchange(models.Model):
    """A list of children of ours for one county of study, frozen when it is sent. The key is forgotten when it is over."""

    number = models.CharField("编号", max_length=40, unique=True)
    term = models.ForeignKey(Term, models.PROTECT, related_name="exchanges", verbose_name="学期")
    recipient = models.CharField("收件单位", max_length=80)
    regions = models.JSONField("就读地", default=list, help_text="学籍上的县外学校所在地，原样")
    state = models.CharField(
        "状态", max_length=10, choices=ExchangeState.choices, default=ExchangeState.DRAFT
    )
    key = SealedCharField("密钥", help_text="名单上证件号摘要的密钥，与名单分开送达")
    key_shown_at = models.DateTimeField("密钥首次取出时间", null=True, blank=True)
    made_at = models.DateTimeField("拟定时间", default=timezone.now)
    made_by = models.CharField("拟定人", max_length=60)
    sent_on = models.DateField("发函日期", null=True, blank=True)
    due_on = models.DateField("答复期限", null=True, blank=True)

    objects = CountyQuerySet.as_manager()

    class Meta:
        verbose_name = "异地就读核实函"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="sent_exchange_has_a_day",
                condition=~Q(state__in=[str(state) for state in OUT]) | Q(sent_on__isnull=False, due_on__gt=F("sent_on")),
            ),
            models.CheckConstraint(
                name="settled_exchange_forgets_its_key", condition=~Q(state__in=["closed", "dropped"]) | Q(key=b"")
            ),
        ]  # fmt: skip

    def __str__(self):
        return self.number

    @property
    def is_out(self) -> bool:
        return self.state in OUT

    @property
    def is_overdue(self) -> bool:
        return self.is_out and self.due_on < today()


class ExchangeDecision(Decision):
    subject = models.ForeignKey(Exchange, models.PROTECT, related_name="decisions")

    class Meta(Decision.Meta):
        verbose_name = "核实函办理记录"


class ExchangeReply(models.Model):
    """An answered list as it came back: checked whole, then taken in once."""

    exchange = models.ForeignKey(Exchange, models.PROTECT, related_name="replies", verbose_name="核实函")
    state = models.CharField("状态", max_length=10, choices=ReplyState.choices, default=ReplyState.CHECKED)
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+", verbose_name="答复文件")
    answered_on = models.DateField("复函日期")
    counts = models.JSONField("核对结果", default=dict)
    read_at = models.DateTimeField("上传时间", default=timezone.now)
    read_by = models.CharField("上传人", max_length=60)

    class Meta:
        verbose_name = "异地就读核实答复"
        ordering = ["-pk"]

    def __str__(self):
        return f"{self.exchange} 答复"


class ExchangeLineQuerySet(CountyQuerySet):
    def waiting(self):
        """Return the children whose question is with the other county."""
        return self.filter(waits=True, exchange__state__in=OUT)

    def overdue(self):
        return self.waiting().filter(exchange__due_on__lt=today())


class ExchangeLine(models.Model):
    """One child of a list, as the other county sees it, and what it answered.

    The enrolment is no key of the database: an import that is taken back may remove it.
    """

    exchange = models.ForeignKey(Exchange, models.CASCADE, related_name="lines", verbose_name="核实函")
    number = models.PositiveIntegerField("序号")
    enrolment = models.ForeignKey(
        Enrolment,
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        related_name="questions",
        verbose_name="学籍",
    )
    digest = models.CharField("证件号摘要", max_length=64)
    shown_name = models.CharField("姓名（只留姓）", max_length=10)
    stage = models.CharField("学段", max_length=20)
    grade = models.PositiveSmallIntegerField("年级")
    school = models.CharField("就读学校", max_length=80)
    is_frozen = models.BooleanField("已发出", default=False)
    waits = models.BooleanField("等待答复", default=True)
    answer = models.CharField("答复", max_length=10, choices=CountyAnswer.choices, blank=True)
    answered_on = models.DateField("复函日期", null=True, blank=True)
    programmes = models.CharField("资助项目", max_length=200, blank=True)
    amount_fen = models.BigIntegerField("金额（分）", null=True, blank=True)
    note = models.CharField("备注", max_length=200, blank=True)
    reply = models.ForeignKey(
        ExchangeReply, models.PROTECT, null=True, blank=True, related_name="lines", verbose_name="答复文件"
    )

    objects = ExchangeLineQuerySet.as_manager()

    class Meta:
        verbose_name = "核实名单"
        ordering = ["exchange", "number"]
        constraints = [
            models.UniqueConstraint(fields=["exchange", "number"], name="exchange_line_number_once"),
            models.UniqueConstraint(fields=["exchange", "digest"], name="exchange_line_digest_once"),
            models.UniqueConstraint(
                fields=["enrolment"], condition=Q(waits=True), name="one_waiting_question_per_enrolment",
                violation_error_message="该生已在另一份核实函的名单上",
            ),
            models.CheckConstraint(
                name="exchange_answer_has_its_day",
                condition=Q(answer="", answered_on=None, reply=None)
                | (~Q(answer="") & Q(waits=False, answered_on__isnull=False, reply__isnull=False)),
            ),
            models.CheckConstraint(
                name="exchange_amount_not_negative", condition=Q(amount_fen=None) | Q(amount_fen__gte=0)
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["enrolment"], name="exchange_line_by_enrolment")]

    def __str__(self):
        return f"{self.exchange} 第{self.number}号"

    @property
    def grade_name(self) -> str:
        return grade_name(self.stage, self.grade)


class Inquiry(models.Model):
    """Another county's question: whom of its children do we aid. Kept with what was answered."""

    number = models.CharField("来函编号", max_length=60, blank=True)
    asker = models.CharField("来函单位", max_length=80)
    term = models.ForeignKey(Term, models.PROTECT, related_name="+", verbose_name="学期")
    state = models.CharField(
        "状态", max_length=10, choices=InquiryState.choices, default=InquiryState.WORKING
    )
    question = models.ForeignKey(StoredFile, models.PROTECT, related_name="+", verbose_name="来函名单")
    answer = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="答复名单"
    )
    key = SealedCharField("密钥", help_text="比对完就清除")
    counts = models.JSONField("比对结果", default=dict)
    remarks = models.JSONField("说明", default=list)
    error = models.CharField("原因", max_length=300, blank=True)
    job = models.ForeignKey(
        Job, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="后台任务"
    )
    made_at = models.DateTimeField("时间", default=timezone.now)
    made_by = models.CharField("经办人", max_length=60)

    objects = CountyQuerySet.as_manager()

    class Meta:
        verbose_name = "异地就读核实来函"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="answered_inquiry_has_a_file",
                condition=~Q(state="answered") | Q(answer__isnull=False, key=b""),
            ),
            models.CheckConstraint(
                name="failed_inquiry_says_why", condition=~Q(state="failed") | ~Q(error="")
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.asker} {self.number}".strip()
