from django.db import models
from django.db.models import F, Q

from povertyedu.files.models import StoredFile
from povertyedu.orgs.models import Person
from povertyedu.orgs.scope import ScopedQuerySet
from povertyedu.workflow.models import Decision
from students.enums import DisposalCode, ProofKind, ProofState

from .comparison import ComparisonRow
from .registry import Enrolment, HardshipStatus, TargetListEntry


class Disposal(models.Model):
    """What became of a child whom one list names and the other does not: a code, who follows it up, a note."""

    entry = models.OneToOneField(
        TargetListEntry, models.CASCADE, null=True, blank=True, related_name="disposal", verbose_name="名单"
    )
    row = models.OneToOneField(
        ComparisonRow, models.CASCADE, null=True, blank=True, related_name="disposal", verbose_name="比对结果"
    )
    code = models.CharField("处置", max_length=20, choices=DisposalCode.choices)
    owner = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="责任人"
    )
    note = models.CharField("说明", max_length=200, blank=True)
    decided_on = models.DateField("日期")
    decided_by = models.CharField("登记人", max_length=60)

    class Meta:
        verbose_name = "处置"
        constraints = [
            models.CheckConstraint(
                name="disposal_of_one_thing",
                condition=Q(entry__isnull=False, row=None) | Q(entry=None, row__isnull=False),
            ),
        ]

    def __str__(self):
        return self.get_code_display()


class HardshipProofQuerySet(ScopedQuerySet):
    def _reads_at(self, scope) -> Q:
        return Q(
            enrolment__in=Enrolment.objects.filter(Enrolment.objects.all()._reads_at(scope)).values("pk")
        )

    def waiting(self):
        return self.filter(state=ProofState.WAITING)


class HardshipProof(models.Model):
    """A handbook or certificate shown for a child whom the province's list does not name; a second person confirms it."""

    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="proofs", verbose_name="学籍")
    kind = models.CharField("佐证", max_length=12, choices=ProofKind.choices)
    since = models.DateField("识别日期")
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+", verbose_name="扫描件")
    note = models.CharField("说明", max_length=200, blank=True)
    state = models.CharField("状态", max_length=10, choices=ProofState.choices, default=ProofState.WAITING)
    proposed_by_id = models.BigIntegerField("登记人编号")
    proposed_by = models.CharField("登记人", max_length=60)
    proposed_at = models.DateTimeField("登记时间")
    decided_by_id = models.BigIntegerField("复核人编号", null=True, blank=True)
    hardship = models.ForeignKey(
        HardshipStatus, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="困难认定"
    )

    objects = HardshipProofQuerySet.as_manager()

    class Meta:
        verbose_name = "困难佐证"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment"], condition=Q(state="waiting"), name="one_waiting_proof_per_enrolment",
                violation_error_message="该生已有一份佐证待复核",
            ),
            models.CheckConstraint(
                name="proof_decided_by_a_second_person",
                condition=Q(state="waiting", decided_by_id=None)
                | (~Q(state="waiting") & Q(decided_by_id__isnull=False) & ~Q(decided_by_id=F("proposed_by_id"))),
                violation_error_message="登记人不能复核自己的登记",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.enrolment.student} {self.get_kind_display()}"


class ProofDecision(Decision):
    subject = models.ForeignKey(HardshipProof, models.PROTECT, related_name="decisions")

    class Meta(Decision.Meta):
        verbose_name = "佐证复核记录"
