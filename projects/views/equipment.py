"""设备采购: purchase lists, their items and shares, and the steps from draft to order."""

from functools import partial

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from povertyedu.accounts.access import actor, needs, open_step
from povertyedu.accounts.permissions import Permission as P
from povertyedu.ui.listing import Listing, handed_over
from povertyedu.workflow.attempt import attempt
from projects.actions import purchases as actions
from projects.enums import USUAL_UNITS, PurchaseState
from projects.forms import equipment as forms
from projects.models import Acceptance, Purchase, PurchaseItem, PurchaseShare
from projects.queries import equipment as queries
from projects.queries import equipment_export
from projects.states import PURCHASE_FLOW

from .projects import crumbs

KEPT = ("tab", "township", "kind", "q")
CRUMB = ("设备采购", "/projects/purchases/")
STEPS = {
    "submit": (forms.NoteForm, actions.submit), "approve": (forms.NoteForm, actions.approve), "return": (forms.WhyForm, actions.send_back),
    "order": (forms.OrderForm, actions.order), "settle": (forms.WhyForm, actions.settle), "cancel": (forms.WhyForm, actions.cancel),
}  # fmt: skip


def _chosen(request):
    """Return the filter, the lists it leaves in every tab, the listing and the tab."""
    form = forms.PurchasesFilter(request.GET, user=request.user, permission=P.VIEW_PROJECTS)
    every = queries.narrowed(Purchase.objects.visible_to(request.user, P.VIEW_PROJECTS), form.wanted)
    listing = Listing(request, KEPT)
    return form, every, listing, listing.tab(queries.TABS, "all")


@needs(P.VIEW_PROJECTS)
@require_GET
def purchases(request):
    """List the purchase lists of the reader's places with what they add up to."""
    form, every, listing, tab = _chosen(request)
    rows = every.filter(queries.TABS[tab][1])
    context = {
        "crumbs": crumbs(("设备采购", None)),
        "form": form,
        "applied": form.in_force(),
        "keep": {"tab": tab},
        "sums": queries.totals(rows),
        "tabs": listing.tabs(every, queries.TABS, tab),
        "may_manage": request.user.can(P.MANAGE_PROJECTS),
        **listing.shown(
            rows.with_sums().select_related("project", "area"), reverse("projects:purchases_export")
        ),
    }
    return render(request, "projects/purchases.html", context)


@needs(P.VIEW_PROJECTS)
@require_GET
def purchases_export(request):
    """Hand over the lists that the filter leaves as a workbook."""
    form, every, _, tab = _chosen(request)
    rows = every.filter(queries.TABS[tab][1]).with_sums()
    words = "；".join(filter(None, [queries.TABS[tab][0], form.in_force()]))
    body = equipment_export.lists_workbook(rows, words=words, by=request.user.name)
    return handed_over(body, "设备采购清单台账")


@needs(P.MANAGE_PROJECTS)
@require_http_methods(["GET", "HEAD", "POST"])
def purchase_new(request):
    """Draw up an empty list; its items follow on its own page."""
    form = forms.PurchaseForm(request.POST or None, user=request.user)
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        project = data["project"]
        own = min(request.user.scope(P.MANAGE_PROJECTS).areas, key=len)  # the county, where one holds it
        new = actions.NewPurchase(
            name=data["name"], area=project.area_id if project else own, project=project and project.pk,
            note=data["note"] or "",
        )  # fmt: skip
        made = attempt(form, actions.draw_up, by=actor(request, P.MANAGE_PROJECTS), lists=[new])
        if made:
            messages.success(request, "已拟订，请添加采购项。")
            return redirect(made[0])
    context = {
        "crumbs": crumbs(CRUMB, ("拟订采购清单", None)), "title": "拟订采购清单", "form": form, "button": "拟订",
        "note": "学校多的，用“批量导入”的设备采购清单", "back_url": reverse("projects:purchases"),
    }  # fmt: skip
    return render(request, "projects/form.html", context, status=422 if form.errors else 200)


def purchase_of(request, pk, permission=P.VIEW_PROJECTS) -> Purchase:
    rows = Purchase.objects.visible_to(request.user, permission)
    return get_object_or_404(rows.select_related("project", "contract", "line", "area").with_sums(), pk=pk)


@needs(P.VIEW_PROJECTS)
@require_GET
def purchase(request, pk):
    """Show one list: items, who gets how many, what was accepted, and the next step."""
    found = purchase_of(request, pk)
    shares = PurchaseShare.objects.visible_to(request.user, P.VIEW_PROJECTS).filter(item__purchase=found)
    items = queries.items_of(found, shares)
    acceptances = Acceptance.objects.visible_to(request.user, P.VIEW_PROJECTS).filter(purchase=found)
    steps = [step for step in PURCHASE_FLOW.open_to(found.state, request.user.can) if step.verb in STEPS]
    if found.drawn_by_id == request.user.pk:
        steps = [step for step in steps if step.verb != "approve"]
    context = {
        "crumbs": crumbs(CRUMB, (found.name, None)),
        "it": found,
        "items": items,
        "lines": queries.schools_of(found, items, shares),
        "acceptances": queries.with_counts(acceptances),
        "steps": [
            {
                "text": step.label,
                "url": reverse("projects:purchase_step", args=[pk, step.verb]),
                "main": n == 0,
            }
            for n, step in enumerate(steps)
        ],
        "may_edit": request.user.can(P.MANAGE_PROJECTS) and found.state == PurchaseState.DRAFT,
        "may_accept": request.user.can(P.ACCEPT_EQUIPMENT) and found.state == PurchaseState.ORDERED,
        "log": [
            {"at": d.at, "by": d.by_name, "text": d.label, "reason": d.reason} for d in found.decisions.all()
        ],
    }
    return render(request, "projects/purchase.html", context)


