"""Public lists: the page anyone may open, and the office's side of it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.options.registry import options
from povertyedu.orgs.calendar import today
from povertyedu.workflow.flow import StepRefused

from . import actions
from .forms import AnswerForm, ObjectionForm
from .models import Notice, NoticeState, Publication, PublicationState
from .queries import PAGE, notices_of, objections_readable, readable

LISTED = 100
# People on one poster page: the whole list of the largest school is served in one go, as it is printed.
READERS = (P.VIEW_SUBSIDIES, P.VIEW_TEACHERS)
HEARERS = (P.HANDLE_OBJECTION, P.SUBMIT_SHEET, P.PLAN_RECRUITMENT)
TABS = (("", "全部"), ("open", "公示中"), ("objected", "有待处理异议"))


@login_not_required
@never_cache
@require_GET
def public(request, token):
    """Show a school's list to anyone who has its address, until its last day ends (教财厅函〔2017〕28号)."""
    notice = get_object_or_404(Notice.objects.select_related("school"), token=token)
    names = options("county_name", "bureau_name")
    over = notice.state != NoticeState.OPEN or not notice.opens_on <= today() <= notice.closes_on
    if over or notice.print_only:
        sentence = (
            "公示期已过，名单已撤下。"
            if over
            else "本名单只在学校张贴公示，不在网上公开。请到学校公示栏查看。"
        )
        response = render(
            request, "publicity/gone.html",
            names | {"sentence": sentence, "phone": notice.phone, "office": names["bureau_name"] + actions.wording_of(notice).office},
            status=410 if over else 404,
        )  # fmt: skip
    else:
        response = render(
            request,
            "publicity/public.html",
            names | {"notice": notice, "list_template": actions.wording_of(notice).list_template},
        )
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response


@login_not_required
@never_cache
@require_GET
def publications(request):
    """List what is public now and what is kept as archive, for anyone."""
    every = Publication.objects.readable().defer("content")  # everyone: it is public
    newest = list(Publication.objects.newest().defer("content")[:LISTED])  # everyone: it is public
    shown = {paper.pk for paper in newest}
    context = options("county_name", "bureau_name") | {
        "newest": newest,
        "archive": [paper for paper in every[: 2 * LISTED] if paper.pk not in shown],
    }
    return render(request, "publicity/publications.html", context)


@login_not_required
@never_cache
@require_GET
def publication(request, token):
    """Show a public paper to anyone: within its days, afterwards as archive where it is kept, else that it is gone."""
    paper = get_object_or_404(Publication, token=token)  # everyone: it is public
    names = options("county_name", "bureau_name")
    if not Publication.objects.readable().filter(pk=paper.pk).exists():  # everyone: it is public
        sentence = (
            "公开期已满，内容已撤下。" if paper.state != PublicationState.WITHDRAWN else "这份内容已撤下。"
        )
        context = names | {"sentence": sentence, "phone": paper.phone, "office": names["bureau_name"]}
        return render(request, "publicity/gone.html", context, status=410)
    newer = (
        Publication.objects.newest().filter(series=paper.series, version__gt=paper.version).first()
    )  # everyone: it is public
    older = (
        Publication.objects.readable().filter(series=paper.series, version__lt=paper.version).defer("content")
    )  # everyone: it is public
    context = names | {"paper": paper, "newer": newer, "older": list(older[:20])}
    return render(request, "publicity/publication.html", context)


@needs(P.VIEW_SUBSIDIES)
@needs(*READERS)
@require_GET
def notices(request):
    """List the notices within the reader's scope."""
    shown = request.GET.get("shown", "")
    after = request.GET.get("after", "")
    found = notices_of(
        request.user,
        {kind: words.view for kind, words in actions.wordings().items()},
        shown=shown,
        after=int(after) if after.isascii() and after.isdigit() and len(after) < 19 else None,
    )
    return render(
        request,
        "publicity/notices.html",
        {
            "crumbs": [("首页", "/"), ("公示管理", None)],
            "notices": found[:PAGE],
            "next_url": f"?shown={shown}&after={found[PAGE - 1].pk}" if len(found) > PAGE else "",
            "tabs": [{"text": text, "url": f"?shown={key}", "active": key == shown} for key, text in TABS],
            "today": today(),
            "working_days": options("publicity_working_days")["publicity_working_days"],
        },
    )


def _notice(request, pk, reading=False) -> Notice:
    """Return the notice that the reader may read, or record an objection on; 404 out of scope."""
    permissions = {
        kind: [words.view] if reading else words.record for kind, words in actions.wordings().items()
    }
    mine = Notice.objects.none()
    for place in range(max(map(len, permissions.values()))):
        mine = mine | readable(
            request.user, {kind: held[place] for kind, held in permissions.items() if place < len(held)}
        )
    return get_object_or_404(mine.select_related("school"), pk=pk)


@needs(*READERS)
@require_GET
def notice(request, pk):
    """Show one notice to the office: what is shown, until when, the objections, and the poster to print."""
    return _notice_page(request, _notice(request, pk, reading=True))


def _notice_page(request, found: Notice, form=None, *, status: int = 200):
    live = found.state == NoticeState.OPEN and today() <= found.closes_on
    words = actions.wording_of(found)
    if form is None and live and any(request.user.can(permission) for permission in words.record):
        form = ObjectionForm(people=actions.matter_of(found).people_on(found), person=words.person)
    context = {
        "crumbs": [("首页", "/"), ("公示管理", "../"), (f"{found.school}", None)],
        "notice": found,
        "live": live,
        "objections": found.objections.all(),
        "form": form,
        "words": words,
        "may_answer": request.user.can(words.handle),
        "may_publish": request.user.can(words.publish),
        **options("county_name", "bureau_name"),
    }
    return render(request, "publicity/notice.html", context, status=status)


@needs(*HEARERS)
@require_POST
def object_to(request, pk):
    """Note an objection against one name of a notice; that child's money, that person's hiring waits."""
    found = _notice(request, pk)
    words = actions.wording_of(found)
    form = ObjectionForm(request.POST, people=actions.matter_of(found).people_on(found), person=words.person)
    if not form.is_valid():
        return _notice_page(request, found, form, status=422)
    try:
        objection = actions.record_objection(by=actor(request), notice=found, **form.cleaned_data)
    except StepRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, words.held.format(name=objection.subject_name))
    return redirect("publicity:notice", pk=found.pk)


@needs(P.HANDLE_OBJECTION, P.PLAN_RECRUITMENT)
def answer(request, pk):
    """Ask for and record how an objection was settled."""
    handled = {kind: words.handle for kind, words in actions.wordings().items()}
    mine = objections_readable(request.user, handled)
    objection = get_object_or_404(mine.select_related("notice__school"), pk=pk)
    words = actions.wording_of(objection.notice)
    form = AnswerForm(request.POST or None, dismissed=words.dismissed, upheld=words.upheld)
    if request.method == "POST" and form.is_valid():
        try:
            actions.answer_objection(
                by=actor(request, words.handle),
                objection=objection,
                upheld=form.cleaned_data["result"] == "upheld",
                answer=form.cleaned_data["answer"],
            )
        except StepRefused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, f"{objection.subject_name} 的异议已处理。")
        return redirect("publicity:notice", pk=objection.notice_id)
    context = {
        "crumbs": [("首页", "/"), ("公示管理", None), ("处理异议", None)],
        "objection": objection,
        "form": form,
    }
    return render(request, "publicity/answer.html", context, status=422 if form.errors else 200)
