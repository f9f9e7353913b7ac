"""十个到位: what each school has in place at the start of a term, and what not."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from dropout.actions import school_duties as actions
from dropout.enums import ReadyItem
from dropout.forms import PlaceFilter, ReadyForm
from dropout.models import ReadyCheck
from dropout.queries.duty_places import COMPULSORY
from povertyedu.accounts.access import actor, needs, working_term
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.models import School
from povertyedu.workflow.attempt import attempt

from .sending import send_kept
from .tables import cell, crumbs, heads, paged, query_of, row, table_page

TITLE, NAME = "十个到位", "dropout:ten_items"
KEPT = ("term", "township", "school")


def _schools(request, permission: str):
    rows = School.objects.visible_to(request.user, permission).filter(is_open=True)
    return rows.filter(pk__in=rows.filter(stage_set__stage__in=COMPULSORY).values("pk"))


@needs(P.VIEW_CASES)
@require_GET
def ten_items(request):
    """Show each school's ten items; what is not in place above, with the reason."""
    term = working_term(request)
    if term is None:
        return render(request, "students/no_term.html", {"crumbs": crumbs(TITLE, NAME)})
    form = PlaceFilter(request.GET, user=request.user, permission=P.VIEW_CASES)
    schools = _schools(request, P.VIEW_CASES)
    if township := form.wanted.get("township"):
        schools = schools.filter(township.scope.area_q("area_id"))
    if school := form.wanted.get("school"):
        schools = schools.filter(pk=school.pk)
    checks = ReadyCheck.objects.visible_to(request.user, P.VIEW_CASES).filter(term=term, school__in=schools)
    page = paged(request, schools.order_by("pk"), *KEPT)
    answers: dict[int, dict[str, ReadyCheck]] = {}
    for check in checks.filter(school__in=[each.pk for each in page["found"]]):
        answers.setdefault(check.school_id, {})[check.item] = check
    lacking = (
        checks.filter(in_place=False)
        .select_related("school")
        .order_by("school__area_id", "school", "pk")[:500]
    )
    answered, total = checks.count(), schools.count() * len(ReadyItem)
    return table_page(
        request, title=TITLE, crumbs=crumbs(TITLE, NAME), note=term, filter_form=form, applied=form.in_force(), heads=heads("学校", *ReadyItem.labels),
        figures=[
            {"label": "学校", "value": schools.count(), "unit": "所"}, {"label": "应检查", "value": total, "unit": "项"},
            {"label": "已检查", "value": answered, "unit": "项"}, {"label": "没有到位", "value": checks.filter(in_place=False).count(), "unit": "项", "s": "bad"},
        ],
        panels=[{
            "name": "lacking", "title": "没有到位的", "heads": heads("学校", "项目", "说明", "检查"), "empty": "已检查的都到位。",
            "rows": [row(str(one.school), one.get_item_display(), cell(one.note, wordy=True), f"{one.checked_on} {one.checked_by}") for one in lacking],
        }],
        rows=[_row(each, answers.get(each.pk, {}), term) for each in page["found"]],
        empty={"title": "没有学校", "text": "您的范围内没有小学、初中；请换筛选条件。"}, **page,
    )  # fmt: skip


def _row(school: School, answers: dict[str, ReadyCheck], term) -> dict:
    address = f"{reverse('dropout:ten_items_of', args=[school.pk])}?term={term.pk}"
    marks = []
    for item in ReadyItem:
        check = answers.get(item)
        marks.append(
            cell("未查", s="todo")
            if check is None
            else cell("到位", s="ok")
            if check.in_place
            else cell("缺", s="bad")
        )
    return row(cell(school.name, url=address), *marks, problem=len(answers) < len(ReadyItem))