@needs(P.VIEW_PROJECTS)
@require_GET
def purchase_export(request, pk):
    """Hand over one list as a workbook: every share of the reader's schools, with what came."""
    found = purchase_of(request, pk)
    shares = PurchaseShare.objects.visible_to(request.user, P.VIEW_PROJECTS).filter(item__purchase=found)
    body = equipment_export.purchase_workbook(
        found, queries.items_of(found, shares), shares, by=request.user.name
    )
    return handed_over(body, found.name)


def _item(request, pk) -> PurchaseItem:
    lists = Purchase.objects.visible_to(request.user, P.MANAGE_PROJECTS)
    rows = PurchaseItem.objects.select_related("purchase")
    return get_object_or_404(rows, pk=pk, purchase__in=lists.order_by().values("pk"))


@needs(P.MANAGE_PROJECTS)
@require_http_methods(["GET", "HEAD", "POST"])
def item_edit(request, pk, item=None):
    """Add a line to a list, or correct one."""
    found = purchase_of(request, pk, P.MANAGE_PROJECTS)
    old = get_object_or_404(found.items, pk=item) if item else None
    initial = (
        {name: getattr(old, name) for name in ("kind", "name", "model", "unit", "quantity")}
        if old
        else {"unit": USUAL_UNITS["books"]}
    )
    if old:
        initial["price_fen"] = f"{old.price_fen / 100:.2f}"
    form = forms.ItemForm(request.POST or None, initial=initial)
    if form.is_bound and form.is_valid():
        row = form.filled(old or PurchaseItem(purchase=found))
        if attempt(form, actions.put_item, by=actor(request, P.MANAGE_PROJECTS), item=row):
            messages.success(request, f"已保存：{row}。")
            return redirect("projects:item", row.pk)
    title = f"修改：{old}" if old else "添加采购项"
    context = {
        "crumbs": crumbs(CRUMB, (found.name, found.get_absolute_url()), (title, None)), "title": title, "form": form,
        "back_url": found.get_absolute_url(),
    }  # fmt: skip
    return render(request, "projects/form.html", context, status=422 if form.errors else 200)


@needs(P.MANAGE_PROJECTS)
@require_http_methods(["GET", "HEAD", "POST"])
def item(request, pk):
    """Share one item out to schools."""
    found = _item(request, pk)
    form = forms.ShareForm(request.POST or None, user=request.user)
    if form.is_bound and form.is_valid():
        data, by = form.cleaned_data, actor(request, P.MANAGE_PROJECTS)
        done = attempt(
            form, actions.share_out, by=by, item=found, school=data["school"].pk, quantity=data["quantity"]
        )
        if done:
            messages.success(request, f"{data['school']}：{data['quantity']} {found.unit}。")
            return redirect("projects:item", pk)
    shares = list(found.shares.select_related("school").order_by("school__name"))
    given = sum(share.quantity for share in shares)
    context = {
        "crumbs": crumbs(CRUMB, (found.purchase.name, found.purchase.get_absolute_url()), (str(found), None)),
        "it": found,
        "shares": shares,
        "given": given,
        "left": found.quantity - given,
        "form": form,
        "may_edit": found.purchase.state == PurchaseState.DRAFT,
    }
    return render(request, "projects/item.html", context, status=422 if form.errors else 200)


@needs(P.MANAGE_PROJECTS)
@require_POST
def item_remove(request, pk):
    """Take a line off a draft."""
    found = _item(request, pk)
    form = forms.NoteForm({})
    form.is_valid()
    if attempt(form, actions.remove_item, by=actor(request, P.MANAGE_PROJECTS), item=found):
        messages.success(request, f"已从清单去掉：{found}。")
    else:
        messages.error(request, " ".join(form.non_field_errors()))
    return redirect(found.purchase)


@needs(P.MANAGE_PROJECTS, P.APPROVE_PROJECTS)
@require_http_methods(["GET", "HEAD", "POST"])
def purchase_step(request, pk, verb):
    """Take one step of a list on a page of its own."""
    transition, found = open_step(
        request, PURCHASE_FLOW, verb, STEPS, partial(purchase_of, request, pk), reads=P.VIEW_PROJECTS
    )
    form_class, action = STEPS[verb]
    more = {"purchase": found} if verb == "order" else {}
    form = form_class(request.POST or None, **more)
    if request.method == "POST":
        form = form_class(request.POST, **more)
    if form.is_bound and form.is_valid():
        data = {
            name: value or "" for name, value in form.cleaned_data.items() if name not in ("contract", "line")
        }
        data |= {name: form.cleaned_data[name] for name in ("contract", "line") if name in form.cleaned_data}
        if attempt(form, action, by=actor(request, transition.permission), purchase=found, **data):
            messages.success(request, f"已办理：{transition.label}。")
            return redirect(found)
    context = {
        "crumbs": crumbs(CRUMB, (found.name, found.get_absolute_url()), (transition.label, None)), "title": f"{transition.label}：{found.name}",
        "form": form, "button": transition.label, "back_url": found.get_absolute_url(),
    }  # fmt: skip
    return render(request, "projects/form.html", context, status=422 if form.errors else 200)
