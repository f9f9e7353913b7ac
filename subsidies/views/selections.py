"""名额评选: who gets a benefit that has a quota; the aid officer ticks within it, school by school."""

from django.contrib import messages
from django.db.models import Count, Prefetch
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from povertyedu.accounts.access import actor, needs, working_term
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.models import School
from povertyedu.workflow.flow import StepRefused
from students.models import Enrolment
from subsidies.actions.policies import NoPolicy
from subsidies.actions.selections import Quota, eligible, quota_of, quotas_of, select
from subsidies.forms.selections import NameSearchForm, SchoolSearchForm
from subsidies.models import Selection
from subsidies.queries import FactUnread
from subsidies.queries.pages import page_by_key

AWAY = 0  # in an address: children at no school of ours
SHOWN = 500  # a longer list is narrowed by name
AWAY_LABEL = "在县外就读的学生"


@needs(P.SELECT_CHILDREN)
def selections(request):
    """List the rules with a quota of the term, and how much of each is taken."""
    term = working_term(request)
    try:
        quotas = quotas_of(term) if term else []
    except NoPolicy as missing:
        quotas = []
        messages.info(request, str(missing))
    rows = [
        {"quota": quota, "taken": Selection.objects.of(term, quota.rule.code).count()} for quota in quotas
    ]
    context = {"crumbs": _crumbs(), "term": term, "rows": rows}
    return render(request, "subsidies/selections/list.html", context)


@needs(P.SELECT_CHILDREN)
def selection_schools(request, rule):
    """List the schools where a rule may be given, with how many each has selected."""
    term, quota = _quota(request, rule)
    form = SchoolSearchForm(request.GET)
    schools = School.objects.visible_to(request.user, P.SELECT_CHILDREN).filter(
        is_open=True, stage_set__stage__in=quota.stages
    )
    rows = form.narrow(schools.distinct())
    page, next_key = page_by_key(rows, ("area_id", "code", "id"), after=request.GET.get("after", ""))
    chosen = Selection.objects.of(term, rule).values("student")
    here = Enrolment.objects.of(term).filter(student__in=chosen).order_by()
    counts = dict(here.values_list("school").annotate(n=Count("pk")))
    context = {
        "crumbs": _crumbs((quota.rule.label, None)),
        "term": term,
        "quota": quota,
        "form": form,
        "figures": _figures(quota, None) if not quota.selection.per_school else [],
        "rows": [
            {"school": school, "taken": counts.get(school.pk, 0), "places": quota.places(school)}
            for school in page
        ],
        "away": counts.get(None, 0),
        "next_url": _kept(request, next_key) if next_key else "",
    }
    return render(request, "subsidies/selections/schools.html", context)


@needs(P.SELECT_CHILDREN)
def selection(request, rule, school):
    """The children of one school who meet the rule; ticked ones are selected when the form is saved."""
    term, quota = _quota(request, rule)
    place = None
    if school == AWAY and quota.selection.per_school:
        raise Http404  # no school of ours, no quota of a school
    if school != AWAY:
        place = get_object_or_404(School.objects.visible_to(request.user, P.SELECT_CHILDREN), pk=school)
    if request.method == "POST" and _save(request, quota, place):
        return redirect(request.get_full_path())
    form = NameSearchForm(request.GET)
    try:
        rows, fallen, more = _rows(request, quota, place, form)
    except FactUnread as unread:
        rows, fallen, more = [], [], 0
        messages.error(request, str(unread))
    where = place.name if place else AWAY_LABEL
    schools = reverse("subsidies:selection_schools", args=[rule])
    context = {
        "crumbs": _crumbs((quota.rule.label, schools), (where, None)),
        "term": term,
        "quota": quota,
        "where": where,
        "figures": _figures(quota, place),
        "rows": rows,
        "fallen": fallen,
        "more": more,
        "form": form,
        "may_save": not term.is_closed,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "subsidies/selections/children.html", context, status=status)


def _quota(request, rule: str):
    term = working_term(request)
    try:
        quota = quota_of(term, rule) if term else None
    except NoPolicy:
        quota = None
    if quota is None:
        raise Http404
    return term, quota


def _save(request, quota: Quota, place: School | None) -> bool:
    """Take the ticks over; what was ticked when the page opened and is no more is taken back."""
    if request.POST.get("term") != quota.term.pk:
        messages.error(request, "您在别处换了学期，没有保存；请核对学期后再选。")
        return False
    was, now = _keys(request, "was"), _keys(request, "child")
    visible = Enrolment.objects.visible_to(request.user, P.SELECT_CHILDREN).of(quota.term)
    known = set(visible.filter(student__in=was | now).values_list("student_id", flat=True))
    try:
        added, dropped = select(
            by=actor(request, P.SELECT_CHILDREN), term=quota.term, rule=quota.rule.code, school=place,
            add=(now - was) & known, drop=(was - now) & known,
        )  # fmt: skip
    except StepRefused as refusal:
        messages.error(request, str(refusal))
        return False
    told = [f"选定 {added} 人"] * bool(added) + [f"取消 {dropped} 人"] * bool(dropped)
    messages.success(request, f"已{'，'.join(told)}，应享重新测算后生效。" if told else "没有改动。")
    return True


def _rows(request, quota: Quota, place: School | None, form: NameSearchForm):
    """Return (eligible children with their ticks, selected ones who are not eligible any more, how many are not shown)."""
    here = (
        Enrolment.objects.visible_to(request.user, P.SELECT_CHILDREN)
        .of(quota.term)
        .filter(school=place, stage__in=quota.stages)
    )
    ticked = set(
        Selection.objects.of(quota.term, quota.rule.code).at(place).values_list("student_id", flat=True)
    )
    may = eligible(quota, here.studying())
    wanted = form.narrow(here.filter(student__in=may | ticked)).select_related("student", "school_class")
    order = ("stage", "grade", "school_class__name", "student__name", "pk")
    reasons = Prefetch("student__selections", Selection.objects.of(quota.term, quota.rule.code), "chosen")
    found = list(wanted.prefetch_related(reasons).order_by(*order)[: SHOWN + 1])
    asked = _keys(request, "child") if request.method == "POST" else None
    rows = [
        {"it": row, "was": row.student_id in ticked, "ticked": row.student_id in (ticked if asked is None else asked)}
        for row in found[:SHOWN]
    ]  # fmt: skip
    fallen = [row for row in rows if row["it"].student_id not in may]
    return [row for row in rows if row["it"].student_id in may], fallen, len(found) > SHOWN


def _keys(request, name: str) -> set[int]:
    return {
        int(text)
        for text in request.POST.getlist(name)
        if text.isascii() and text.isdigit() and len(text) < 19
    }


def _figures(quota: Quota, place: School | None) -> list[dict]:
    places, taken = quota.places(place), quota.taken(place)
    return [
        {"label": "名额" if quota.selection.per_school else "全县名额", "value": f"{places:,}", "unit": "个"},
        {"label": "已选", "value": f"{taken:,}", "unit": "人"},
        {"label": "还可以选", "value": f"{max(0, places - taken):,}", "unit": "人", "s": "bad" if taken > places else ""},
    ]  # fmt: skip


def _kept(request, after: str) -> str:
    kept = request.GET.copy()
    kept["after"] = after
    return f"?{kept.urlencode()}"


def _crumbs(*more):
    here = ("名额评选", reverse("subsidies:selections") if more else None)
    return [("首页", reverse("home:todo")), ("资助发放", None), here, *more]
