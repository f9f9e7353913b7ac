"""责任层级: the county's two chains, picked from a plan and changed link by link."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dropout.actions import chain as actions
from dropout.enums import Line
from dropout.forms import LinkForm
from dropout.models import ChainLink
from dropout.patterns import PATTERNS
from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.calendar import today

HOME = ("首页", "/")


def crumbs(*more) -> list[tuple]:
    return [HOME, ("控辍保学", None), ("责任体系", reverse("dropout:posts") if more else None), *more]


@needs(P.VIEW_CHAINS)
@require_GET
def chain(request):
    """Show both lines from the top down, and the plans to pick from."""
    in_office = Q(posts__since__lte=today()) & (Q(posts__until=None) | Q(posts__until__gte=today()))
    links = ChainLink.objects.visible_to(request.user, P.VIEW_CHAINS).active()
    links = list(links.annotate(holders=Count("posts", filter=in_office)).order_by("-line", "position"))
    context = {
        "crumbs": crumbs(("责任层级", None)),
        "lines": [(line.label, [link for link in links if link.line == line]) for line in Line],
        "has_links": bool(links),
        "patterns": [(code, pattern, _told(pattern)) for code, pattern in PATTERNS.items()],
        "may_manage": request.user.can(P.MANAGE_CHAINS),
    }
    return render(request, "dropout/chain.html", context)


def _told(pattern) -> list[tuple[str, str]]:
    return [
        (line.label, " → ".join(link.label for link in pattern.links if link.line == line)) for line in Line
    ]


@needs(P.MANAGE_CHAINS)
@require_POST
def chain_pick(request):
    """Make the county's chains those of a plan."""
    code = request.POST.get("code", "")
    if code not in PATTERNS:
        raise Http404
    try:
        actions.pick_pattern(by=actor(request, P.MANAGE_CHAINS), code=code)
    except ValidationError as refusal:
        messages.error(request, "".join(refusal.messages))
    else:
        messages.success(
            request, f"已选用“{PATTERNS[code].name}”；原来也有的层级，责任人照旧。下一步：导入责任人名册。"
        )
    return redirect("dropout:chain")


def _link(request, pk) -> ChainLink:
    links = ChainLink.objects.visible_to(request.user, P.MANAGE_CHAINS).active()
    return get_object_or_404(links, pk=pk)


@needs(P.MANAGE_CHAINS)
@require_http_methods(["GET", "HEAD", "POST"])
def link_new(request):
    """Add a link at the end of a line."""
    return _edit(request, LinkForm(request.POST or None), "添加层级")


@needs(P.MANAGE_CHAINS)
@require_http_methods(["GET", "HEAD", "POST"])
def link_edit(request, pk):
    """Give a link another name."""
    link = _link(request, pk)
    return _edit(request, LinkForm(request.POST or None, instance=link), f"修改“{link.label}”")


def _edit(request, form, title):
    if form.is_bound and form.is_valid():
        saved = actions.save_link(by=actor(request, P.MANAGE_CHAINS), link=form.save(commit=False))
        messages.success(request, f"已保存“{saved.label}”。")
        return redirect("dropout:chain")
    back = reverse("dropout:chain")
    context = {
        "crumbs": crumbs(("责任层级", back), (title, None)),
        "form": form,
        "title": title,
        "back_url": back,
    }
    return render(request, "dropout/form.html", context, status=422 if form.errors else 200)


@needs(P.MANAGE_CHAINS)
@require_POST
def link_move(request, pk):
    """Move a link one place up or down its line."""
    actions.move_link(by=actor(request, P.MANAGE_CHAINS), link=_link(request, pk), up="up" in request.POST)
    return redirect("dropout:chain")


@needs(P.MANAGE_CHAINS)
@require_http_methods(["GET", "HEAD", "POST"])
def link_remove(request, pk):
    """Ask once, then take the link away."""
    link, back = _link(request, pk), reverse("dropout:chain")
    if request.method == "POST":
        try:
            actions.remove_link(by=actor(request, P.MANAGE_CHAINS), link=link)
        except ValidationError as refusal:
            messages.error(request, "".join(refusal.messages))
        else:
            messages.success(request, f"已去掉“{link.label}”。")
        return redirect("dropout:chain")
    context = {
        "crumbs": crumbs(("责任层级", back), (f"去掉“{link.label}”", None)),
        "title": f"去掉“{link.label}”",
        "text": f"{link}去掉以后，学生的责任链上不再有这一层；以前的任职记录保留。",
        "button": "去掉这一层级",
        "back_url": back,
    }
    return render(request, "dropout/confirm.html", context)
