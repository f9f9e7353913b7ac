"""One case: its page, its dossier to be printed or taken along, and the files that belong to it."""

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from dropout.actions.dossier import dossier_docx
from dropout.enums import CaseState, Outcome, ProposalKind
from dropout.models import AWAY, Case
from dropout.queries.answering import without_account
from dropout.queries.cases import MOVES, TONES, owes_a_move
from dropout.queries.dossier import Dossier, dossier_of
from dropout.states import CASE_FLOW
from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.audit.models import record_access
from povertyedu.documents import DOCX
from povertyedu.files.models import StoredFile
from povertyedu.options.registry import option
from povertyedu.orgs.calendar import today

from .case_steps import confirmed_by, page_of
from .cases import crumbs, has_page

HIDDEN = ("open", "raise", "lapse", "persuade", "keep_closed", "close", "delay", "teach_at_home")


def case_seen(request, pk: int, permission: str = P.VIEW_CASES) -> Case:
    rows = Case.objects.visible_to(request.user, permission).select_related(
        "student__guardian", "term", "school__centre", "school_class"
    )
    return get_object_or_404(rows, pk=pk)


def may(request, case: Case, permission: str) -> bool:
    """Return whether the user holds ``permission`` where the child stands."""
    return (
        request.user.can(permission)
        and Case.objects.visible_to(request.user, permission).filter(pk=case.pk).exists()
    )


def open_file(request, case: Case, *, kind: str = "reveal", reason: str = "查看控辍个案") -> Dossier:
    """Return what the user may see of ``case``; opening what is sensitive leaves an AccessEvent."""
    working = may(request, case, P.WORK_CASES)
    if working:
        record_access(
            actor(request, P.WORK_CASES), kind=kind, subject=case, fields="控辍个案：原因、走访、评估、处理意见", reason=reason
        )  # fmt: skip
    return dossier_of(case, working=working)


@needs(P.VIEW_CASES)
@require_GET
def case(request, pk: int):
    """Show one case: how far, whose turn, by when, and for who works it all that was done."""
    found = case_seen(request, pk)
    file = open_file(request, found)
    working = may(request, found, P.WORK_CASES)
    context = {
        "crumbs": crumbs((found.student.name, None)),
        "it": found,
        "s": TONES[found.state],
        "file": file,
        "working": working,
        "today": today(),
        "steps": _steps(request, found, file),
        "waits_for_another": file.waiting is not None and file.waiting.proposed_by_id == request.user.pk,
        "owes_a_move": owes_a_move(found),
        "papers": _papers(request, found),
        "silent": without_account(duty.person_id for duty in file.duties.values()),
        "may_issue": may(request, found, P.ISSUE_ORDERS),
        "may_open_child": has_page(request, found.student_id),
        "entries": _entries(file, working),
        "files": _files(found, file),
    }
    return render(request, "dropout/case.html", context)


def _entries(file: Dossier, working: bool) -> list[dict]:
    """Return what happened to the case; reasons only for who works it."""
    return [
        {"at": each.at, "by": each.by_name, "text": each.label, "reason": each.said.text if working and hasattr(each, "said") else ""}
        for each in file.decisions
    ]  # fmt: skip


def _files(found: Case, file: Dossier) -> list[dict]:
    """Return the evidence and assessments of the proposals."""
    rows = []
    for each in reversed(file.proposals):
        for stored in filter(None, (each.evidence, each.assessment)):
            url = reverse("dropout:case_file", args=[found.pk, stored.pk])
            rows.append({"url": url, "name": stored.name, "size": stored.size, "by": each.proposed_by, "at": each.proposed_at})  # fmt: skip
    return rows


def _steps(request, found: Case, file: Dossier) -> list[dict]:
    """Return the next steps of this user, the most likely one first."""
    steps = []
    for step in CASE_FLOW.open_to(found.state, lambda permission: may(request, found, permission)):
        if step.verb in HIDDEN or step.verb.startswith("refuse_"):
            continue
        steps.append(
            {"text": step.label, "url": reverse("dropout:case_step", args=[found.pk, page_of(step.verb)])}
        )
    waiting = file.waiting
    if found.state in (CaseState.PROPOSED_CLOSED, CaseState.PROPOSED_REOPEN):
        kept = found.proposals.filter(answer="").first()
        steps = _answers(request, found, waiting or kept)
    if may(request, found, P.WORK_CASES):
        steps = _work(found) + steps
    if may(request, found, P.MOVE_STUDENTS) and owes_a_move(found):
        steps.insert(0, _move(found))
    return [step | {"main": number == 0} for number, step in enumerate(steps)]


