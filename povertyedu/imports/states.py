"""From which states each step of an import may be taken; every step is claimed by compare-and-set."""

from .models import ImportState as S

STEPS: dict[str, tuple[tuple[str, ...], str]] = {
    # A check that died half-way is taken up again by its job, so CHECKING itself is a source.
    "check": ((S.UPLOADED, S.CHECKING, S.CHECKED), S.CHECKING),
    "checked": ((S.CHECKING,), S.CHECKED),
    "refuse": ((S.CHECKING,), S.REFUSED),
    "confirm": ((S.CHECKED,), S.APPLYING),
    "applied": ((S.APPLYING,), S.APPLIED),
    "back": ((S.APPLYING,), S.CHECKED),
    "cancel": ((S.UPLOADED, S.CHECKING, S.CHECKED), S.CANCELLED),
}
