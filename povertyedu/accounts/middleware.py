"""Rules of a session that hold on every page: change a first or old password before anything else."""

from django.shortcuts import redirect
from django.urls import reverse


class SessionRulesMiddleware:
    """Send a user whose password must be changed to the page that does it."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        user = request.user
        if user.is_authenticated and user.password_expired and request.path not in self._open_paths():
            return redirect("accounts:password")
        return self.get_response(request)

    def _open_paths(self):
        return {reverse("accounts:password"), reverse("accounts:logout")}
