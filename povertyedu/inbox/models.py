from collections.abc import Iterable

from django.db import models
from django.db.models import Q
from django.utils import timezone

from povertyedu import bulk
from povertyedu.accounts.models import User


class MessageQuerySet(models.QuerySet):
    def visible_to(self, user, permission=None):
        return self.filter(to=user)

    def unread(self):
        return self.filter(read_at=None)

    def unread_first(self):
        return self.annotate(is_read=Q(read_at__isnull=False)).order_by("is_read", "-pk")

    def after(self, key: str):
        """The messages of :meth:`unread_first` that follow the one whose ``key`` this is; all for a wrong key."""
        kind, _, pk = key.partition("-")
        if kind not in ("new", "old") or not (pk.isascii() and pk.isdigit() and len(pk) < 19):
            return self
        read = Q(read_at__isnull=False)
        return self.filter(read, pk__lt=pk) if kind == "old" else self.filter(read | Q(pk__lt=pk))

    def mark_read(self) -> int:
        return self.unread().update(read_at=timezone.now())


class Message(models.Model):
    """One message in a person's inbox; ``url`` leads to where it is dealt with."""

    to = models.ForeignKey(User, models.CASCADE, related_name="inbox", verbose_name="收件人")
    tone = models.CharField(
        "性质",
        max_length=8,
        default="info",
        choices=[("ok", "完成"), ("info", "通知"), ("warn", "提醒"), ("bad", "重要")],
    )
    text = models.CharField("内容", max_length=300)
    url = models.CharField("链接", max_length=200, blank=True)
    created_at = models.DateTimeField("时间", default=timezone.now)
    read_at = models.DateTimeField("已读", null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = "消息"
        ordering = ["-pk"]
        indexes = [models.Index(fields=["to", "read_at"], name="inbox_unread")]

    def __str__(self):
        return self.text

    @property
    def key(self) -> str:
        """Where it stands in the list of unread and read messages; see :meth:`MessageQuerySet.after`."""
        return f"{'old' if self.read_at else 'new'}-{self.pk}"


def tell(user: User | None, text: str, *, url: str = "", tone: str = "info") -> Message | None:
    """Put a message into ``user``'s inbox; nobody to tell (a command line) is fine."""
    return Message.objects.create(to=user, text=text[:300], url=url, tone=tone) if user else None


def tell_many(told: Iterable[tuple[int, str]], *, url: str = "", tone: str = "info") -> int:
    """Put a message into each inbox of (user key, text), in two statements; return how many."""
    rows = [Message(to_id=user, text=text[:300], url=url, tone=tone) for user, text in told]
    bulk.insert_new(rows)
    return len(rows)