@needs(P.VIEW_CASES)
@require_GET
def ten_items_of(request, pk):
    """One school's ten items, each with its note and evidence."""
    school, term = get_object_or_404(_schools(request, P.VIEW_CASES), pk=pk), working_term(request)
    checks = ReadyCheck.objects.visible_to(request.user, P.VIEW_CASES).filter(school=school, term=term)
    answers = {check.item: check for check in checks.select_related("file")}
    may = request.user.can(P.KEEP_CALENDAR) and _schools(request, P.KEEP_CALENDAR).filter(pk=pk).exists()
    rows = []
    for item in ReadyItem:
        check = answers.get(item)
        state = (
            cell("未查", s="todo")
            if check is None
            else cell("到位", s="ok")
            if check.in_place
            else cell("没有到位", s="bad")
        )
        file = (
            cell(check.file.name, url=reverse("dropout:ready_file", args=[check.pk]))
            if check and check.file
            else cell()
        )
        address = f"{reverse('dropout:ten_items_answer', args=[pk, item])}?{query_of(request, 'term')}"
        do = (
            cell("检查" if check is None else "更改", url=address, label=f"检查“{item.label}”", screen=True)
            if may and term
            else cell(screen=True)
        )
        rows.append(
            row(
                item.label,
                state,
                cell(check.note if check else "", wordy=True),
                file,
                f"{check.checked_on} {check.checked_by}" if check else "",
                do,
            )
        )
    return table_page(
        request, title=TITLE, crumbs=crumbs(TITLE, NAME, (school.name, None)), note=f"{school} {term or ''}", buttons=[("返回", reverse(NAME))],
        heads=heads("项目", "情况", "说明", "佐证", "检查", "办理~"), rows=rows,
    )  # fmt: skip


@needs(P.KEEP_CALENDAR)
@require_http_methods(["GET", "HEAD", "POST"])
def ten_items_answer(request, pk, item):
    """Answer one item of a school; then the next that nobody has answered."""
    school = get_object_or_404(_schools(request, P.KEEP_CALENDAR), pk=pk)
    if item not in ReadyItem.values:
        raise Http404
    term, item = working_term(request), ReadyItem(item)
    back = f"{reverse('dropout:ten_items_of', args=[pk])}?{query_of(request, 'term')}"
    if term is None:
        messages.info(request, "还没有学期；请先在“学期校历”里建立。")
        return redirect(back)
    checks = ReadyCheck.objects.visible_to(request.user, P.KEEP_CALENDAR).filter(school=school, term=term)
    there = checks.filter(item=item).first()
    initial = {"in_place": "yes" if there.in_place else "no", "note": there.note} if there else {}
    form = ReadyForm(request.POST or None, request.FILES or None, item=item, initial=initial)
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        if attempt(
            form, actions.answer_item, by=actor(request, P.KEEP_CALENDAR), school=school, term=term, item=item, in_place=data["in_place"],
            note=data["note"], upload=data["scan"], owner=request.user,
        ):  # fmt: skip
            done = set(checks.values_list("item", flat=True))
            left = [each for each in ReadyItem if each not in done]
            messages.success(
                request, f"“{item.label}”已登记，还有 {len(left)} 项。" if left else "十项都已检查。"
            )
            following = (
                reverse("dropout:ten_items_answer", args=[pk, left[0]]) if left and there is None else back
            )
            return redirect(following if following == back else f"{following}?{query_of(request, 'term')}")
    context = {
        "crumbs": crumbs(TITLE, NAME, (school.name, back), (item.label, None)), "title": f"{TITLE}：{item.label}", "note": school, "form": form,
        "back_url": back,
    }  # fmt: skip
    return render(request, "dropout/upload_form.html", context, status=422 if form.errors else 200)


@needs(P.VIEW_CASES)
@require_GET
def ready_file(request, pk):
    """Send the evidence of an item."""
    check = get_object_or_404(
        ReadyCheck.objects.visible_to(request.user, P.VIEW_CASES).select_related("file"), pk=pk
    )
    return send_kept(request, check.file, permission=P.VIEW_CASES, subject=check, what="十个到位的佐证")
