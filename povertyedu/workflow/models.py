import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from django.db import models

from povertyedu import bulk

if TYPE_CHECKING:
    from povertyedu.workflow.flow import Actor, Transition


class Decision(models.Model):
    """Who took which step, when and why; hash-chained per subject so that none can be altered or dropped.

    A concrete model adds ``subject = ForeignKey(..., related_name="decisions")``.
    """

    subject: Any
    subject_id: int

    verb = models.CharField("步骤", max_length=40)
    label = models.CharField("步骤名称", max_length=40)
    old_state = models.CharField("原状态", max_length=30)
    new_state = models.CharField("新状态", max_length=30)
    by_id = models.BigIntegerField("办理人编号", null=True)
    by_name = models.CharField("办理人", max_length=60)
    by_role = models.CharField("角色", max_length=40, blank=True)
    at = models.DateTimeField("时间")
    reason = models.CharField("理由", max_length=500, blank=True)
    chain = models.CharField("链值", max_length=64)

    class Meta:
        abstract = True
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.by_name} {self.label}"

    @classmethod
    def append(
        cls, subject: models.Model, *, step: "Transition", old: str, by: "Actor", reason: str, at: dt.datetime
    ) -> Self:
        """Write the row that follows the subject's last one; the subject's row is locked by the caller."""
        own = cls._default_manager.filter(subject=subject).order_by("-pk")
        decision = cls(
            verb=step.verb, label=step.label, old_state=old, new_state=str(step.target),
            by_id=by.id, by_name=by.name, by_role=by.role, at=at, reason=reason.strip(),
        )  # fmt: skip
        decision.subject = subject
        decision.chain = decision.chained_to(own.values_list("chain", flat=True).first() or "")
        decision.save()
        return decision

    @classmethod
    def append_many(
        cls, subjects: Sequence[Any], *, step: "Transition", by: "Actor", at: dt.datetime, old: Mapping[int, str] | None = None,
        reasons: Mapping[int, str] | None = None,
    ) -> list[Self]:  # fmt: skip
        """Write the row that follows the last one of each of ``subjects``, which already are as the step leaves them.

        ``old``: key -> the state before, "" for those not named; ``reasons``: key -> why. Subjects are locked by the
        caller, or new; queries do not grow with them.
        """
        if not subjects:
            return []
        with bulk.keys(type(subjects[0]), "id", [subject.pk for subject in subjects]) as keys:
            own = cls._default_manager.filter(subject__in=keys).order_by("pk")
            last = dict(own.values_list("subject_id", "chain"))
        old, reasons, decisions = old or {}, reasons or {}, []
        for subject in subjects:
            decision = cls(
                verb=step.verb, label=step.label, old_state=old.get(subject.pk, ""), new_state=str(subject.state),
                by_id=by.id, by_name=by.name, by_role=by.role, at=at, reason=reasons.get(subject.pk, "").strip(),
            )  # fmt: skip
            decision.subject = subject
            decision.chain = decision.chained_to(last.get(subject.pk, ""))
            decisions.append(decision)
        bulk.insert_new(decisions)
        return decisions

    def chained_to(self, previous: str) -> str:
        """Return the chain value of this row after ``previous``: SHA-256 over both."""
        text = "|".join(
            [previous, str(self.subject_id), self.verb, self.old_state, self.new_state, str(self.by_id), self.by_name,
             self.by_role, self.at.isoformat(), self.reason]
        )  # fmt: skip
        return hashlib.sha256(text.encode()).hexdigest()

    @classmethod
    def broken_link(cls, subject: models.Model) -> Self | None:
        """Return the first decision of ``subject`` that does not follow from the one before, or None."""
        previous = ""
        for decision in cls._default_manager.filter(subject=subject).order_by("pk"):
            if decision.chain != decision.chained_to(previous):
                return decision
            previous = decision.chain
        return None


class Seat(models.Model):
    """A person's one place in the handling of a subject: a stage may be repeated, another never taken.

    A concrete model adds ``subject = ForeignKey(...)`` and a unique constraint on (subject, user_id).
    """

    user_id = models.BigIntegerField("办理人编号")
    stage = models.CharField("环节", max_length=30)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.user_id} {self.stage}"
