"""Documents and photos of a project: kept for good, sealed on disk."""

from collections.abc import Iterator
from contextlib import contextmanager

from povertyedu.files.models import StoredFile
from povertyedu.workflow.flow import Actor
from projects.models import Project, ProjectFile


@contextmanager
def stored(upload, *, purpose: str, account=None) -> Iterator[StoredFile]:
    """Keep ``upload``, which the form checked; it goes again where the block fails. Enter it outside the transaction."""
    kept_file = StoredFile.keep(
        upload.chunks(), name=upload.name[:200], purpose=purpose, personal=False, owner=account
    )
    try:
        yield kept_file
    except BaseException:
        kept_file.path.unlink(missing_ok=True)
        StoredFile.objects.filter(pk=kept_file.pk).delete()
        raise


@contextmanager
def kept(upload, *, project: Project, about: str, by: Actor, account=None) -> Iterator[ProjectFile | None]:
    """Keep ``upload`` (or None) with the project; it goes again where the block fails."""
    if not upload:
        yield None
        return
    with stored(upload, purpose="project_file", account=account) as file:
        yield ProjectFile(project=project, file=file, about=about[:40], by_name=by.name)
