"""From which states each step of an import may be taken; every step is claimed by compare-and-set."""

from django.db import models


class ImportState(models.TextChoices):
    UPLOADED = "uploaded", "已上传"
    CHECKING = "checking", "核对中"
    MAPPING = "mapping", "待核对列"
    CHECKED = "checked", "待确认"
    WAITING = "waiting", "待复核"
    APPLYING = "applying", "导入中"
    APPLIED = "applied", "已导入"
    UNDOING = "undoing", "撤销中"
    UNDONE = "undone", "已撤销"
    REFUSED = "refused", "整个文件未通过"
    CANCELLED = "cancelled", "已取消"


S = ImportState
WRITTEN = (S.APPLIED, S.UNDOING, S.UNDONE)  # its rows were taken in at ``applied_at``

STEPS: dict[str, tuple[tuple[str, ...], str]] = {
    # A check that died half-way is taken up again by its job, so CHECKING itself is a source.
    "check": ((S.UPLOADED, S.CHECKING, S.CHECKED), S.CHECKING),
    # Its headings are not clear: a person says which column is which, and the check begins again.
    "ask": ((S.CHECKING,), S.MAPPING),
    "map": ((S.MAPPING, S.CHECKED), S.UPLOADED),
    "checked": ((S.CHECKING,), S.CHECKED),
    "refuse": ((S.CHECKING,), S.REFUSED),
    "confirm": ((S.CHECKED,), S.APPLYING),
    # It changes what is on file: a second person reads the changes first.
    "hand_over": ((S.APPLYING,), S.WAITING),
    "check_second": ((S.WAITING,), S.APPLYING),
    "send_back": ((S.WAITING,), S.CHECKED),
    "applied": ((S.APPLYING,), S.APPLIED),
    "back": ((S.APPLYING,), S.CHECKED),
    "undo": ((S.APPLIED,), S.UNDOING),
    "undone": ((S.UNDOING,), S.UNDONE),
    "keep": ((S.UNDOING,), S.APPLIED),
    "cancel": ((S.UPLOADED, S.CHECKING, S.MAPPING, S.CHECKED, S.WAITING), S.CANCELLED),
}