def _move(found: Case) -> dict:
    """Return the 学籍异动 that brings the roster to what the case came to."""
    kind = MOVES.get(Outcome(found.outcome))
    url = reverse("students:move_of", args=[found.student_id])
    if kind is None:
        return {"text": "办理学籍异动", "url": url}
    return {"text": f"办理学籍异动：{kind.label}", "url": f"{url}?kind={kind.value}"}


def _answers(request, found: Case, waiting) -> list[dict]:
    if waiting is None or waiting.proposed_by_id == request.user.pk:
        return []
    if waiting.kind == ProposalKind.REOPEN:
        verbs = [("reopen", "复核重开", P.CLOSE_CASES), ("keep_closed", "不重开", P.CLOSE_CASES)]
    else:
        verb, permission = confirmed_by(waiting.outcome)
        verbs = [("confirm", CASE_FLOW[verb].label, permission), ("refuse", "退回", P.CLOSE_CASES)]
    return [
        {"text": text, "url": reverse("dropout:case_step", args=[found.pk, verb])}
        for verb, text, permission in verbs
        if may(request, found, permission)
    ]


def _work(found: Case) -> list[dict]:
    """Return the daily work of the step the case is in."""
    rows = []
    if found.state == CaseState.HOME_TAUGHT:
        rows.append({"text": "登记课时", "url": reverse("dropout:lessons", args=[found.pk])})
    if found.state == CaseState.VERIFIED:
        rows.append({"text": "制定方案，开始劝返", "url": reverse("dropout:plan", args=[found.pk])})
    if found.is_open:
        rows.append({"text": "登记走访", "url": reverse("dropout:visit", args=[found.pk])})
    return rows


def _papers(request, found: Case) -> list[dict]:
    """Return the papers that may be issued now."""
    if found.state not in AWAY or not may(request, found, P.ISSUE_ORDERS):
        return []
    kinds = [("order", "签发限期复学通知书"), ("agreement", "拟定协议书")]
    if option("four_denials"):
        kinds.append(("denial", "提出四不办理"))
    return [
        {"text": text, "url": reverse("dropout:paper_new", args=[found.pk, kind])} for kind, text in kinds
    ]


@needs(P.WORK_CASES)
@require_GET
def dossier(request, pk: int):
    """Show the whole file as one document to be printed on A4."""
    found = case_seen(request, pk, P.WORK_CASES)
    file = open_file(request, found, kind="print", reason="打印控辍个案卷宗")
    context = {
        "crumbs": crumbs((found.student.name, reverse("dropout:case", args=[pk])), ("卷宗", None)),
        "it": found,
        "file": file,
        "pictures": [
            (caption, reverse("dropout:case_file", args=[pk, stored.pk])) for caption, stored in file.pictures
        ],
        "today": today(),
    }
    return render(request, "dropout/dossier.html", context)


@needs(P.WORK_CASES)
@require_GET
def dossier_download(request, pk: int):
    """Hand over the whole file as a Word document."""
    found = case_seen(request, pk, P.WORK_CASES)
    file = open_file(request, found, kind="download", reason="下载控辍个案卷宗")
    return word(dossier_docx(file), f"控辍个案卷宗-{found.student.name}.docx")


def word(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=DOCX)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    response["Cache-Control"] = "no-store"
    return response


@needs(P.WORK_CASES)
@require_GET
def case_file(request, pk: int, file_pk):
    """Send a photo, a scan or evidence of the case; it leaves an AccessEvent."""
    found = case_seen(request, pk, P.WORK_CASES)
    if file_pk not in _file_keys(found):
        raise Http404
    files = StoredFile.objects.all()  # everyone: it belongs to the case just seen
    stored = get_object_or_404(files, pk=file_pk)
    if not stored.path.exists():
        raise Http404
    record_access(
        actor(request, P.WORK_CASES), kind="download", subject=found, fields=f"个案材料 {stored.name}"[:200], reason="查看控辍个案材料"
    )  # fmt: skip
    response = StreamingHttpResponse(stored.chunks(), content_type="application/octet-stream")
    response["Content-Length"] = stored.size
    response["Content-Disposition"] = content_disposition_header(True, stored.name)
    response["Cache-Control"] = "no-store"
    return response


def _file_keys(found: Case) -> set:
    return {
        *found.visits.values_list("photo", flat=True),
        *found.lessons.values_list("photo", flat=True),
        *found.orders.values_list("scan", flat=True),
        *found.agreements.values_list("scan", flat=True),
        *found.proposals.values_list("evidence", flat=True),
        *found.proposals.values_list("assessment", flat=True),
    } - {None}
