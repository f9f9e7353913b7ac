"""The queue of records that may be one child, decided side by side; enrolments that draw no money."""

from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, resolve, reverse
from django.utils.timezone import localtime
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.workflow.flow import StepRefused
from students.actions import blocks as block_actions
from students.actions import duplicates as actions
from students.forms.duplicates import BlockForm, PairForm
from students.forms.identification import StepReasonForm
from students.models import DuplicatePair, Enrolment, PayoutBlock, Student
from students.numbers import NUMBERS
from students.queries import duplicates as queries
from students.queries.pages import key_page
from students.states import PAIR_FLOW

HOME = ("首页", "/")
TEXTS = {
    "tell_apart": "记住这是两个学生，以后不再询问。",
    "propose": "请另一人复核后合并。两份档案本学期都在读的，按双重学籍停发，复核后解除。",
    "confirm": "合并后只保留一份档案，另一份的学籍、监护人、账户中缺的转入，已发放的明细不动，应享重新计算。",
    "refuse": "退回重新判定，停发同时解除。",
    "ask_undo": "请另一人复核后，两份档案恢复原样，应享重新计算。合并以后已送银行发放的不能撤销。",
    "undo": "两份档案恢复原样，应享重新计算。",
    "keep_merged": "合并照旧，不撤销。",
    "ask_again": "重新放回待判定。",
}


def crumbs(*more) -> list[tuple]:
    return [HOME, ("重复学生", reverse("students:duplicates") if more else None), *more]


