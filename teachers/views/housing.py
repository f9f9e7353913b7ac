"""周转宿舍: what is free and taken, buildings and rooms, moving in and out, the waiting list."""

from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_http_methods

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.models import School
from povertyedu.ui.listing import handed_over
from teachers.actions import housing as actions
from teachers.forms import housing as forms
from teachers.forms.care import WhyForm
from teachers.models import Building, HousingRequest, Occupancy, Room
from teachers.queries import housing as queries
from teachers.queries.housing_export import housing_workbook

from .care import crumbs, form_page, posted, url

TRAIL = ("周转宿舍", "/teachers/housing/")
HOUSING = (P.KEEP_CARE,)


def _chosen(request):
    """Return the filter and the schools, rooms, buildings and requests it leaves."""
    form = forms.SchoolFilter(request.GET, user=request.user, permission=P.KEEP_CARE)
    schools = form.schools(School.objects.visible_to(request.user, P.KEEP_CARE))
    keys = schools.values("pk")
    rooms = Room.objects.visible_to(request.user, P.KEEP_CARE).filter(building__school__in=keys)
    buildings = Building.objects.visible_to(request.user, P.KEEP_CARE).filter(school__in=keys)
    asked = HousingRequest.objects.visible_to(request.user, P.KEEP_CARE).filter(school__in=keys)
    return form, schools, rooms, buildings, asked


@needs(*HOUSING)
@require_GET
def housing(request):
    """Show rooms, places, who lives where, who waits, by school."""
    form, schools, rooms, buildings, asked = _chosen(request)
    stock = queries.stock_of(schools.order_by("area_id", "code"), rooms, asked)
    living = Occupancy.objects.visible_to(request.user, P.KEEP_CARE)
    waiting = asked.waiting().select_related("teacher__person", "teacher__home_area", "school__area")
    names = ("rooms", "places", "occupied", "out_of_use", "free", "waiting")
    context = {
        "crumbs": crumbs(("周转宿舍", None)),
        "form": form,
        "applied": form.in_force(),
        "stock": stock,
        "sums": {name: sum(getattr(row, name) for row in stock) for name in names},
        "buildings": queries.buildings_of(buildings, living),
        "waiting": queries.waiting_list(list(waiting)),
        "export_url": f"{url('housing_export')}?{request.GET.urlencode()}",
    }
    return render(request, "teachers/care/housing.html", context)


@needs(*HOUSING)
@require_GET
def export(request):
    """Hand the rooms over as a workbook, with who lives in them."""
    form, _, _, buildings, _ = _chosen(request)
    found = queries.buildings_of(buildings, Occupancy.objects.visible_to(request.user, P.KEEP_CARE))
    return handed_over(
        housing_workbook(found, words=form.in_force() or "全部", by=request.user.name), "教师周转宿舍台账"
    )


@needs(*HOUSING)
@require_http_methods(["GET", "HEAD", "POST"])
def building_new(request):
    """Register a building of a school."""
    form = forms.BuildingForm(posted(request)[0], user=request.user)
    by = actor(request, P.KEEP_CARE)
    return form_page(
        request, form, lambda typed: actions.keep_building(by=by, building=Building(**typed)), title="登记宿舍楼", trail=[TRAIL], back=url("housing"),
        done="已登记，请接着登记房间。", to=url("housing"),
    )  # fmt: skip


@needs(*HOUSING)
@require_http_methods(["GET", "HEAD", "POST"])
def room_new(request, pk):
    """Register a room of a building."""
    building = get_object_or_404(Building.objects.visible_to(request.user, P.KEEP_CARE), pk=pk)
    return _room(request, Room(building=building), f"登记房间：{building}")


@needs(*HOUSING)
@require_http_methods(["GET", "HEAD", "POST"])
def room_edit(request, pk):
    """Correct a room, or put it out of use."""
    rooms = Room.objects.visible_to(request.user, P.KEEP_CARE).select_related("building")
    room = get_object_or_404(rooms, pk=pk)
    return _room(request, room, f"更正房间：{room}")


def _room(request, room: Room, title: str):
    form = forms.RoomForm(posted(request)[0], room=room)

    def act(typed):
        for name, value in typed.items():
            setattr(room, name, value)
        return actions.keep_room(by=actor(request, P.KEEP_CARE), room=room)

    return form_page(
        request,
        form,
        act,
        title=title,
        trail=[TRAIL],
        back=url("housing"),
        done="已保存。",
        to=url("housing"),
    )


@needs(*HOUSING)
@require_http_methods(["GET", "HEAD", "POST"])
def move_in(request):
    """Let a teacher move into a room."""
    rooms = Room.objects.visible_to(request.user, P.KEEP_CARE)
    asked = {"teacher": request.GET.get("teacher", ""), "room": request.GET.get("room", "")}
    form = forms.MoveInForm(posted(request)[0], user=request.user, rooms=rooms, initial=asked)
    by = actor(request, P.KEEP_CARE)
    return form_page(
        request, form, lambda typed: actions.move_in(by=by, **typed), title="安排入住", trail=[TRAIL], back=url("housing"), done="已登记入住。",
        to=url("housing"), button="安排入住",
    )  # fmt: skip


@needs(*HOUSING)
@require_http_methods(["GET", "HEAD", "POST"])
def move_out(request, pk):
    """End an occupancy."""
    rows = Occupancy.objects.visible_to(request.user, P.KEEP_CARE).select_related(
        "teacher__person", "room__building"
    )
    found = get_object_or_404(rows, pk=pk)
    by = actor(request, P.KEEP_CARE)
    return form_page(
        request, forms.MoveOutForm(posted(request)[0]), lambda typed: actions.move_out(by=by, occupancy=found, **typed), title=f"办理退房：{found}",
        trail=[TRAIL], back=url("housing"), done="已办理退房。", to=url("housing"), button="退房",
    )  # fmt: skip


@needs(*HOUSING)
@require_http_methods(["GET", "HEAD", "POST"])
def request_new(request):
    """Put a teacher on the waiting list."""
    form = forms.AskForm(posted(request)[0], user=request.user)
    by = actor(request, P.KEEP_CARE)
    return form_page(
        request, form, lambda typed: actions.ask(by=by, **typed), title="登记轮候", trail=[TRAIL], back=url("housing"), done="已列入轮候。",
        to=url("housing"),
    )  # fmt: skip


@needs(*HOUSING)
@require_http_methods(["GET", "HEAD", "POST"])
def request_withdraw(request, pk):
    """Take a teacher off the waiting list."""
    rows = HousingRequest.objects.visible_to(request.user, P.KEEP_CARE).select_related("teacher__person")
    found = get_object_or_404(rows, pk=pk)
    by = actor(request, P.KEEP_CARE)
    return form_page(
        request, WhyForm(posted(request)[0]), lambda typed: actions.withdraw(by=by, request=found, **typed), title=f"取消轮候：{found.teacher}",
        trail=[TRAIL], back=url("housing"), done="已取消轮候。", to=url("housing"), button="取消轮候",
    )  # fmt: skip
