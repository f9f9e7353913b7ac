"""毕业去向: who was sent and did not arrive, who was admitted nowhere, and what is done about each."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from povertyedu.accounts.access import actor, needs, working_term
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.enums import Stage
from povertyedu.orgs.models import School
from povertyedu.workflow.flow import StepRefused
from students.actions import departures as actions
from students.forms.places import PlaceForm
from students.forms.promotion import AnswerDepartureForm, FeederForm
from students.models import Departure, Feeder
from students.queries import area_names

PER_PAGE = 50
TABS = {
    "vanished": "送出未接到",
    "liang_hou_sheng": "两后生",
    "to_be_received": "待本校接收",
    "settled": "已落实",
}
EXPLAINED = {
    "vanished": "小学已送出、新学期全县没有学籍的学生。逐人查清去向，落实责任人。",
    "liang_hou_sheng": "本学期和以前学期初中、高中毕业后没有升学的学生，含务工、就业的。送入职业学校就读前一直跟踪。",
    "to_be_received": "对口小学送来的学生。报到的勾选“确认接收”，建立本校七年级学籍；没报到的不要勾。",
    "settled": "已在新学校有学籍，或已查明去向的学生。",
}


@needs(P.VIEW_STUDENTS)
def departures(request):
    """The lists of a term, by key."""
    term = working_term(request)
    if term is None:
        return render(request, "students/no_term.html", {"crumbs": _crumbs(link=False)})
    places = PlaceForm(request.GET)
    every = Departure.objects.visible_to(request.user, P.VIEW_STUDENTS)
    every = every.filter(places.condition(schools=("from_school__area_id",), home="home_area"))
    seen = every.filter(term=term)
    tab = request.GET.get("tab") if request.GET.get("tab") in TABS else "vanished"
    sets = {name: getattr(seen, name)() for name in TABS}
    sets["liang_hou_sheng"] = every.up_to(term).liang_hou_sheng()
    sets["to_be_received"] = sets["to_be_received"].filter(to_school__in=_own_schools(request))
    rows = sets[tab].select_related("student", "term", "from_school", "to_school").order_by("pk")
    after = request.GET.get("after", "")
    if after.isascii() and after.isdigit() and len(after) < 19:
        rows = rows.filter(pk__gt=after)
    found = list(rows[: PER_PAGE + 1])
    names = area_names(row.home_area for row in found)
    kept = urlencode({"term": term.pk} | places.kept)
    base = f"?{kept}&tab={tab}"
    context = {
        "crumbs": _crumbs(link=False),
        "term": term,
        "tab": tab,
        "places": places,
        "keep": {"term": term.pk, "tab": tab},
        "explained": EXPLAINED[tab],
        "rows": [{"it": row, "home": names.get(row.home_area, "")} for row in found[:PER_PAGE]],
        "tabs": [
            {
                "text": text,
                "url": f"?{kept}&tab={name}",
                "active": name == tab,
                "count": sets[name].count(),
            }
            for name, text in TABS.items()
        ],
        "may_receive": tab == "to_be_received" and request.user.can(P.MOVE_STUDENTS),
        "next_url": f"{base}&after={found[PER_PAGE - 1].pk}" if len(found) > PER_PAGE else "",
        "first_url": base if after else "",
    }
    return render(request, "students/departures/list.html", context)


@needs(P.VIEW_STUDENTS)
def departure(request, pk):
    """One child: where from, where to, what is known; whoever may changes what is known."""
    seen = Departure.objects.visible_to(request.user, P.VIEW_STUDENTS).with_arrival()
    found = get_object_or_404(seen.select_related("student", "term", "from_school", "to_school"), pk=pk)
    may = Departure.objects.visible_to(request.user, P.MOVE_STUDENTS).filter(pk=pk).exists()
    if request.method == "POST" and not may:
        raise PermissionDenied
    answered = {"whereabouts": found.whereabouts, "responsible": found.responsible, "note": found.note}
    known = {"destination": found.destination} if found.answered_at else {}
    form = AnswerDepartureForm(request.POST or None, initial=answered | known) if may else None
    if request.method == "POST" and form.is_valid():
        actions.answer(by=actor(request, P.MOVE_STUDENTS), departure=found, **form.cleaned_data)
        messages.success(request, f"已登记{found.student.name}的去向。")
        return redirect("students:departure", pk)
    context = {
        "crumbs": [*_crumbs(), (found.student.name, None)],
        "departure": found,
        "home": area_names([found.home_area]).get(found.home_area, ""),
        "form": form,
    }
    status = 422 if form is not None and form.errors else 200
    return render(request, "students/departures/detail.html", context, status=status)


@require_POST
@needs(P.MOVE_STUDENTS)
def receive(request):
    """Enrol the ticked children at the junior school they were sent to."""
    ticked = [
        pk for pk in request.POST.getlist("departure") if pk.isascii() and pk.isdigit() and len(pk) < 19
    ]
    rows = Departure.objects.visible_to(request.user, P.MOVE_STUDENTS)
    rows = rows.filter(pk__in=ticked, to_school__in=_own_schools(request))
    try:
        done = actions.receive(by=actor(request, P.MOVE_STUDENTS), departures=rows)
    except StepRefused as refusal:
        messages.error(request, str(refusal))
    else:
        told = f"已接收 {done} 人，建立七年级学籍。" if done else "没有勾选学生，或他们已由其他学校接收。"
        (messages.success if done else messages.error)(request, told)
    return redirect(f"{reverse('students:departures')}?tab=to_be_received")


@needs(P.MANAGE_ORGS)
def feeders(request):
    """Which junior school each primary school sends its sixth grade to."""
    primaries = (
        School.objects.visible_to(request.user, P.MANAGE_ORGS).of_stage(Stage.PRIMARY).filter(is_open=True)
    )
    current = dict(
        Feeder.objects.visible_to(request.user, P.MANAGE_ORGS).values_list("from_school", "to_school")
    )
    own_junior = set(School.objects.of_stage(Stage.JUNIOR).values_list("pk", flat=True))
    rows = [(school, current.get(school.pk)) for school in primaries if school.pk not in own_junior]
    form = FeederForm(request.POST or None, rows=rows)
    if request.method == "POST" and form.is_valid():
        for school, _ in rows:
            chosen = form.cleaned_data[f"school-{school.pk}"]
            actions.set_feeder(by=actor(request, P.MANAGE_ORGS), from_school=school, to_school=chosen)
        messages.success(request, "对口初中已保存；待确认的升级名单请点“重新生成”。")
        return redirect("students:feeders")
    context = {
        "crumbs": [
            ("首页", reverse("home:todo")),
            ("升级结转", reverse("students:promotions")),
            ("对口初中", None),
        ],
        "form": form,
        "missing": sum(1 for _, to_school in rows if not to_school),
    }
    return render(request, "students/promotion/feeders.html", context, status=422 if form.errors else 200)


def _own_schools(request):
    """Return the schools one may enrol at."""
    return School.objects.visible_to(request.user, P.MOVE_STUDENTS)


def _crumbs(*, link: bool = True):
    return [("首页", reverse("home:todo")), ("毕业去向", reverse("students:departures") if link else None)]
