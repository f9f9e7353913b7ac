import hashlib
import uuid
from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from povertyedu.accounts.models import User
from povertyedu.sealing import seal_bytes, unseal_bytes


class StoredFileQuerySet(models.QuerySet):
    def visible_to(self, user, permission=None):
        """A stored file is its owner's; pages that share one do so through the thing it belongs to."""
        return self.filter(owner=user, purged_at=None)

    def due_for_purge(self):
        return self.filter(purge_after__lte=timezone.now(), purged_at=None)


class StoredFile(models.Model):
    """An upload or a generated workbook. Its bytes lie sealed under ``VAR_DIR/files``, in chunks of 1 MiB."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField("文件名", max_length=200)
    size = models.PositiveBigIntegerField("字节数")
    sha256 = models.CharField("摘要", max_length=64, db_index=True)
    purpose = models.CharField("用途", max_length=40)
    personal = models.BooleanField("含个人信息", default=True, help_text="下载时留下查阅记录")
    owner = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="files", verbose_name="上传或生成人"
    )
    created_at = models.DateTimeField("时间", default=timezone.now)
    permission = models.CharField(
        "下载要有的权限", max_length=40, blank=True, help_text="空：归本人即可；如完整号码的导出"
    )
    purge_after = models.DateTimeField("清除时间", null=True, blank=True)
    purged_at = models.DateTimeField("已清除", null=True, blank=True)

    objects = StoredFileQuerySet.as_manager()

    class Meta:
        verbose_name = "文件"
        ordering = ["-created_at"]
        constraints = [models.CheckConstraint(name="file_has_a_name", condition=~Q(name=""))]

    def __str__(self):
        return self.name

    CHUNK = 1024 * 1024

    @property
    def path(self) -> Path:
        return Path(settings.VAR_DIR) / "files" / self.id.hex[:2] / self.id.hex

    @staticmethod
    def key_of(maker: str) -> uuid.UUID:
        """Return the key of the one file that ``maker``, a job, makes: run again it finds that it is done."""
        return uuid.uuid5(uuid.NAMESPACE_OID, f"povertyedu {maker}")

    def may_be_taken_by(self, user: User) -> bool:
        """Whether ``user`` still holds what taking the file out needs, nothing taken from them since it was made."""
        if not self.permission:
            return True
        return user.can(self.permission) and not user.grants.filter(ended_at__gte=self.created_at).exists()

    @classmethod
    def keep(
        cls, chunks, *, name: str, purpose: str, owner=None, purge_after=None, personal=True, permission="", key=None
    ) -> "StoredFile":  # fmt: skip
        """Seal ``chunks`` (an iterable of bytes) onto disk and return the row; nothing stays when it fails.

        ``permission``: what whoever takes it out must hold then; ``key``: see :meth:`key_of`.
        """
        stored = cls(
            id=key or uuid.uuid4(), name=name[:200], purpose=purpose, owner=owner, purge_after=purge_after, personal=personal,
            permission=permission, size=0,
        )  # fmt: skip
        digest = hashlib.sha256()
        stored.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with stored.path.open("wb") as out:
                for piece in chunks:
                    for start in range(0, len(piece), cls.CHUNK):
                        plain = piece[start : start + cls.CHUNK]
                        sealed = seal_bytes(plain)
                        out.write(len(sealed).to_bytes(4, "big") + sealed)
                        digest.update(plain)
                        stored.size += len(plain)
            stored.sha256 = digest.hexdigest()
            stored.save(force_insert=True)
        except BaseException:
            stored.path.unlink(missing_ok=True)
            raise
        return stored

    @classmethod
    def pieces(cls, path: Path):
        """Yield the bytes of a file that was written to ``path``, for :meth:`keep`."""
        with path.open("rb") as source:
            while piece := source.read(cls.CHUNK):
                yield piece

    def chunks(self):
        """Yield the plain bytes, a MiB at a time."""
        with self.path.open("rb") as sealed:
            while head := sealed.read(4):
                yield unseal_bytes(sealed.read(int.from_bytes(head, "big")))

    def copy_to(self, path: Path) -> Path:
        """Write the plain bytes to ``path`` for a parser that needs a file; the caller removes it."""
        with path.open("wb") as out:
            for piece in self.chunks():
                out.write(piece)
        return path

    def purge(self):
        """Remove the bytes, keep the row: name, size and digest stay as evidence."""
        self.path.unlink(missing_ok=True)
        self.purged_at = timezone.now()
        self.save(update_fields=["purged_at"])
