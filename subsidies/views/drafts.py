"""草稿: begin one, edit its text with its problems beside, write a rule or a new amount without knowing TOML, give it up."""

import re
from functools import partial

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.workflow.flow import StepRefused
from subsidies import engine
from subsidies.actions import drafting
from subsidies.actions.figures import unsettled
from subsidies.actions.policies import check, county_facts, new_draft, pack_of, pack_text
from subsidies.actions.rule_writing import add_programme, add_rule, change_amount, refit_examples
from subsidies.forms.policies import DraftForm, NewDraftForm
from subsidies.forms.rules import AmountForm, RuleForm
from subsidies.models import Policy
from subsidies.queries.policies import built_in_titles, line_diff

get_or_post = require_http_methods(["GET", "POST"])


def crumbs_of(policy: Policy | None = None, last: str = "") -> list:
    """Return where a page of a policy's life stands."""
    trail = [("资助标准", reverse("subsidies:policy")), ("版本与草稿", reverse("subsidies:policy_versions"))]
    if policy is not None:
        trail.append((policy.title, reverse("subsidies:draft", args=[policy.pk]) if last else None))
    return [*trail, (last, None)] if last else trail


def draft_of(request, pk: int) -> Policy:
    return get_object_or_404(Policy.objects.visible_to(request.user, P.LOAD_POLICY).drafts(), pk=pk)


@needs(P.LOAD_POLICY)
@require_POST
def draft_new(request):
    """Begin a draft from a built-in pack, from a stored policy or from a file."""
    policies = Policy.objects.visible_to(request.user).published()
    form = NewDraftForm(request.POST, request.FILES, packs=built_in_titles(), policies=policies)
    if not form.is_valid():
        for errors in form.errors.values():
            messages.error(request, "".join(errors))
        return redirect("subsidies:policy_versions")
    wanted = form.cleaned_data
    base = policies.filter(pk=wanted["policy"]).first() if wanted["policy"] else None
    text = base.text if base else wanted["file"] or pack_text(wanted["pack"])
    draft = new_draft(
        text=text, figures=base.figures if base else None, based_on=base, applies_from=wanted["applies_from"],
        by=actor(request, P.LOAD_POLICY),
    )  # fmt: skip
    messages.success(request, "草稿已建立。修改后先试算，再发布；发布前不影响任何人。")
    return redirect("subsidies:draft", draft.pk)


@needs(P.LOAD_POLICY)
@get_or_post
def draft(request, pk: int):
    """The text of a draft; 保存 keeps it, 核对 only says what is wrong with it."""
    policy = draft_of(request, pk)
    initial = {name: getattr(policy, name) for name in ("text", "applies_from", "revision")}
    form = DraftForm(request.POST or None, policy=policy, initial=initial)
    context = {"form": form, "stored": None, "text": policy.text}
    if request.method == "POST" and form.is_valid():
        context["text"] = form.cleaned_data["text"]
        if "check" not in request.POST:
            try:
                drafting.save_draft(by=actor(request, P.LOAD_POLICY), policy=policy, **form.cleaned_data)
                messages.success(request, "草稿已保存。")
                return redirect("subsidies:draft", pk)
            except drafting.Outdated as refusal:
                context |= _conflict(refusal, form)
            except StepRefused as refusal:
                messages.error(request, str(refusal))
                return redirect("subsidies:policy_versions")
    return _show(request, policy, context)


def _conflict(refusal: drafting.Outdated, form: DraftForm) -> dict:
    """Return what a person sees who was overtaken: both texts, and their own to save over it if they so decide."""
    form.data = form.data.copy()
    form.data["revision"] = refusal.stored.revision
    return {
        "conflict": str(refusal),
        "changes": line_diff(refusal.stored.text, form.cleaned_data["text"]),
    }


def _show(request, policy: Policy, context: dict):
    context |= {
        "crumbs": crumbs_of(policy),
        "policy": policy,
        "check": check_of(context["text"]),
        "open": _open(policy),
        "check_url": reverse("subsidies:draft_check", args=[policy.pk]),
    }
    wrong = context["form"].errors or context.get("conflict")
    return render(request, "subsidies/policy/draft.html", context, status=422 if wrong else 200)


def _open(policy: Policy) -> int:
    """Return how many figures nobody has filled in; 0 while the stored text is no pack."""
    try:
        return len(unsettled(pack_of(policy), policy.figures))
    except engine.PackError:
        return 0


def check_of(text: str) -> dict:
    """Return what the panel beside the text says of it: each problem with the line it is on, or what the pack holds."""
    checkup = check(text)
    lines = text.split("\n")
    told = [
        {"line": p.line, "message": p.message, "text": lines[p.line - 1] if p.line <= len(lines) else "", "bad": p in checkup.errors}
        for p in (*checkup.errors, *checkup.warnings)
    ]  # fmt: skip
    return {"pack": checkup.policy, "errors": len(checkup.errors), "problems": told}


