"""An uploaded file, kept as long as what it belongs to is written."""

from collections.abc import Iterator
from contextlib import contextmanager

from povertyedu.files.models import StoredFile


@contextmanager
def kept(upload, *, purpose: str, owner=None, permission: str = "") -> Iterator[StoredFile | None]:
    """Keep ``upload`` (a file that the form checked, or None); it goes again where the block fails.

    ``permission``: what its owner must still hold to take it out of the own files.
    """
    if not upload:
        yield None
        return
    stored = StoredFile.keep(
        upload.chunks(), name=upload.name[:200], purpose=purpose, owner=owner, permission=permission
    )
    try:
        yield stored
    except BaseException:
        stored.path.unlink(missing_ok=True)
        StoredFile.objects.filter(pk=stored.pk).delete()
        raise
