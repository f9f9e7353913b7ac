"""What a row of an import changes, in words."""

from povertyedu.imports.rows import Change
from povertyedu.orgs.enums import AreaLevel, Ownership, SchoolKind, Setting, Stage

_WORDS = {
    choice.value: choice.label for choices in (AreaLevel, SchoolKind, Ownership, Setting, Stage) for choice in choices
}  # fmt: skip


def changes_of(headings, known, wanted) -> list[Change]:
    """Return what differs; a None in ``wanted`` is a blank cell and changes nothing."""
    return [
        Change(heading, _shown(old), _shown(new))
        for heading, old, new in zip(headings, known, wanted, strict=True)
        if new is not None and new != old
    ]


def _shown(value) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    return _WORDS.get(value, value) or "（空）"
