import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import models
from django.utils import timezone


class LogQuerySet(models.QuerySet):
    """The two logs, read by whoever holds the permission (a log has no place) and by nobody else."""

    def visible_to(self, user, permission: str = "view_audit"):
        return self if user.can(permission) else self.none()

    def matching(self, wanted: dict):
        """Narrow by person, first and last day, subject, and action or kind; empty values do not narrow."""
        plain = {
            "person": "by_name__contains",
            "subject": "subject_label__contains",
            "action": "action",
            "kind": "kind",
        }
        rows = self.filter(**{lookup: wanted[name] for name, lookup in plain.items() if wanted.get(name)})
        if wanted.get("since"):
            rows = rows.filter(at__gte=_midnight(wanted["since"]))
        if wanted.get("until"):
            rows = rows.filter(at__lt=_midnight(wanted["until"] + dt.timedelta(days=1)))
        return rows


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))


class AuditEvent(models.Model):
    """Something changed. Actors and subjects are kept by value: the log outlives both."""

    at = models.DateTimeField("时间", auto_now_add=True, db_index=True)
    by_id = models.BigIntegerField("操作人编号", null=True, db_index=True)
    by_name = models.CharField("操作人", max_length=60)
    by_role = models.CharField("角色", max_length=40, blank=True)
    ip = models.CharField("地址", max_length=45, blank=True)
    action = models.CharField("动作", max_length=60)
    subject_type = models.CharField("对象类型", max_length=60)
    subject_id = models.CharField("对象编号", max_length=60)
    subject_label = models.CharField("对象", max_length=200)
    changes = models.JSONField(
        "变动", default=dict, help_text="字段 -> [旧值, 新值]；从不含身份证号和账号明文"
    )
    reason = models.CharField("理由", max_length=500, blank=True)

    objects = LogQuerySet.as_manager()

    class Meta:
        verbose_name = "操作记录"
        ordering = ["-pk"]
        indexes = [models.Index(fields=["subject_type", "subject_id"], name="audit_subject")]

    def __str__(self):
        return f"{self.by_name} {self.action} {self.subject_label}"


class AccessEvent(models.Model):
    """Somebody revealed, downloaded or printed personal data, and said why."""

    at = models.DateTimeField("时间", auto_now_add=True, db_index=True)
    by_id = models.BigIntegerField("操作人编号", null=True, db_index=True)
    by_name = models.CharField("操作人", max_length=60)
    by_role = models.CharField("角色", max_length=40, blank=True)
    ip = models.CharField("地址", max_length=45, blank=True)
    kind = models.CharField(
        "方式", max_length=20, choices=[("reveal", "查看明文"), ("download", "下载"), ("print", "打印")]
    )
    subject_type = models.CharField("对象类型", max_length=60)
    subject_id = models.CharField("对象编号", max_length=60)
    subject_label = models.CharField("对象", max_length=200)
    fields = models.CharField("内容", max_length=200)
    reason = models.CharField("理由", max_length=500)

    objects = LogQuerySet.as_manager()

    class Meta:
        verbose_name = "个人信息查阅记录"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="access_event_has_reason"),
        ]

    def __str__(self):
        return f"{self.by_name} {self.kind} {self.subject_label}"


class Operation(models.Model):
    """An operation that changed many records: who, when, from which file. What it changed names it."""

    at = models.DateTimeField("时间", default=timezone.now)
    by_id = models.BigIntegerField("操作人编号", null=True)
    by_name = models.CharField("操作人", max_length=60)
    by_role = models.CharField("角色", max_length=40, blank=True)
    ip = models.CharField("地址", max_length=45, blank=True)
    action = models.CharField("动作", max_length=60)
    label = models.CharField("说明", max_length=200, blank=True, help_text="如文件名")
    subject_type = models.CharField("对象类型", max_length=60)
    subject_id = models.CharField("对象编号", max_length=60)
    undoes = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="撤销的是"
    )
    is_open = models.BooleanField("进行中", default=False)

    class Meta:
        verbose_name = "批量操作"
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["id"], condition=models.Q(is_open=True), name="operation_open"),
            models.Index(fields=["subject_type", "subject_id"], name="operation_subject"),
        ]

    def __str__(self):
        return f"{self.by_name} {self.action} {self.label}"


def record(
    by, *, action: str, subject: models.Model, changes: dict | None = None, reason: str = ""
) -> AuditEvent:
    """Write one AuditEvent; ``by`` has id, name, role and ip."""
    return AuditEvent.objects.create(
        by_id=by.id, by_name=by.name, by_role=by.role, ip=by.ip, action=action,
        subject_type=subject._meta.label_lower, subject_id=str(subject.pk), subject_label=str(subject)[:200],
        changes=changes or {}, reason=reason,
    )  # fmt: skip


def record_many(
    by,
    *,
    action: str,
    rows: list[tuple[models.Model, dict]],
    reasons: Mapping[Any, str] | None = None,
) -> None:
    """Write one AuditEvent for each (subject, changes) of a bulk write, in one statement; ``reasons``: key -> why."""
    reasons = reasons or {}
    AuditEvent.objects.bulk_create(
        AuditEvent(
            by_id=by.id, by_name=by.name, by_role=by.role, ip=by.ip, action=action,
            subject_type=subject._meta.label_lower, subject_id=str(subject.pk), subject_label=str(subject)[:200],
            changes=changes, reason=reasons.get(subject.pk, ""),
        )
        for subject, changes in rows
    )  # fmt: skip


def record_access(by, *, kind: str, subject: models.Model, fields: str, reason: str) -> AccessEvent:
    """Write one AccessEvent; a reason is demanded by the database too."""
    return AccessEvent.objects.create(
        by_id=by.id, by_name=by.name, by_role=by.role, ip=by.ip, kind=kind,
        subject_type=subject._meta.label_lower, subject_id=str(subject.pk), subject_label=str(subject)[:200],
        fields=fields, reason=reason.strip(),
    )  # fmt: skip
