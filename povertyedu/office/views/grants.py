"""Grants, for the security administrator: give, end, confirm, hand over; nobody grants themselves."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from povertyedu.accounts import actions
from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.models import Grant, GrantProposal, User
from povertyedu.accounts.permissions import Permission as P
from povertyedu.office.forms.accounts import GrantFilter, GrantForm, HandOverForm, ReasonForm
from povertyedu.office.paging import page_of
from povertyedu.workflow.attempt import attempt


def _tabs(request, active: str):
    waiting = GrantProposal.objects.visible_to(request.user, P.MANAGE_GRANTS).count()
    return [
        {"text": "按账号", "url": reverse("office:grants"), "active": active == "grants"},
        {
            "text": "待确认",
            "url": reverse("office:proposals"),
            "active": active == "proposals",
            "count": waiting,
            "bad": waiting > 0,
        },
    ]


def _crumbs(*more):
    return [("授权", reverse("office:grants")), *more]


@needs(P.MANAGE_GRANTS)
def grants(request):
    form = GrantFilter(request.GET, user=request.user)
    rows = form.narrow(User.objects.visible_to(request.user, P.MANAGE_GRANTS)).with_places()
    page = page_of(rows, request.GET, order=("username",), unit="个账号")
    context = {
        "form": form,
        "page": page,
        "tabs": _tabs(request, "grants"),
        "crumbs": [("系统管理", None), ("授权", None)],
    }
    return render(request, "office/grants.html", context)


@needs(P.MANAGE_GRANTS)
def proposals(request):
    rows = GrantProposal.objects.visible_to(request.user, P.MANAGE_GRANTS).with_place()
    page = page_of(rows, request.GET, order=("id",), unit="项")
    context = {"page": page, "tabs": _tabs(request, "proposals"), "crumbs": _crumbs(("待确认", None))}
    return render(request, "office/proposals.html", context)


@needs(P.MANAGE_GRANTS)
@require_POST
def settle_proposals(request):
    """Confirm or refuse the picked proposals: all of them, or none when one cannot be."""
    wanted = [int(pk) for pk in request.POST.getlist("proposal") if pk.isascii() and pk.isdigit()][:1000]
    rows = GrantProposal.objects.visible_to(request.user, P.MANAGE_GRANTS).with_place()
    picked = list(rows.filter(pk__in=wanted))
    reason = request.POST.get("reason", "").strip()[:500]
    refuse = request.POST.get("verb") == "refuse"
    if not picked:
        messages.warning(request, "没有选中任何一项，请先勾选。")
    elif refuse and not reason:
        messages.error(request, "不同意须写明理由，例如“该同志已调离”。")
    else:
        _settle(request, picked, reason if refuse else None)
    return redirect("office:proposals")


def _settle(request, picked, reason):
    by = actor(request, P.MANAGE_GRANTS)
    try:
        with transaction.atomic():
            for proposal in picked:
                if reason is None:
                    actions.confirm_proposal(proposal=proposal, by=by)
                else:
                    actions.refuse_proposal(proposal=proposal, by=by, reason=reason)
    except ValidationError as refusal:
        sentence = " ".join(refusal.messages)
        messages.error(request, f"{proposal.user} {proposal}：{sentence} 这一次选中的都没有办理。")
    else:
        messages.success(request, f"已{'确认' if reason is None else '退回'} {len(picked)} 项。")


@needs(P.MANAGE_GRANTS)
def account_grants(request, pk):
    account = get_object_or_404(User.objects.visible_to(request.user, P.MANAGE_GRANTS), pk=pk)
    held = list(account.grants.with_place().order_by("-pk"))
    context = {
        "account": account,
        "live": [grant for grant in held if grant.ended_at is None],
        "ended": [grant for grant in held if grant.ended_at],
        "proposals": account.proposals.with_place(),
        "crumbs": _crumbs((str(account), None)),
    }
    return render(request, "office/account_grants.html", context)


@needs(P.MANAGE_GRANTS)
def grant_add(request, pk):
    """Role first, then the place: each choice comes by htmx, or by the same address with "下一步"."""
    account = get_object_or_404(User.objects.visible_to(request.user, P.MANAGE_GRANTS), pk=pk)
    chosen = request.POST or request.GET
    form = GrantForm(request.POST or None, user=request.user, chosen=chosen)
    if request.method == "POST" and form.is_valid() and form.is_complete:
        given = attempt(
            form, actions.grant, user=account, role=form.cleaned_data["role"], place=form.cleaned_data["place"],
            by=actor(request, P.MANAGE_GRANTS),
        )  # fmt: skip
        if given:
            messages.success(request, f"已授权：{account}，{given}。")
            return redirect("office:account_grants", pk)
    back = reverse("office:account_grants", args=[pk])
    context = {
        "form": form,
        "account": account,
        "back_url": back,
        "crumbs": _crumbs((str(account), back), ("增加授权", None)),
    }
    partial = request.htmx and request.method == "GET"
    return render(request, "office/_grant_form.html" if partial else "office/grant_add.html", context)


@needs(P.MANAGE_GRANTS)
def grant_end(request, pk):
    live = Grant.objects.visible_to(request.user, P.MANAGE_GRANTS).filter(ended_at=None).with_place()
    grant = get_object_or_404(live, pk=pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        by, reason = actor(request, P.MANAGE_GRANTS), form.cleaned_data["reason"]
        if attempt(form, actions.end_grant, grant=grant, by=by, reason=reason):
            messages.success(request, f"已收回：{grant.user}，{grant}。")
            return redirect("office:account_grants", grant.user_id)
    back = reverse("office:account_grants", args=[grant.user_id])
    context = {
        "form": form,
        "title": "收回授权",
        "text": f"收回后，“{grant.user}”不能再以“{grant}”的身份办理业务，以前办理的记录不变。",
        "button": "收回这项授权",
        "danger": True,
        "back_url": back,
        "crumbs": _crumbs((str(grant.user), back), ("收回授权", None)),
    }
    return render(request, "office/confirm.html", context)


@needs(P.MANAGE_GRANTS)
def hand_over(request, pk):
    account = get_object_or_404(User.objects.visible_to(request.user, P.MANAGE_GRANTS), pk=pk)
    form = HandOverForm(request.POST or None, giver=account, user=request.user)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        handed = attempt(
            form, actions.hand_over, grants=list(data["grants"]), to=data["to"], reason=data["reason"],
            by=actor(request, P.MANAGE_GRANTS),
        )  # fmt: skip
        if handed is not None:
            messages.success(
                request, f"已交接：{account} 的 {len(data['grants'])} 项授权从今天起归 {data['to']}。"
            )
            return redirect("office:account_grants", data["to"].pk)
    back = reverse("office:account_grants", args=[pk])
    context = {
        "form": form,
        "title": "交接授权",
        "note": str(account),
        "button": "从今天起交接",
        "back_url": back,
        "crumbs": _crumbs((str(account), back), ("交接", None)),
    }
    return render(request, "office/form.html", context)
