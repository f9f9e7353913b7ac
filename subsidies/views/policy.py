"""资助标准: the rules in force, each figure with its clause and words; loading a pack."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from povertyedu.accounts.access import actor, needs, working_term
from povertyedu.accounts.permissions import Permission
from subsidies import engine
from subsidies.actions.figures import told
from subsidies.actions.policies import (
    NoPolicy,
    built_in_packs,
    load_policy,
    pack_of,
    pack_text,
    policy_for,
)
from subsidies.views.versions import tabs

MAX_BYTES = 1024 * 1024


@needs(Permission.VIEW_POLICY)
@require_GET
def policy(request):
    """Show the current pack as a rule book, programme by programme."""
    term = working_term(request)
    context = {
        "crumbs": [("首页", reverse("home:todo")), ("资助标准", None)],
        "term": term,
        "tabs": tabs("policy"),
        "packs": built_in_packs(),
        "may_load": request.user.can(Permission.LOAD_POLICY),
    }
    try:
        current = policy_for(term.pk if term else "")
    except NoPolicy:
        return render(request, "subsidies/policy.html", context)
    pack = pack_of(current)
    context |= {
        "policy": current, "pack": pack, "book": _book(pack, term), "figures": told(pack, current.figures),
        "readings": [parameter for parameter in pack.parameters if not parameter.is_filled_in],
    }  # fmt: skip
    return render(request, "subsidies/policy.html", context)


def _book(pack: engine.Policy, term) -> list[dict]:
    """Return the pack's programmes with their rules, each rule with what it rests on."""
    on = engine.Term.parse(term.pk) if term else None
    return [
        {
            "programme": programme,
            "rules": [
                {
                    "rule": rule,
                    "parameters": pack.parameters_of(rule),
                    "in_force": on is None or rule.in_force(on),
                }
                for rule in pack.rules
                if rule.programme == programme.code
            ],
        }
        for programme in pack.programmes
    ]


@needs(Permission.LOAD_POLICY)
@require_POST
def load(request):
    """Load a built-in pack or an uploaded file; a wrong one changes nothing and says every line."""
    upload = request.FILES.get("file")
    try:
        if upload:
            if upload.size > MAX_BYTES:
                raise ValueError("政策包文件超过 1 MB，请确认选对了文件。")
            text = upload.read().decode("utf-8-sig")
        elif request.POST.get("pack") in built_in_packs():
            text = pack_text(request.POST["pack"])
        else:
            raise ValueError("请选择一个内置政策包，或上传政策包文件。")
        loaded = load_policy(text=text, by=actor(request, Permission.LOAD_POLICY))
    except UnicodeDecodeError:
        messages.error(request, "文件不是 UTF-8 编码的文本，请在编辑器中另存为 UTF-8 后再上传。")
    except (ValueError, engine.PackError) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"现行政策：{loaded}。请到“应享测算”重算。")
    return redirect("subsidies:policy")
