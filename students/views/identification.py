"""省下达名单: the province's list of a term against its roster, what became of whom, proofs, the answer to it."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods

from povertyedu.accounts.access import actor, needs, working_term
from povertyedu.accounts.permissions import Permission as P
from povertyedu.audit.models import record_access
from povertyedu.workflow.flow import StepRefused
from students.actions import identification as actions
from students.actions.disposal import dispose as dispose_rows
from students.actions.feedback import AUDIENCES, write_feedback
from students.enums import DisposalCode
from students.forms import ExportForm
from students.forms.identification import DisposalForm, PlaceFilterForm, ProofForm, StepReasonForm
from students.models import Enrolment, HardshipProof, TargetListEntry
from students.queries import READINGS, area_names
from students.queries import identification as queries
from students.queries.pages import key_page
from students.states import PROOF_FLOW

HOME = ("首页", "/")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_AT_ONCE = 500
PROOF_STEPS = {
    "confirm": (actions.confirm_proof, "复核通过后，该生按建档立卡学生享受同等资助，本学期应享随后重算。"),
    "refuse": (actions.refuse_proof, "不予认定的，请写明原因，登记人可以补充材料后重新登记。"),
}


def crumbs(*more) -> list[tuple]:
    return [HOME, ("名单核查", reverse("students:identification") if more else None), *more]


@needs(P.IDENTIFY)
@require_GET
def workbench(request):
    """Show one part of the list in a term: not found, here, off the list, or the proofs that wait."""
    term = working_term(request)
    if term is None:
        return render(request, "students/no_term.html", {"crumbs": crumbs()})
    tab = request.GET.get("tab") or "missing"
    if tab not in ("missing", "here", "off", "proofs"):
        raise Http404
    form = PlaceFilterForm(
        request.GET,
        user=request.user,
        permission=P.IDENTIFY,
        disposals=tab == "missing",
        schools=tab != "proofs",
    )
    reading = request.GET.get("by") if request.GET.get("by") in READINGS else "school_area"
    rows = _rows(request, term, tab, form, reading)
    page = key_page(rows, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    counts = queries.counts_of(term, user=request.user)
    homes = area_names(row.home_area for row in page.rows) if tab in ("here", "off") else {}
    context = {
        "crumbs": crumbs(),
        "term": term,
        "tab": tab,
        "form": form,
        "applied": "；".join(form.in_force()) if form.is_valid() else "",
        "page": page,
        "counts": counts,
        "figures": _figures(term, counts, user=request.user) if tab == "missing" else [],
        "enrolled": [{"it": row, "home": homes.get(row.home_area, "")} for row in page.rows] if tab in ("here", "off") else [],
        "tabs": _tabs(request, tab, counts),
        "readings": [
            {"text": text, "url": _address(request, by=name), "active": name == reading} for name, text in READINGS.items()
        ],
        "previous_url": page.previous and _address(request, before=page.previous),
        "next_url": page.following and _address(request, after=page.following),
        "audiences": AUDIENCES,
        "term_query": f"?term={term.pk}",
    }  # fmt: skip
    return render(request, "students/identification/list.html", context)


def _rows(request, term, tab: str, form, reading: str):
    wanted = form.cleaned_data if form.is_valid() else {}
    if tab == "missing":
        rows = queries.not_on_roster(term, user=request.user)
        return queries.entries_at_place(rows, wanted, reading=reading)
    if tab == "proofs":
        proofs = queries.proofs_in(term, user=request.user)
        seen = queries.at_place(
            Enrolment.objects.visible_to(request.user, P.IDENTIFY), wanted, reading=reading
        ).values("pk")
        return proofs.filter(enrolment__in=seen).select_related("enrolment__student", "enrolment__school")
    of_tab = {"here": queries.on_roster, "off": queries.off_list}[tab]
    rows = queries.at_place(of_tab(term, user=request.user, reading=reading), wanted, reading=reading)
    return rows.select_related("student", "school", "school_class")


def _figures(term, counts, *, user) -> list[dict]:
    by_code = queries.by_disposal(queries.not_on_roster(term, user=user))
    figures = [
        {"label": code.label, "value": by_code[code], "unit": "人"}
        for code in DisposalCode
        if code in by_code
    ]
    if by_code.get(""):
        figures.insert(0, {"label": "尚未登记处置", "value": by_code[""], "unit": "人", "s": "warn"})
    return figures


def _tabs(request, active: str, counts) -> list[dict]:
    kept = {name: value for name in ("term", "by") if (value := request.GET.get(name))}
    texts = (
        ("missing", "花名册查不到", counts.missing),
        ("here", "本县在读", counts.here),
        ("off", "建档立卡不在名单", counts.off),
        ("proofs", "待复核佐证", counts.waiting),
    )
    return [
        {
            "text": text,
            "count": f"{count:,}",
            "url": f"?{urlencode(kept | {'tab': name})}",
            "active": name == active,
        }
        for name, text, count in texts
    ]


def _address(request, **changes) -> str:
    kept = {k: v for k, v in request.GET.items() if k not in ("after", "before") and v}
    return f"?{urlencode(kept | changes)}"


@needs(P.IDENTIFY)
@require_http_methods(["GET", "HEAD", "POST"])
def dispose(request):
    """Record what became of the chosen lines of the list: ?pk=..&pk=.. names them."""
    chosen = [pk for pk in request.GET.getlist("pk") if pk.isascii() and pk.isdigit() and len(pk) < 19]
    entries = TargetListEntry.objects.visible_to(request.user, P.IDENTIFY).filter(
        pk__in=chosen[:MOST_AT_ONCE]
    )
    found = list(entries.select_related("disposal", "term").order_by("pk"))
    if not chosen:
        messages.warning(request, "请先勾选要登记处置的学生。")
        return redirect("students:identification")
    if not found:
        raise Http404
    one = found[0].disposal if len(found) == 1 and hasattr(found[0], "disposal") else None
    initial = {"code": one.code, "owner": one.owner_id, "note": one.note} if one else None
    form = DisposalForm(request.POST or None, initial=initial, user=request.user, permission=P.IDENTIFY)
    back = f"{reverse('students:identification')}?term={found[0].term_id}"
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        count = dispose_rows(
            by=actor(request, P.IDENTIFY), rows=entries, code=data["code"], owner=data["owner"], note=data["note"], on=data["decided_on"]
        )  # fmt: skip
        messages.success(request, f"已登记 {count} 人的处置：{DisposalCode(data['code']).label}。")
        return redirect(back)
    context = {
        "crumbs": crumbs(("登记处置", None)),
        "form": form,
        "rows": found,
        "back": back,
        "many": len(chosen) > len(found),
    }
    return render(
        request, "students/identification/dispose.html", context, status=422 if form.errors else 200
    )


@needs(P.IDENTIFY)
@require_http_methods(["GET", "HEAD", "POST"])
def proof_add(request, pk):
    """Register a handbook or certificate for a child of a term (``pk``: its enrolment)."""
    rows = Enrolment.objects.visible_to(request.user, P.IDENTIFY).select_related("student", "term", "school")
    enrolment = get_object_or_404(rows, pk=pk, student__merged_into=None)
    form = ProofForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            proof = actions.propose_proof(
                by=actor(request, P.IDENTIFY), enrolment=enrolment, kind=data["kind"], since=data["since"], note=data["note"],
                upload=data["scan"], owner=request.user,
            )  # fmt: skip
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, "佐证已登记，请另一人复核。")
            return redirect("students:proof", proof.pk)
    context = {"crumbs": crumbs(("登记佐证", None)), "form": form, "enrolment": enrolment}
    return render(
        request, "students/identification/proof_add.html", context, status=422 if form.errors else 200
    )


def _proof(request, pk) -> HardshipProof:
    seen = HardshipProof.objects.visible_to(request.user, P.IDENTIFY)
    return get_object_or_404(
        seen.select_related("enrolment__student", "enrolment__school", "enrolment__term", "file"), pk=pk
    )


@needs(P.IDENTIFY)
@require_http_methods(["GET", "HEAD", "POST"])
def proof(request, pk):
    """Show a proof; a second person confirms or refuses it."""
    found = _proof(request, pk)
    form = StepReasonForm(request.POST or None)
    verb = request.POST.get("verb", "")
    if request.method == "POST":
        if verb not in PROOF_STEPS:
            raise Http404
        if not PROOF_FLOW[verb].needs_reason or form.is_valid():
            more = {"reason": form.cleaned_data["reason"]} if PROOF_FLOW[verb].needs_reason else {}
            try:
                PROOF_STEPS[verb][0](by=actor(request, P.IDENTIFY), proof=found, **more)
            except StepRefused as refusal:
                messages.error(request, str(refusal))
            else:
                messages.success(request, f"已办理：{PROOF_FLOW[verb].label}。")
            return redirect("students:proof", found.pk)
    context = {
        "crumbs": crumbs(("佐证", None)),
        "proof": found,
        "form": form if verb == "refuse" else StepReasonForm(),
        "steps": [(step, PROOF_STEPS[step.verb][1]) for step in PROOF_FLOW.open_to(found.state, request.user.can)],
        "own": found.proposed_by_id == request.user.pk,
        "decisions": found.decisions.all(),
    }  # fmt: skip
    return render(
        request, "students/identification/proof.html", context, status=422 if form.errors and verb else 200
    )


@needs(P.IDENTIFY)
@require_GET
def proof_file(request, pk):
    """Send the scan of a proof to whoever may decide on it; it leaves an AccessEvent."""
    found = _proof(request, pk)
    if not found.file.path.exists():
        raise Http404
    record_access(
        actor(request, P.IDENTIFY), kind="download", subject=found.enrolment.student, fields=f"{found.get_kind_display()}扫描件",
        reason="复核困难佐证",
    )  # fmt: skip
    response = StreamingHttpResponse(found.file.chunks(), content_type="application/octet-stream")
    response["Content-Length"] = found.file.size
    response["Content-Disposition"] = content_disposition_header(True, found.file.name)
    response["Cache-Control"] = "no-store"
    return response


@needs(P.IDENTIFY)
@require_http_methods(["GET", "HEAD", "POST"])
def feedback(request, audience):
    """Ask what the answer is for, then hand over the workbook."""
    term = working_term(request)
    if audience not in AUDIENCES or term is None:
        raise Http404
    if not request.user.can(P.EXPORT_STUDENTS):
        raise PermissionDenied
    form = ExportForm(request.POST or None, may_reveal=request.user.can(P.REVEAL_NUMBERS))
    if request.method == "POST" and form.is_valid():
        name, content = write_feedback(
            by=actor(request, P.IDENTIFY), user=request.user, term=term, audience=audience,
            full=form.cleaned_data["numbers"] == "full", reason=form.cleaned_data["reason"],
        )  # fmt: skip
        response = HttpResponse(content, content_type=XLSX)
        response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
        response["Cache-Control"] = "no-store"
        return response
    context = {
        "crumbs": crumbs(("导出反馈表", None)),
        "form": form,
        "term": term,
        "label": AUDIENCES[audience],
        "counts": queries.counts_of(term, user=request.user),
    }
    return render(
        request, "students/identification/feedback.html", context, status=422 if form.errors else 200
    )