@needs(P.LOAD_POLICY)
@require_POST
def draft_check(request, pk: int):
    """Say what is wrong with the text as it stands in the field, without saving it."""
    policy = draft_of(request, pk)
    text = request.POST.get("text", "").replace("\r\n", "\n")[: 1024 * 1024]
    if not request.htmx:
        return redirect("subsidies:draft", policy.pk)
    return render(request, "subsidies/policy/_check.html", {"check": check_of(text)})


@needs(P.LOAD_POLICY)
@get_or_post
def draft_rule(request, pk: int):
    """新增规则: choose programme, who, how much, clause; it is written into the text and checked."""
    policy = draft_of(request, pk)
    return _write(
        request, policy, "新增规则", "subsidies/policy/draft_rule.html", RuleForm, _with_rule, _pack_of
    )


def _with_rule(text: str, form: RuleForm) -> str:
    programme = form.new_programme()
    if programme:
        text = add_programme(text, programme)
    return add_rule(text, form.new_rule(programme.code if programme else form.cleaned_data["programme"]))


@needs(P.LOAD_POLICY)
@get_or_post
def draft_amount(request, pk: int):
    """修改金额: a new amount of a rule from a term on; earlier terms keep theirs."""
    policy = draft_of(request, pk)
    rules = partial(_rules_of, wanted=request.GET.get("rule", ""))
    return _write(
        request, policy, "修改金额", "subsidies/policy/draft_amount.html", AmountForm, _with_amount, rules
    )


def _with_amount(text: str, form: AmountForm) -> str:
    wanted = form.cleaned_data
    return change_amount(text, code=wanted["rule"], amount=form.amount, from_term=wanted["from_term"])


def _pack_of(policy: Policy) -> dict:
    return {"pack": pack_of(policy), "county_facts": county_facts()}


def _rules_of(policy: Policy, *, wanted: str) -> dict:
    pack = pack_of(policy)
    unit = {"per": str(pack.rule_of[wanted].unit)} if wanted in pack.rule_of else {}
    return {"rules": pack.rules, "initial": {"rule": wanted} | unit}


def _write(request, policy: Policy, title: str, template: str, form_class, write, options):
    """Show a form that writes into a draft's text; what it wrote must be a sound pack, else nothing is saved."""
    try:
        form = form_class(request.POST or None, **options(policy))
    except engine.PackError:
        messages.error(request, "规则文本还有错误，请先按右边的提示改正。")
        return redirect("subsidies:draft", policy.pk)
    failures: tuple[engine.Failure, ...] = ()
    if request.method == "POST" and form.is_valid():
        try:
            text = write(policy.text, form)
            checkup = check(text)
            if checkup.failures and "refit" in request.POST:
                text = refit_examples(text, checkup.policy)
                checkup = check(text)
            failures = checkup.failures
            for problem in checkup.errors:
                form.add_error(None, _by_name(problem.message, checkup.policy))
            if not form.errors:
                drafting.save_draft(
                    by=actor(request, P.LOAD_POLICY), policy=policy, revision=policy.revision, text=text
                )
                messages.success(request, f"已写入文本（{title}）。")
                return redirect("subsidies:draft", policy.pk)
        except StepRefused as refusal:
            form.add_error(None, str(refusal))
    context = {
        "crumbs": crumbs_of(policy, title),
        "policy": policy,
        "form": form,
        "title": title,
        "failures": failures,
    }
    return render(request, template, context, status=422 if form.errors else 200)


def _by_name(message: str, pack: engine.Policy) -> str:
    """Return what the engine says of a text with names for codes: who fills in a form has seen no text, and no line of it."""
    names = {one.code: one.label for one in (*pack.parameters, *pack.programmes, *pack.rules)}
    return re.sub("“([^”]+)”", lambda found: f"“{names.get(found[1], found[1])}”", message)


@needs(P.LOAD_POLICY)
@get_or_post
def draft_drop(request, pk: int):
    """放弃草稿, after asking."""
    policy = draft_of(request, pk)
    if request.method == "POST":
        try:
            drafting.drop_draft(by=actor(request, P.LOAD_POLICY), policy=policy)
            messages.success(request, f"已放弃草稿“{policy.title}”。")
        except StepRefused as refusal:
            messages.error(request, str(refusal))
        return redirect("subsidies:policy_versions")
    context = {"crumbs": crumbs_of(policy, "放弃草稿"), "policy": policy}
    return render(request, "subsidies/policy/draft_drop.html", context)
