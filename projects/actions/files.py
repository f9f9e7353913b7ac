"""Documents and photos of a project: kept for good, sealed on disk."""

from collections.abc import Iterator
from contextlib import contextmanager

from povertyedu.files.models import StoredFile
from povertyedu.workflow.flow import Actor
from projects.models import Project, ProjectFile


@contextmanager
def kept(upload, *, project: Project, about: str, by: Actor, account=None) -> Iterator[ProjectFile | None]:
    """Keep ``upload`` (which the form checked, or None) with the project; it goes again where the block fails.

    Enter it outside the transaction whose work it belongs to.
    """
    if not upload:
        yield None
        return
    stored = StoredFile.keep(
        upload.chunks(), name=upload.name[:200], purpose="project_file", personal=False, owner=account
    )
    try:
        yield ProjectFile(project=project, file=stored, about=about[:40], by_name=by.name)
    except BaseException:
        stored.path.unlink(missing_ok=True)
        StoredFile.objects.filter(pk=stored.pk).delete()
        raise
