"""异地就读核实: the children away by place, letters to the counties of study, their answers."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods

from povertyedu.accounts.access import actor, needs, working_term
from povertyedu.accounts.permissions import Permission as P
from povertyedu.documents import DOCX
from povertyedu.options.registry import options
from povertyedu.workbooks.reading import WorkbookError
from povertyedu.workflow.flow import StepRefused
from students.queries.pages import key_page
from subsidies.actions import exchange as actions
from subsidies.actions import exchange_reply as replies
from subsidies.actions.exchange_files import ListRefused
from subsidies.actions.exchange_letter import letter_of
from subsidies.enums import CountyAnswer
from subsidies.forms.batches import ReasonForm
from subsidies.forms.exchange import ExchangeForm, ReplyForm
from subsidies.models import Exchange, ExchangeLine, ExchangeReply, Inquiry
from subsidies.queries import exchange as queries
from subsidies.states import EXCHANGE_FLOW

HOME = ("首页", "/")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TABS = ("letters", "regions", "overdue", "inquiries")
STEPS = {
    "send": (actions.send, "发函后名单不能再改，开始计算答复期限。请把名单和公函发给对方，密钥函另行送达。"),
    "drop": (actions.drop, "名单作废，密钥清除；名单上的学生可以重新拟定。"),
    "withdraw": (actions.withdraw, "函件撤回，密钥清除，对方的答复不能再读入。密钥泄露或送错单位时使用；重新发函用新的密钥。"),
    "close": (actions.close, "办结后密钥清除，不能再读入答复。没有答复的学生仍列为待核实，可以重新发函。"),
}  # fmt: skip


def crumbs(*more) -> list[tuple]:
    return [
        HOME,
        ("资助发放", None),
        ("异地就读核实", reverse("subsidies:exchanges") if more else None),
        *more,
    ]


def _own(exchange: Exchange) -> tuple:
    return str(exchange), reverse("subsidies:exchange", args=[exchange.pk])


@needs(P.ASK_COUNTIES)
@require_GET
def exchanges(request):
    """Show the letters of a term, where children study away, whose answer is overdue, or other counties' questions."""
    term = working_term(request)
    if term is None:
        return render(request, "students/no_term.html", {"crumbs": crumbs()})
    tab = request.GET.get("tab") or "letters"
    if tab not in TABS:
        raise Http404
    context = {"crumbs": crumbs(), "term": term, "tab": tab, "tabs": _tabs(request, term, tab)}
    if tab == "regions":
        context["regions"] = queries.regions_of(term, user=request.user)
    else:
        rows = {"letters": _letters, "overdue": _overdue, "inquiries": _inquiries}[tab](request, term)
        page = key_page(
            rows, after=request.GET.get("after", ""), before=request.GET.get("before", ""), newest_first=True
        )
        context |= {
            "page": page,
            "previous_url": page.previous and f"?{urlencode({'tab': tab, 'before': page.previous})}",
            "next_url": page.following and f"?{urlencode({'tab': tab, 'after': page.following})}",
        }
    return render(request, "subsidies/exchange/list.html", context)


def _letters(request, term):
    return queries.exchanges_in(term, user=request.user)


def _overdue(request, term=None):
    rows = ExchangeLine.objects.visible_to(request.user, P.ASK_COUNTIES).overdue()
    return rows.select_related("exchange__term", "enrolment__student")


def _inquiries(request, term=None):
    return Inquiry.objects.visible_to(request.user, P.ASK_COUNTIES).select_related("term")


def _tabs(request, term, active: str) -> list[dict]:
    counted = (
        ("letters", "核实函", _letters(request, term).count()),
        ("regions", "就读地", None),
        ("overdue", "超期未答复", _overdue(request).count()),
        ("inquiries", "外县来函", _inquiries(request).count()),
    )
    return [
        {"text": text, "count": count, "url": f"?{urlencode({'tab': name})}", "active": name == active, "bad": name == "overdue" and count}
        for name, text, count in counted
    ]  # fmt: skip


@needs(P.ASK_COUNTIES)
@require_http_methods(["GET", "HEAD", "POST"])
def exchange_new(request):
    """Choose places of study and the recipient; a POST freezes the list."""
    term = working_term(request)
    if term is None:
        raise Http404
    regions = queries.regions_of(term, user=request.user)
    initial = {"regions": request.GET.getlist("region")}
    form = ExchangeForm(request.POST or None, initial=initial, regions=regions)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.open_exchange(
                by=actor(request, P.ASK_COUNTIES), user=request.user, term=term, **form.cleaned_data
            )
        except StepRefused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, f"已拟定名单 {made}，请核对后发函。")
            return redirect("subsidies:exchange", made.pk)
    context = {
        "crumbs": crumbs(("拟定名单", None)),
        "form": form,
        "term": term,
        "any": any(row["to_ask"] for row in regions),
    }
    return render(request, "subsidies/exchange/new.html", context, status=422 if form.errors else 200)


