from .models import StoredFile


def purge_due() -> int:
    """Remove the bytes of every file past its keeping time; return how many. The rows stay as evidence."""
    purged = 0
    for stored in StoredFile.objects.due_for_purge().iterator():
        stored.purge()
        purged += 1
    return purged
