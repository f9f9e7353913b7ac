"""限期复学通知书、协议书、四不办理: the tracked list, and each paper from issue to the end."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from dropout.actions import papers as actions
from dropout.actions.paper_texts import agreement_text, docx_of, order_text
from dropout.forms import papers as forms
from dropout.models import Agreement, Case, Denial, ReturnOrder
from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.audit.models import record_access
from povertyedu.orgs.calendar import today
from povertyedu.ui.listing import PRINTED_AT_MOST
from povertyedu.ui.paging import key_page
from povertyedu.workflow.attempt import attempt

from .case import case_seen, word
from .cases import crumbs

MODELS = {"order": ReturnOrder, "agreement": Agreement, "denial": Denial}
NEW = {
    "order": ("签发限期复学通知书", forms.OrderForm, actions.issue_order),
    "agreement": ("拟定协议书", forms.AgreementForm, actions.draw_up_agreement),
    "denial": ("提出四不办理", forms.DenialForm, actions.propose_denial),
}
STEPS = {
    ("order", "deliver"): ("登记送达", forms.DeliverForm, actions.deliver_order),
    ("agreement", "sign"): ("登记签订", forms.SignForm, actions.sign_agreement),
    ("denial", "approve"): ("批准", forms.NothingForm, actions.approve_denial),
    ("denial", "lift"): ("解除", forms.NothingForm, actions.lift_denial),
}
TEXTS = {"order": order_text, "agreement": agreement_text}
TABS = {
    "undelivered": ("通知书待送达", lambda seen: seen["order"].undelivered()),
    "running": ("已送达未到期", lambda seen: seen["order"].running()),
    "overdue": ("逾期未返校", lambda seen: seen["order"].overdue()),
    "fulfilled": ("已履行", lambda seen: seen["order"].fulfilled()),
    "unsigned": ("协议书待签订", lambda seen: seen["agreement"].filter(signed_on=None)),
    "signed": ("协议书已签订", lambda seen: seen["agreement"].filter(signed_on__isnull=False)),
    "denied": ("四不办理", lambda seen: seen["denial"].standing()),
}


@needs(P.WORK_CASES, P.ISSUE_ORDERS)
@require_GET
def papers(request):
    """List the papers of the cases in scope by where they stand."""
    seen = {kind: model.objects.visible_to(request.user, P.WORK_CASES) for kind, model in MODELS.items()}
    rows_of = {name: rows(seen) for name, (_, rows) in TABS.items()}
    counts = {name: rows.count() for name, rows in rows_of.items()}
    asked = request.GET.get("tab")
    tab = asked if asked in TABS else next((name for name in TABS if counts[name]), "undelivered")
    rows = rows_of[tab].select_related("case__student", "case__school", "case__school_class")
    rows = rows if tab == "denied" else rows.select_related("township")
    printing = "print" in request.GET
    page = None if printing else key_page(
        rows, after=request.GET.get("after", ""), before=request.GET.get("before", ""), newest_first=True
    )  # fmt: skip
    query = urlencode({"tab": tab})
    context = {
        "crumbs": crumbs(("文书", None)),
        "tabs": [
            {"text": text, "count": counts[name], "bad": name == "overdue" and counts[name] > 0, "active": name == tab,
             "url": f"?{urlencode({'tab': name})}"}
            for name, (text, _) in TABS.items() if name != "denied" or counts[name]
        ],
        "tab": tab,
        "tab_word": TABS[tab][0],
        "kind": rows.model._meta.verbose_name,
        "is_order": rows.model is ReturnOrder,
        "is_denial": rows.model is Denial,
        "rows": page.rows if page else list(rows.order_by("-pk")[:PRINTED_AT_MOST]),
        "page": page,
        "printing": printing,
        "today": today(),
        "previous_url": page and page.previous and f"?{query}&before={page.previous}",
        "next_url": page and page.following and f"?{query}&after={page.following}",
        "print_url": f"?{query}&print=1",
    }  # fmt: skip
    return render(request, "dropout/papers.html", context)


@needs(P.ISSUE_ORDERS)
@require_http_methods(["GET", "HEAD", "POST"])
def paper_new(request, pk: int, kind: str):
    """Issue or draw up a paper for a child that is away."""
    found = case_seen(request, pk, P.ISSUE_ORDERS)
    if kind not in NEW:
        raise Http404
    title, form_class, action = NEW[kind]
    form = form_class(request.POST or None, case=found)
    if (
        form.is_bound
        and form.is_valid()
        and attempt(form, action, by=actor(request, P.ISSUE_ORDERS), case=found, **form.cleaned_data)
    ):
        messages.success(
            request,
            f"{found.student.name}：已{title}；可以打印或下载。"
            if kind != "denial"
            else "已提出，等待他人批准。",
        )
        return redirect("dropout:case", pk)
    context = {
        "crumbs": crumbs((found.student.name, reverse("dropout:case", args=[pk])), (title, None)),
        "title": f"{title}：{found.student.name}",
        "note": found.place_name,
        "form": form,
        "button": title,
        "back_url": reverse("dropout:case", args=[pk]),
    }
    return render(request, "dropout/form.html", context, status=422 if form.errors else 200)


def _paper(request, kind: str, pk: int, permission: str):
    model = MODELS.get(kind)
    if model is None:
        raise Http404
    rows = model.objects.visible_to(request.user, permission)
    read = ["case__student__guardian", "case__school"] + ([] if model is Denial else ["township"])
    return get_object_or_404(rows.select_related(*read), pk=pk)


@needs(P.ISSUE_ORDERS)
@require_http_methods(["GET", "HEAD", "POST"])
def paper_step(request, kind: str, pk: int, verb: str):
    """Record a delivery or a signature, approve or lift one of 四不办理."""
    paper = _paper(request, kind, pk, P.ISSUE_ORDERS)
    if (kind, verb) not in STEPS:
        raise Http404
    title, form_class, action = STEPS[kind, verb]
    posted = request.method == "POST"
    form = form_class(request.POST if posted else None, request.FILES if posted else None, paper=paper)
    case: Case = paper.case
    if posted and form.is_valid():
        data = dict(form.cleaned_data)
        if "scan" in data:
            data |= {"upload": data.pop("scan"), "owner": request.user}
        if attempt(form, action, by=actor(request, P.ISSUE_ORDERS), **{kind: paper}, **data):
            messages.success(request, f"{case.student.name}：已{title}。")
            return redirect("dropout:case", case.pk)
    back = reverse("dropout:case", args=[case.pk])
    context = {
        "crumbs": crumbs((case.student.name, back), (title, None)),
        "title": f"{title}：{paper.get_kind_display() if kind == 'denial' else paper._meta.verbose_name}",
        "note": f"{case.student.name}　{paper if kind == 'order' else ''}",
        "form": form,
        "button": title,
        "back_url": back,
    }
    return render(request, "dropout/case_step.html", context, status=422 if form.errors else 200)


@needs(P.WORK_CASES, P.ISSUE_ORDERS)
@require_GET
def paper(request, kind: str, pk: int):
    """Show a paper as it is printed, to be signed and stamped."""
    found = _paper(request, kind, pk, P.WORK_CASES)
    if kind not in TEXTS:
        raise Http404
    _log(request, found, "print")
    case = found.case
    context = {
        "crumbs": crumbs((case.student.name, reverse("dropout:case", args=[case.pk])), (found._meta.verbose_name, None)),
        "text": TEXTS[kind](found),
        "paper": found,
        "docx_url": reverse("dropout:paper_docx", args=[kind, pk]),
    }  # fmt: skip
    return render(request, "dropout/paper.html", context)


@needs(P.WORK_CASES, P.ISSUE_ORDERS)
@require_GET
def paper_docx(request, kind: str, pk: int):
    """Hand over a paper as a Word document."""
    found = _paper(request, kind, pk, P.WORK_CASES)
    if kind not in TEXTS:
        raise Http404
    _log(request, found, "download")
    return word(docx_of(TEXTS[kind](found)), f"{found._meta.verbose_name}-{found.case.student.name}.docx")


def _log(request, found, kind: str) -> None:
    record_access(
        actor(request, P.WORK_CASES), kind=kind, subject=found.case, fields=found._meta.verbose_name, reason="出具控辍文书"
    )  # fmt: skip