def _exchange(request, pk) -> Exchange:
    seen = Exchange.objects.visible_to(request.user, P.ASK_COUNTIES)
    return get_object_or_404(seen.select_related("term"), pk=pk)


@needs(P.ASK_COUNTIES)
@require_GET
def exchange(request, pk):
    """Show one letter: its list with the answers, where it stands, what may be done."""
    found = _exchange(request, pk)
    rows = found.lines.select_related("enrolment__student")
    if (wanted := request.GET.get("answer")) in (*CountyAnswer.values, "none"):
        rows = rows.filter(answer="" if wanted == "none" else wanted)
    page = key_page(rows, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    counts = queries.answers_of(found)
    kept = {"answer": wanted} if wanted else {}
    labels = [*CountyAnswer.choices, ("", "没有答复")]
    context = {
        "crumbs": crumbs((str(found), None)),
        "exchange": found,
        "page": page,
        "tabs": [{"text": "全部", "count": sum(counts.values()), "url": "?", "active": not wanted}]
        + [
            {"text": text, "count": counts[code], "url": f"?answer={code or 'none'}", "active": wanted == (code or "none")}
            for code, text in labels
        ],
        "previous_url": page.previous and f"?{urlencode(kept | {'before': page.previous})}",
        "next_url": page.following and f"?{urlencode(kept | {'after': page.following})}",
        "steps": [step for step in EXCHANGE_FLOW.open_to(found.state, request.user.can) if step.verb in STEPS],
        "replies": found.replies.select_related("file"),
        "decisions": found.decisions.all(),
    }  # fmt: skip
    return render(request, "subsidies/exchange/detail.html", context)


@needs(P.ASK_COUNTIES)
@require_http_methods(["GET", "HEAD", "POST"])
def exchange_step(request, pk, verb):
    """Say what a step does; a POST takes it."""
    found = _exchange(request, pk)
    if verb not in STEPS:
        raise Http404
    act, text = STEPS[verb]
    step = EXCHANGE_FLOW[verb]
    waiting = found.lines.filter(waits=True).count()
    asks_why = verb == "withdraw" or (verb == "close" and waiting)
    form = ReasonForm(request.POST or None) if asks_why else None
    if request.method == "POST" and (form is None or form.is_valid()):
        more = {"reason": form.cleaned_data["reason"]} if form else {}
        try:
            act(by=actor(request, P.ASK_COUNTIES), exchange=found, **more)
        except StepRefused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, f"已办理：{step.label}。")
        return redirect("subsidies:exchange", found.pk)
    context = {
        "crumbs": crumbs(_own(found), (step.label, None)), "exchange": found, "step": step, "text": text, "form": form, "waiting": waiting,
        "danger": verb != "send", "back": _own(found)[1],
    }  # fmt: skip
    status = 422 if form is not None and form.errors else 200
    return render(request, "subsidies/exchange/step.html", context, status=status)


@needs(P.ASK_COUNTIES)
@require_http_methods(["GET", "HEAD", "POST"])
def exchange_workbook(request, pk):
    """Ask what the list is for, then hand over the workbook that goes out."""
    found = _exchange(request, pk)
    form = ReasonForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            name, content = actions.write_question(
                by=actor(request, P.ASK_COUNTIES), exchange=found, reason=form.cleaned_data["reason"]
            )
        except StepRefused as refused:
            messages.error(request, str(refused))
            return redirect("subsidies:exchange", found.pk)
        response = HttpResponse(content, content_type=XLSX)
        response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
        response["Cache-Control"] = "no-store"
        return response
    context = {
        "crumbs": crumbs(_own(found), ("导出名单", None)), "title": "导出名单", "exchange": found, "form": form, "button": "导出Excel",
        "text": "名单上的证件号换成摘要，姓名只留姓。导出会记入查阅日志。", "reasons": ["发函核实资助情况"], "back": _own(found)[1],
    }  # fmt: skip
    return render(request, "subsidies/exchange/reason.html", context, status=422 if form.errors else 200)


