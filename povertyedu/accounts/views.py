"""Log in, log out, change the password."""

from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator

from povertyedu.audit.models import record

from . import actions
from .access import actor
from .forms import ChangePasswordForm, LoginForm
from .models import User


@method_decorator(login_not_required, name="dispatch")
class LoginView(auth_views.LoginView):
    template_name = "accounts/login.html"
    form_class = LoginForm
    redirect_authenticated_user = True

    def form_valid(self, form):
        response = super().form_valid(form)
        record(actor(self.request), action="accounts.log_in", subject=self.request.user)
        return response

    def post(self, request, *args, **kwargs):
        username = request.POST.get("username", "").strip()
        self.was_locked = AxesProxyHandler.is_locked(request, {"username": username})
        return super().post(request, *args, **kwargs)

    def form_invalid(self, form):
        named = form.data.get("username", "").strip()
        user = User.objects.filter(username=named).first()  # everyone: nobody is logged in yet
        # A name that is no account may be a password typed into the wrong field: it stays out of the log.
        # What is tried on a locked account is not written either, or a guesser could fill the log.
        if user and not self.was_locked:
            locked = getattr(self.request, "axes_locked_out", False)
            action = "accounts.locked_out" if locked else "accounts.log_in_failed"
            record(user.as_actor(ip=self.request.META.get("REMOTE_ADDR", "")), action=action, subject=user)
        return super().form_invalid(form)

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | {"expired": "expired" in self.request.GET}


class LogoutView(auth_views.LogoutView):
    def post(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            record(actor(request), action="accounts.log_out", subject=request.user)
        return super().post(request, *args, **kwargs)


class PasswordView(auth_views.PasswordChangeView):
    template_name = "accounts/password.html"
    form_class = ChangePasswordForm

    def form_valid(self, form):
        user = actions.change_password(
            user=self.request.user, password=form.cleaned_data["new_password1"], by=actor(self.request)
        )
        update_session_auth_hash(self.request, user)
        messages.success(self.request, "密码已修改，下次登录请用新密码。")
        return redirect(settings.LOGIN_REDIRECT_URL)


def locked_out(request, original_response=None, credentials=None):
    """Answer a login to a locked account (named by AXES_LOCKOUT_CALLABLE)."""
    return render(request, "accounts/locked.html", status=429)
