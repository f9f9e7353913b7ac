"""The province's list, what became of whom it names in vain, and the proofs of whom it leaves out."""

from django.db import models
from django.db.models import F, Q

from povertyedu.files.models import StoredFile
from povertyedu.orgs.models import Person, School, Term
from povertyedu.orgs.scope import ScopedQuerySet
from povertyedu.sealing.fields import SealedCharField
from povertyedu.workflow.models import Decision
from students.enums import SETTLED_DISPOSALS, DisposalCode, ProofKind, ProofState

from .comparison import ComparisonRow
from .registry import Enrolment, HardshipStatus, Student


class TargetListEntryQuerySet(ScopedQuerySet):
    """Lines of the province's list; where a child who is not here lives, only a poverty list or a school's name tells."""

    def _reads_at(self, scope) -> Q:
        if scope.of_county:
            return Q()
        return self.lives_in(scope) | Q(school_text__in=self.schools_in(scope))

    @staticmethod
    def lives_in(scope) -> Q:
        """Return the condition that the child's registered household is in ``scope``."""
        return Q(id_hash__in=HardshipStatus.objects.filter(scope.area_q("household__area")).values("id_hash"))

    @staticmethod
    def schools_in(scope):
        return School.objects.filter(scope.area_q("area_id") | Q(pk__in=scope.schools)).values("name")

    def of(self, term):
        return self.filter(term=term)

    def not_on_roster(self, term):
        """Return the lines of ``term`` whose child holds no place in it."""
        here = Enrolment.objects.of(term).here()
        known = here.filter(student__id_hash__isnull=False).values("student__id_hash")
        merged = Student.objects.filter(merged_into__in=here.values("student"), id_hash__isnull=False)
        return self.of(term).exclude(id_hash__in=known).exclude(id_hash__in=merged.values("id_hash"))


class TargetListEntry(models.Model):
    """A line of the province's list for a term (省下达名单): aided directly, no application."""

    term = models.ForeignKey(Term, models.PROTECT, related_name="target_list", verbose_name="学期")
    id_hash = models.CharField("证件号索引", max_length=32)
    id_number = SealedCharField("身份证件号")
    name = models.CharField("姓名", max_length=60)
    stage_text = models.CharField("学段", max_length=20, blank=True)
    school_text = models.CharField("就读学校", max_length=80, blank=True)

    objects = TargetListEntryQuerySet.as_manager()

    class Meta:
        verbose_name = "省下达名单"
        constraints = [models.UniqueConstraint(fields=["term", "id_hash"], name="target_once_per_term")]

    def __str__(self):
        return self.name


class Disposal(models.Model):
    """What became of a person in a term whom one list names and the other does not: a code, who follows it up, a note.

    It was recorded for a line of the province's list, for a row of a comparison, or for the person alone.
    """

    term = models.ForeignKey(Term, models.PROTECT, related_name="+", verbose_name="学期")
    id_hash = models.CharField("证件号索引", max_length=32)
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
                name="disposal_has_an_owner_or_is_settled",
                condition=Q(owner__isnull=False) | Q(code__in=SETTLED_DISPOSALS),
                violation_error_message="请选择责任人",
            ),
            models.CheckConstraint(name="disposal_of_one_thing", condition=Q(entry=None) | Q(row=None)),
            models.UniqueConstraint(
                fields=["term", "id_hash"], condition=Q(entry=None, row=None), name="one_disposal_of_a_person"
            ),
        ]
        indexes = [models.Index(fields=["term", "id_hash"], name="disposal_by_person")]

    def __str__(self):
        return self.get_code_display()


class HardshipProofQuerySet(ScopedQuerySet):
    def _reads_at(self, scope) -> Q:
        return Q(enrolment__in=Enrolment.objects.in_scope(scope).values("pk"))

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
