import mimetypes

from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from povertyedu.accounts.access import actor
from povertyedu.audit.models import record_access

from .models import StoredFile


@require_GET
def download(request: HttpRequest, pk) -> StreamingHttpResponse:
    """Stream a file to its owner, unsealed a MiB at a time; personal data leaves an AccessEvent."""
    stored = get_object_or_404(StoredFile.objects.visible_to(request.user), pk=pk)
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
