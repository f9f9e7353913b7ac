"""What leaves the server: a kept file, a document made on the spot."""

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header

from povertyedu.accounts.access import actor
from povertyedu.audit.models import record_access


def send_kept(request, stored, *, permission: str, subject, what: str) -> StreamingHttpResponse:
    """Send a kept file; it leaves an AccessEvent on ``subject``."""
    if stored is None or not stored.path.exists():
        raise Http404
    by = actor(request, permission)
    record_access(
        by, kind="download", subject=subject, fields=f"{what} {stored.name}"[:200], reason=f"查看{what}"
    )
    response = StreamingHttpResponse(stored.chunks(), content_type="application/octet-stream")
    response["Content-Length"] = stored.size
    response["Content-Disposition"] = content_disposition_header(True, stored.name)
    response["Cache-Control"] = "no-store"
    return response


def send_made(name: str, content: bytes, kind: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = content_disposition_header(True, name)
    response["Cache-Control"] = "no-store"
    return response