@needs(P.ASK_COUNTIES)
@require_http_methods(["GET", "HEAD", "POST"])
def exchange_key(request, pk):
    """Ask why, then show the key on a sheet of its own, this once."""
    found = _exchange(request, pk)
    form = ReasonForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            key = actions.show_key(
                by=actor(request, P.ASK_COUNTIES), exchange=found, reason=form.cleaned_data["reason"]
            )
        except StepRefused as refused:
            messages.error(request, str(refused))
            return redirect("subsidies:exchange", found.pk)
        context = {
            "crumbs": crumbs(_own(found), ("密钥函", None)),
            "exchange": found,
            "key": key,
            "groups": key.split("-"),
        }
        response = render(
            request, "subsidies/exchange/key.html", context | options("bureau_name", "aid_office_phone")
        )
        response["Cache-Control"] = "no-store"
        return response
    context = {
        "crumbs": crumbs(_own(found), ("密钥函", None)), "title": "取出密钥", "exchange": found, "form": form, "button": "显示密钥",
        "text": "密钥只在下一页显示这一次，请打印密钥函，与名单分开送达。每次取出都会记入查阅日志。",
        "reasons": ["打印密钥函送对方单位"], "back": _own(found)[1],
    }  # fmt: skip
    return render(request, "subsidies/exchange/reason.html", context, status=422 if form.errors else 200)


@needs(P.ASK_COUNTIES)
@require_GET
def exchange_letter(request, pk):
    """Show the letter that goes with the list, ready to print; it names no child."""
    found = _exchange(request, pk)
    context = {
        "crumbs": crumbs(_own(found), ("公函", None)), "exchange": found, "letter": letter_of(found),
    }  # fmt: skip
    return render(request, "subsidies/exchange/letter.html", context)


@needs(P.ASK_COUNTIES)
@require_GET
def exchange_letter_docx(request, pk):
    """Give the same letter as a Word document."""
    found = _exchange(request, pk)
    response = HttpResponse(letter_of(found).as_docx(), content_type=DOCX)
    name = f"公函-{found.number}.docx"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    return response


@needs(P.ASK_COUNTIES)
@require_http_methods(["GET", "HEAD", "POST"])
def exchange_reply(request, pk):
    """Take an answered list: it is checked whole and kept for confirmation, or the errors are shown."""
    found = _exchange(request, pk)
    form = ReplyForm(request.POST or None, request.FILES or None, sent_on=found.sent_on)
    errors: list[str] = []
    if form.is_bound and form.is_valid():
        try:
            staged = replies.stage_reply(
                by=actor(request, P.ASK_COUNTIES), exchange=found, upload=form.cleaned_data["workbook"],
                answered_on=form.cleaned_data["answered_on"], owner=request.user,
            )  # fmt: skip
        except ListRefused as refused:
            errors = refused.errors
        except (WorkbookError, StepRefused) as refused:
            errors = [str(refused)]
        else:
            return redirect("subsidies:reply", staged.pk)
    context = {
        "crumbs": crumbs(_own(found), ("读入答复", None)), "exchange": found, "form": form, "errors": errors,
        "back": _own(found)[1],
    }  # fmt: skip
    status = 422 if errors or form.errors else 200
    return render(request, "subsidies/exchange/reply_upload.html", context, status=status)


@needs(P.ASK_COUNTIES)
@require_http_methods(["GET", "HEAD", "POST"])
def reply(request, pk):
    """Show what a checked answer would change; a POST takes it in, or gives it up."""
    seen = Exchange.objects.visible_to(request.user, P.ASK_COUNTIES)
    found = get_object_or_404(
        ExchangeReply.objects.select_related("exchange__term", "file"), pk=pk, exchange__in=seen
    )
    if request.method == "POST":
        act = replies.drop_reply if "drop" in request.POST else replies.apply_reply
        try:
            act(by=actor(request, P.ASK_COUNTIES), reply=found)
        except (ListRefused, StepRefused, WorkbookError) as refused:
            messages.error(request, str(refused))
        else:
            told = (
                "答复没有读入，数据未改动。"
                if "drop" in request.POST
                else f"已读入 {found.counts['new']} 人的答复，有变动的学生等待重算。"
            )
            messages.success(request, told)
        return redirect("subsidies:exchange", found.exchange_id)
    counts = found.counts
    context = {
        "crumbs": crumbs(_own(found.exchange), ("核对答复", None)),
        "reply": found,
        "figures": [
            {"label": "已资助", "value": counts.get("yes", 0), "unit": "人"},
            {"label": "未资助", "value": counts.get("no", 0), "unit": "人"},
            {"label": "查无此人", "value": counts.get("not_found", 0), "unit": "人"},
            {"label": "没有填写", "value": counts.get("blank", 0) + counts["missing"], "unit": "人"},
            {"label": "将写入", "value": counts["new"], "unit": "人", "s": "ok"},
        ],
    }  # fmt: skip
    return render(request, "subsidies/exchange/reply.html", context)
