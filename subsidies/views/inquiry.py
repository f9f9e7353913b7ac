"""Other counties' questions to us: a list and its key come in, the answered list goes back."""

from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from povertyedu.accounts.access import actor, needs, working_term
from povertyedu.accounts.permissions import Permission as P
from povertyedu.jobs.tasks import start
from subsidies.actions import inquiry as actions
from subsidies.enums import CountyAnswer, InquiryState
from subsidies.forms.batches import ReasonForm
from subsidies.forms.exchange import InquiryForm
from subsidies.models import Inquiry

from .exchange import crumbs
from .payouts import send_file


@needs(P.ASK_COUNTIES)
@require_http_methods(["GET", "HEAD", "POST"])
def inquiry_new(request):
    """Take another county's list and key, and send the comparison to the background."""
    form = InquiryForm(request.POST or None, request.FILES or None, initial={"term": working_term(request)})
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        made = actions.open_inquiry(
            by=actor(request, P.ASK_COUNTIES), upload=data["workbook"], key=data["key"], asker=data["asker"], term=data["term"],
            owner=request.user,
        )  # fmt: skip
        made.job = start(
            "subsidies.answer_county", label=f"答复{made.asker}的核实函"[:120], arguments={"inquiry": made.pk}, by=request.user,
            url=reverse("subsidies:inquiry", args=[made.pk]),
        )  # fmt: skip
        made.save(update_fields=["job"])
        return redirect("subsidies:inquiry", made.pk)
    context = {"crumbs": crumbs(("答复外县来函", None)), "form": form}
    return render(request, "subsidies/exchange/inquiry_new.html", context, status=422 if form.errors else 200)


def _inquiry(request, pk) -> Inquiry:
    seen = Inquiry.objects.visible_to(request.user, P.ASK_COUNTIES)
    return get_object_or_404(seen.select_related("term", "job", "question", "answer"), pk=pk)


@needs(P.ASK_COUNTIES)
@require_GET
def inquiry(request, pk):
    """Show one question: under way, why it failed, or what was found and the file to send back."""
    found = _inquiry(request, pk)
    figures = [
        {"label": label, "value": found.counts.get(code, 0), "unit": "人"}
        for code, label in CountyAnswer.choices
    ]
    context = {"crumbs": crumbs((str(found), None)), "inquiry": found, "figures": figures}
    return render(request, "subsidies/exchange/inquiry.html", context)


@needs(P.ASK_COUNTIES)
@require_http_methods(["GET", "HEAD", "POST"])
def inquiry_download(request, pk):
    """Ask for the purpose, note who took the answer, and send it."""
    found = _inquiry(request, pk)
    if found.state != InquiryState.ANSWERED or not found.answer.path.exists():
        raise Http404("答复名单还没有生成，或已到期清除；请重新上传来函名单。")
    form = ReasonForm(request.POST or None)
    if form.is_bound and form.is_valid():
        stored = actions.take_answer(
            by=actor(request, P.ASK_COUNTIES), inquiry=found, reason=form.cleaned_data["reason"]
        )
        return send_file(stored)
    back = reverse("subsidies:inquiry", args=[found.pk])
    context = {
        "crumbs": crumbs((str(found), back), ("下载答复名单", None)), "title": "下载答复名单", "form": form, "button": "下载", "back": back,
        "text": "答复名单写明来函名单上的学生在本县是否受助、项目和金额，下载会记入查阅日志。", "reasons": ["答复来函单位"],
    }  # fmt: skip
    return render(request, "subsidies/exchange/reason.html", context, status=422 if form.errors else 200)
