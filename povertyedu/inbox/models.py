from django.db import models
from django.utils import timezone

from povertyedu.accounts.models import User


class MessageQuerySet(models.QuerySet):
    def visible_to(self, user, permission=None):
        return self.filter(to=user)

    def unread(self):
        return self.filter(read_at=None)


class Message(models.Model):
    """One message in a person's inbox; ``url`` leads to where it is dealt with."""

    to = models.ForeignKey(User, models.CASCADE, related_name="inbox", verbose_name="收件人")
    tone = models.CharField(
        "性质",
        max_length=8,
        default="info",
        choices=[("ok", "完成"), ("info", "通知"), ("warn", "提醒"), ("bad", "失败")],
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


def tell(user: User | None, text: str, *, url: str = "", tone: str = "info") -> Message | None:
    """Put a message into ``user``'s inbox; nobody to tell (a command line) is fine."""
    return Message.objects.create(to=user, text=text[:300], url=url, tone=tone) if user else None
