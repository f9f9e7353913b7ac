from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from .models import Message

PER_PAGE = 50


@require_GET
def message_list(request: HttpRequest) -> HttpResponse:
    after = request.GET.get("after", "")
    mine = Message.objects.visible_to(request.user)
    found = list(mine.unread_first().after(after)[: PER_PAGE + 1])
    context = {
        "crumbs": [("消息", None)],
        "rows": found[:PER_PAGE],
        "unread": mine.unread().count(),
        "per_page": PER_PAGE,
        "next_url": f"?after={found[PER_PAGE - 1].key}" if len(found) > PER_PAGE else "",
        "previous_url": reverse("inbox:list") if after else "",
    }
    return render(request, "inbox/list.html", context)


@require_GET
def open_message(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark a message read and go where it is dealt with; only ever to an address of this system."""
    message = get_object_or_404(Message.objects.visible_to(request.user), pk=pk)
    Message.objects.visible_to(request.user).filter(pk=message.pk).mark_read()
    local = url_has_allowed_host_and_scheme(message.url, allowed_hosts=None)
    return redirect(message.url if local else "inbox:list")


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    Message.objects.visible_to(request.user).mark_read()
    return redirect("inbox:list")
