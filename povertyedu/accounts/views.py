"""Log in, log out, change the password."""

from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.shortcuts import render
from django.utils.decorators import method_decorator


@method_decorator(login_not_required, name="dispatch")
class LoginView(auth_views.LoginView):
    template_name = "accounts/login.html"
    redirect_authenticated_user = True


class PasswordView(auth_views.PasswordChangeView):
    template_name = "accounts/password.html"


def locked_out(request, original_response=None, credentials=None):
    """Answer a login to a locked account."""
    return render(request, "accounts/locked.html", status=429)
