"""Accounts, for the system administrator (三员分立: no rights here, only proposals)."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from povertyedu.accounts import actions
from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.models import User
from povertyedu.accounts.permissions import Permission as P
from povertyedu.office.account_import import AccountResource, check, take_in
from povertyedu.office.forms.accounts import AccountFileForm, AccountFilter, AccountForm
from povertyedu.office.paging import page_of
from povertyedu.workbooks.writing import write_template
from povertyedu.workflow.attempt import attempt

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _crumbs(*more):
    return [("账号", reverse("office:accounts")), *more]


@needs(P.MANAGE_ACCOUNTS)
def accounts(request):
    form = AccountFilter(request.GET)
    rows = form.narrow(User.objects.visible_to(request.user, P.MANAGE_ACCOUNTS)).with_places()
    page = page_of(rows, request.GET, order=("username",), unit="个账号")
    crumbs = [("系统管理", None), ("账号", None)]
    return render(request, "office/accounts.html", {"form": form, "page": page, "crumbs": crumbs})


@needs(P.MANAGE_ACCOUNTS)
def account_new(request):
    form = AccountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = {name: form.cleaned_data[name] for name in ("username", "name", "phone")}
        slip = attempt(form, actions.create_account, by=actor(request, P.MANAGE_ACCOUNTS), **data)
        if slip:
            return _slips(request, [slip])
    context = {
        "form": form,
        "title": "新增账号",
        "button": "建立账号并生成初始密码",
        "crumbs": _crumbs(("新增账号", None)),
    }
    return render(request, "office/form.html", context | {"back_url": reverse("office:accounts")})


@needs(P.MANAGE_ACCOUNTS)
def account_edit(request, pk):
    visible = User.objects.visible_to(request.user, P.MANAGE_ACCOUNTS).with_places()
    account = get_object_or_404(visible, pk=pk)
    form = AccountForm(request.POST or None, instance=account)
    if request.method == "POST" and form.is_valid():
        by = actor(request, P.MANAGE_ACCOUNTS)
        if attempt(form, actions.update_account, user=form.instance, by=by):
            messages.success(request, f"已保存账号“{account}”。")
            return redirect("office:accounts")
    context = {"form": form, "account": account, "crumbs": _crumbs((account.username, None))}
    return render(request, "office/account.html", context)


@needs(P.MANAGE_ACCOUNTS)
@require_POST
def account_active(request, pk):
    account = get_object_or_404(User.objects.visible_to(request.user, P.MANAGE_ACCOUNTS), pk=pk)
    active = request.POST.get("active") == "yes"
    try:
        actions.set_active(user=account, active=active, by=actor(request, P.MANAGE_ACCOUNTS))
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, f"账号“{account}”已{'启用' if active else '停用'}。")
    return redirect("office:account_edit", pk)


@needs(P.MANAGE_ACCOUNTS)
def account_reset(request, pk):
    account = get_object_or_404(User.objects.visible_to(request.user, P.MANAGE_ACCOUNTS), pk=pk)
    if request.method == "POST":
        return _slips(request, [actions.reset_password(user=account, by=actor(request, P.MANAGE_ACCOUNTS))])
    context = {
        "title": "重置密码",
        "text": f"将为“{account}”生成新的初始密码，原密码立即失效，已登录的会退出，锁定会解除。",
        "button": "重置密码并显示密码条",
        "back_url": reverse("office:account_edit", args=[pk]),
        "crumbs": _crumbs((account.username, reverse("office:account_edit", args=[pk])), ("重置密码", None)),
    }
    return render(request, "office/confirm.html", context)


@needs(P.MANAGE_ACCOUNTS)
def account_import(request):
    form = AccountFileForm(request.POST or None, request.FILES or None)
    context = {"form": form, "crumbs": _crumbs(("从 Excel 导入", None))}
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        checked = attempt(form, check, content=file.read(), name=file.name, user=request.user)
        if checked and not checked.errors:
            done = attempt(form, take_in, lines=checked.lines, by=actor(request, P.MANAGE_ACCOUNTS))
            if done:
                return _slips(request, done.slips, done)
        context["errors"] = checked.errors if checked else []
    return render(request, "office/account_import.html", context)


@needs(P.MANAGE_ACCOUNTS)
def account_template(request):
    response = HttpResponse(content_type=XLSX)
    response["Content-Disposition"] = 'attachment; filename="accounts-template.xlsx"'
    write_template(response, AccountResource(), "账号登记表")
    return response


def _slips(request, slips, imported=None):
    """Answer the post itself with the passwords: a page of its own would have to keep them somewhere."""
    context = {
        "slips": slips,
        "imported": imported,
        "login_url": request.build_absolute_uri(reverse("accounts:login")),
        "crumbs": _crumbs(("初始密码条", None)),
    }
    return render(request, "office/slips.html", context)
