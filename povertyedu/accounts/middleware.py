"""Rules that hold on every page: log in first, change an old password first, keep nothing in caches, send plain text."""

from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import BadRequest
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect


def _send_to(request, url: str):
    """Redirect the whole window, also when htmx asked for a fragment of it."""
    return HttpResponseClientRedirect(url) if "HX-Request" in request.headers else redirect(url)


class LoginMiddleware(LoginRequiredMiddleware):
    """Ask for a login on every page that is not open to all, and say so when a session has run out."""

    def handle_no_permission(self, request, view_func):
        parameters = {}
        # What a form sent is gone with the session; only a page can be come back to.
        if request.method == "GET" and "HX-Request" not in request.headers:
            parameters["next"] = request.get_full_path()
        # The cookie outlives the session (it ends with the browser), so its presence tells a time-out.
        if request.COOKIES.get(settings.SESSION_COOKIE_NAME):
            parameters["expired"] = "1"
        url = reverse(settings.LOGIN_URL)
        return _send_to(request, f"{url}?{urlencode(parameters)}" if parameters else url)


class SessionRulesMiddleware:
    """Send a user whose password must be changed to the page that does it; forbid caches to keep pages."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        user = request.user
        if not user.is_authenticated:
            return self.get_response(request)
        if user.password_expired and request.path not in self._open_paths():
            response = _send_to(request, reverse("accounts:password"))
        else:
            response = self.get_response(request)
        response.headers["Cache-Control"] = "no-store"
        return response

    def _open_paths(self):
        return {reverse("accounts:password"), reverse("accounts:logout")}


class PlainTextMiddleware:
    """Answer 400 to what carries a NUL: no text of ours has one, and PostgreSQL takes none."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        sent = [request.path, *self._texts(request.GET)]
        if request.method == "POST":
            sent += self._texts(request.POST)
        if any("\0" in text for text in sent):
            raise BadRequest("内容含有不能显示的字符，请删除后重新提交。")

    @staticmethod
    def _texts(query):
        return [text for name, values in query.lists() for text in (name, *values)]
