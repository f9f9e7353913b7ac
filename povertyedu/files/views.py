import mimetypes
import sys

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils.http import content_disposition_header
from django.views import defaults
from django.views.decorators.http import require_GET

from povertyedu.accounts.access import actor
from povertyedu.audit.models import record_access

from .disk import is_disk_full
from .models import StoredFile


@require_GET
def download(request: HttpRequest, pk) -> StreamingHttpResponse:
    """Stream a file to its owner, unsealed a MiB at a time; personal data leaves an AccessEvent.

    A right that was taken away since the file was made is asked for anew.
    """
    stored = get_object_or_404(StoredFile.objects.visible_to(request.user), pk=pk)
    if not stored.may_be_taken_by(request.user):
        raise PermissionDenied("这个文件生成以后，您的授权有变动，不能再下载；仍需要的，请重新导出。")
    if not stored.path.exists():
        raise Http404("这个文件已不在服务器上，请重新生成。")
    if stored.personal:
        record_access(
            actor(request),
            kind="download",
            subject=stored,
            fields="文件全部内容",
            reason=f"下载本人上传或生成的文件（{stored.purpose}）",
        )
    kind = mimetypes.guess_type(stored.name)[0] or "application/octet-stream"
    response = StreamingHttpResponse(stored.chunks(), content_type=kind)
    response["Content-Length"] = stored.size
    response["Content-Disposition"] = content_disposition_header(True, stored.name)
    response["Cache-Control"] = "no-store"
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that the disk is full where that is why nothing worked, also while an upload was still coming in."""
    if is_disk_full(sys.exception()):
        return HttpResponse(render_to_string("507.html"), status=507)
    return defaults.server_error(request)
