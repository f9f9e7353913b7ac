"""Recognising a child off the province's list by handbook or certificate; a second person confirms.

The same aid is given off the list where a 扶贫手册 or the county poverty office's certificate proves it
(facts.md 1.5, Anhui clause 5).
"""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from povertyedu.audit.models import record
from povertyedu.files.models import StoredFile
from povertyedu.workflow.flow import Actor, StepRefused, advance
from students.enums import HardshipCategory, ListSource, ProofKind
from students.models import Enrolment, HardshipProof, HardshipStatus
from students.states import PROOF_FLOW

from .hardship import derive_categories
from .terms import refuse_closed

SOURCES = {ProofKind.HANDBOOK: ListSource.HANDBOOK, ProofKind.CERTIFICATE: ListSource.CERTIFICATE}


def propose_proof(
    *, by: Actor, enrolment: Enrolment, kind: str, since: dt.date, note: str, upload, owner
) -> HardshipProof:  # fmt: skip
    """Keep the scan of a handbook or certificate and ask a second person to confirm it; return the proof.

    ``upload`` is the uploaded file (checked by the form), ``owner`` the account it is kept under. Raise
    ValidationError when the child has no ID number, is proved already, or waits for a decision.
    """
    student = enrolment.student
    if not student.id_hash:
        raise ValidationError("该生没有身份证件号，不能认定；请先在学生档案中补录身份证件号。")
    if enrolment.term.is_closed:
        raise ValidationError(f"{enrolment.term}已关闭，不能再认定。")
    stored = StoredFile.keep(upload.chunks(), name=upload.name[:200], purpose="hardship_proof", owner=owner)
    try:
        with transaction.atomic():
            Enrolment.objects.select_for_update().get(pk=enrolment.pk)
            if enrolment.proofs.waiting().exists():
                raise ValidationError("该生已有一份佐证待复核，不用重复登记。")
            proof = HardshipProof.objects.create(
                enrolment=enrolment, kind=kind, since=since, note=note, file=stored,
                proposed_by_id=by.id, proposed_by=by.name, proposed_at=timezone.now(),
            )  # fmt: skip
            record(
                by, action="proof.propose", subject=student, changes={"佐证": ["", proof.get_kind_display()]}
            )
    except BaseException:
        stored.path.unlink(missing_ok=True)
        StoredFile.objects.filter(pk=stored.pk).delete()
        raise
    return proof


@transaction.atomic
def confirm_proof(*, by: Actor, proof: HardshipProof) -> HardshipProof:
    """Recognise the child as registered poor by ``proof``; categories of the term follow at once.

    StepRefused when the same person proposed it, the term is closed, or a poverty list says that the
    household no longer enjoys the policy. A status that holds already is left as it is.
    """
    _second_person(proof, by)
    enrolment = Enrolment.objects.select_related("student", "term").get(pk=proof.enrolment_id)
    refuse_closed(enrolment.term)
    advance(proof, PROOF_FLOW, "confirm", by=by, decided_by_id=by.id)
    status = _known(enrolment) or _begin(enrolment, proof)
    if not status.counts:
        raise StepRefused("扶贫部门名单上该生为“已脱贫不享受政策”，不能凭手册认定；请先请扶贫部门更正名单。")
    HardshipProof.objects.filter(pk=proof.pk).update(hardship=status)
    derive_categories(id_hashes=[enrolment.student.id_hash])
    record(
        by, action="proof.confirm", subject=enrolment.student,
        changes={"困难类型": ["", f"建档立卡（{proof.get_kind_display()}）"]}, reason=proof.note,
    )  # fmt: skip
    proof.refresh_from_db()
    return proof


@transaction.atomic
def refuse_proof(*, by: Actor, proof: HardshipProof, reason: str) -> HardshipProof:
    """Turn a proof down, for a reason."""
    _second_person(proof, by)
    advance(proof, PROOF_FLOW, "refuse", by=by, reason=reason, decided_by_id=by.id)
    return proof


def _second_person(proof: HardshipProof, by: Actor) -> None:
    if by.id == proof.proposed_by_id:
        raise StepRefused("这份佐证是您登记的，须由另一人复核。")


def _known(enrolment: Enrolment) -> HardshipStatus | None:
    """Return the child's status of registered poverty that holds in the term, if there is one."""
    term = enrolment.term
    statuses = HardshipStatus.objects.select_for_update().filter(
        Q(until=None) | Q(until__gte=term.starts_on),
        id_hash__in=enrolment.student.id_hashes,
        category=HardshipCategory.REGISTERED_POOR,
        since__lte=term.ends_on,
    )
    return statuses.order_by("-counts", "-since").first()


def _begin(enrolment: Enrolment, proof: HardshipProof) -> HardshipStatus:
    student = enrolment.student
    known = HardshipStatus.objects.filter(
        id_hash__in=student.id_hashes, category=HardshipCategory.REGISTERED_POOR
    )
    since = proof.since
    if known.exists():
        since = max(
            since, enrolment.term.starts_on
        )  # an earlier status had ended: this proves the term, no more
    following = known.filter(since__gt=enrolment.term.ends_on).order_by("since").first()
    return HardshipStatus.objects.create(
        id_hash=student.id_hash, id_number=student.id_number, name=student.name, birth_date=student.birth_date, since=since,
        until=following.since - dt.timedelta(days=1) if following else None,
        category=HardshipCategory.REGISTERED_POOR, source=SOURCES[ProofKind(proof.kind)],
    )  # fmt: skip