@needs(P.RESOLVE_DUPLICATES)
@require_GET
def queue(request):
    """List the pairs of a tab."""
    tab = request.GET.get("tab") or "open"
    if tab not in queries.TABS:
        raise Http404
    page = key_page(
        queries.pairs_in(tab, user=request.user),
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    latest = queries.latest_enrolments([pk for pair in page.rows for pk in (pair.first_id, pair.second_id)])
    context = {
        "crumbs": crumbs(),
        "tab": tab,
        "tabs": [
            {
                "text": text, "url": f"?tab={name}", "active": name == tab,
                "count": queries.pairs_in(name, user=request.user).count() if name in ("open", "proposed") else None,
            }
            for name, (text, _) in queries.TABS.items()
        ],
        "page": page,
        "rows": [(pair, latest.get(pair.first_id), latest.get(pair.second_id)) for pair in page.rows],
        "previous_url": page.previous and f"?tab={tab}&before={page.previous}",
        "next_url": page.following and f"?tab={tab}&after={page.following}",
    }  # fmt: skip
    return render(request, "students/duplicates/queue.html", context)


@needs(P.RESOLVE_DUPLICATES)
@require_POST
def find(request):
    """Send the search for duplicates to the background."""
    if job := actions.search(by=request.user):
        return redirect("jobs:detail", job.pk)
    messages.info(request, "已有一次查找在排队，完成后新的疑似重复会出现在这里。")
    return redirect("students:duplicates")


@needs(P.RESOLVE_DUPLICATES)
@require_http_methods(["GET", "HEAD", "POST"])
def pair(request, pk):
    """Show two records side by side; decide, confirm or take back."""
    seen = DuplicatePair.objects.visible_to(request.user, P.RESOLVE_DUPLICATES)
    found = get_object_or_404(seen.select_related("keeper"), pk=pk)
    students = queries.records_of(found)
    found.first, found.second = students[found.first_id], students[found.second_id]
    asker = {"proposed": found.proposed_by_id, "undoing": found.undo_asked_by_id}.get(found.state)
    own = asker == request.user.pk
    steps = PAIR_FLOW.open_to(found.state, request.user.can)
    forms = {"propose": PairForm(pair=found), "reason": StepReasonForm()}
    status = 200
    if request.method == "POST":
        verb = request.POST.get("verb", "")
        if verb not in TEXTS:
            raise Http404
        form = _form(verb, found, request.POST)
        if form is None or form.is_valid():
            return _take(request, found, verb, form.cleaned_data if form else {})
        forms["propose" if verb == "propose" else "reason"] = form
        status = 422
    context = {
        "crumbs": crumbs((f"{found.first.name} / {found.second.name}", None)),
        "pair": found,
        "sides": [_side(request.user, label, student) for label, student in (("甲", found.first), ("乙", found.second))],
        "facts": _facts(found),
        "steps": [(step, TEXTS[step.verb]) for step in steps if not (own and step.verb in ("confirm", "undo"))],
        "own": own,
        "forms": forms,
        "decisions": found.decisions.all(),
        "double": queries.doubly_enrolled(found.first, found.second),
    }  # fmt: skip
    return render(request, "students/duplicates/pair.html", context, status=status)


def _form(verb: str, found: DuplicatePair, data):
    if verb == "propose":
        return PairForm(data, pair=found)
    return StepReasonForm(data) if PAIR_FLOW[verb].needs_reason else None


def _take(request, found: DuplicatePair, verb: str, data: dict):
    if verb == "propose":
        data["keeper"] = found.first if data["keeper"] == found.first_id else found.second
    try:
        getattr(actions, verb)(by=actor(request, P.RESOLVE_DUPLICATES), pair=found, **data)
    except StepRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("students:pair", found.pk)
    messages.success(request, f"已办理：{PAIR_FLOW[verb].label}。")
    if verb in ("tell_apart", "propose"):
        following = queries.pairs_in("open", user=request.user).filter(pk__gt=found.pk).order_by("pk").first()
        return redirect("students:pair", following.pk) if following else redirect("students:duplicates")
    return redirect("students:pair", found.pk)


def _side(user, label: str, student: Student) -> dict:
    return {
        "label": label,
        "student": student,
        "enrolments": queries.enrolments_of(student),
        "statuses": queries.statuses_of(student),
        "panels": [f"{url}?{urlencode({'label': label})}" for url in _panels(user, student)],
    }


def _panels(user, student: Student) -> list[str]:
    """Return the addresses of other apps' panels (payments) of a record, for the side-by-side page."""
    urls = []
    for name in settings.STUDENT_PANELS:
        try:
            url = reverse(name, args=[student.pk])
        except NoReverseMatch:
            continue
        permissions = getattr(resolve(url).func, "permissions", ())
        if not permissions or any(user.can(permission) for permission in permissions):
            urls.append(url)
    return urls


def _facts(found: DuplicatePair) -> list[dict]:
    """Return the facts of both records line by line, and whether they are the same; numbers stay masked."""
    lines = []
    for label, read in FACTS.items():
        one, other = read(found.first), read(found.second)
        lines.append(
            {
                "label": label,
                "one": _shown(label, found.first, one),
                "other": _shown(label, found.second, other),
                "same": one == other,
                "empty": not (one or other),
            }
        )
    return lines


def _shown(label: str, student: Student, value) -> str:
    number = next((n for n in NUMBERS.values() if n.label == label), None)
    return (number.masked_of(student) if number and value else value) or "—"


def _guardian(student: Student) -> str:
    if not hasattr(student, "guardian"):
        return ""
    return f"{student.guardian.name} {student.guardian.relation}".strip()


def _account(student: Student) -> str:
    return (
        f"{student.bank_account.holder} 尾号{student.bank_account.tail}"
        if hasattr(student, "bank_account")
        else ""
    )


FACTS = {
    "姓名": lambda s: s.name,
    "性别": lambda s: s.get_sex_display(),
    "出生年月": lambda s: f"{s.birth_date:%Y-%m}" if s.birth_date else "",
    "民族": lambda s: s.ethnicity,
    "身份证件号": NUMBERS["id_number"].read,
    "学籍号": NUMBERS["student_no"].read,
    "户籍地": lambda s: s.home_area.path if s.home_area else "",
    "监护人": _guardian,
    "监护人证件号": NUMBERS["guardian_id_number"].read,
    "联系电话": NUMBERS["phone"].read,
    "银行账户": _account,
    "建档时间": lambda s: f"{localtime(s.created_at):%Y-%m-%d}",
}


@needs(P.RESOLVE_DUPLICATES)
@require_http_methods(["GET", "HEAD", "POST"])
def mark_false(request, pk):
    """Recognise an enrolment (``pk``) as false: its money is held."""
    seen = Enrolment.objects.visible_to(request.user, P.RESOLVE_DUPLICATES).select_related(
        "student", "term", "school"
    )
    enrolment = get_object_or_404(seen, pk=pk)
    form = BlockForm(request.POST or None)
    back = f"{reverse('students:detail', args=[enrolment.student_id])}?term={enrolment.term_id}"
    if request.method == "POST" and form.is_valid():
        try:
            block_actions.mark_false(
                by=actor(request, P.RESOLVE_DUPLICATES), enrolment=enrolment, **form.cleaned_data
            )
        except StepRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, "已认定为虚假学籍，本学期资助停发。")
        return redirect(back)
    context = {"crumbs": crumbs(("认定虚假学籍", None)), "enrolment": enrolment, "form": form, "back": back}
    return render(request, "students/duplicates/block.html", context, status=422 if form.errors else 200)


@needs(P.RESOLVE_DUPLICATES)
@require_http_methods(["GET", "HEAD", "POST"])
def lift_block(request, pk):
    """Take a block back, for a reason."""
    seen = PayoutBlock.objects.visible_to(request.user, P.RESOLVE_DUPLICATES)
    block = get_object_or_404(
        seen.select_related("enrolment__student", "enrolment__term", "enrolment__school"), pk=pk
    )
    form = BlockForm(request.POST or None)
    back = f"{reverse('students:detail', args=[block.enrolment.student_id])}?term={block.enrolment.term_id}"
    if request.method == "POST" and form.is_valid():
        try:
            block_actions.lift(by=actor(request, P.RESOLVE_DUPLICATES), block=block, **form.cleaned_data)
        except StepRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, "停发已解除；批次里已暂缓的，由资助中心放行或列入下一批。")
        return redirect(back)
    context = {
        "crumbs": crumbs(("解除停发", None)),
        "enrolment": block.enrolment,
        "block": block,
        "form": form,
        "back": back,
    }
    return render(request, "students/duplicates/block.html", context, status=422 if form.errors else 200)
