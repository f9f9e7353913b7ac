"""Moves: the list of what waits and what is done, asking, answering, and following up the money."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from povertyedu.accounts.access import actor, needs, working_term
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.models import School, SchoolClass
from povertyedu.workflow.flow import StepRefused
from students.actions import moves as actions
from students.enums import MoveKind, MoveSide, MoveState
from students.forms.moves import KINDS_OF_OWN_SCHOOL, AnswerForm, NoteForm, OwnMoveForm, TakeInForm
from students.forms.places import PlaceForm
from students.models import Enrolment, Move, Student
from students.money import on_its_way
from students.queries import enrolment_shown, in_charge
from students.queries.moves import child_named

PER_PAGE = 50
TABS = {
    "answer": "待本方答复",
    "asked": "已提出待答复",
    "done": "已办结",
    "money": "资助待跟进",
    "all": "全部",
}
BUTTONS = {
    MoveKind.TRANSFER: "提出转学",
    MoveKind.OUT: "办理转出",
    MoveKind.LEAVE: "办理休学",
    MoveKind.RETURN: "办理复学",
    MoveKind.GRADUATE: "办理提前毕业",
    MoveKind.DECEASED: "注销学籍",
}


@needs(P.MOVE_STUDENTS)
def move_list(request):
    """The moves of one's schools, by what is to be done about them; newest first, by key."""
    places = PlaceForm(request.GET)
    there = places.condition(
        schools=("from_school__area_id", "to_school__area_id"), home="student__home_area_id"
    )
    seen = Move.objects.visible_to(request.user, P.MOVE_STUDENTS).filter(there)
    waiting = Move.objects.to_answer_by(request.user, P.MOVE_STUDENTS).filter(there)
    tab = request.GET.get("tab") if request.GET.get("tab") in TABS else "answer"
    rows = {
        "answer": waiting,
        "asked": seen.open().exclude(pk__in=waiting.values("pk")),
        "done": seen.filter(state=MoveState.DONE),
        "money": seen.with_money_left(),
        "all": seen,
    }[tab]
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 19:
        rows = rows.filter(pk__lt=before)
    found = list(rows.with_schools()[: PER_PAGE + 1])
    base = f"?{urlencode({'tab': tab} | places.kept)}"
    context = {
        "crumbs": _crumbs(link=False),
        "rows": found[:PER_PAGE],
        "tabs": [
            {"text": text, "url": f"?{urlencode({'tab': name} | places.kept)}", "active": name == tab}
            for name, text in TABS.items()
        ],
        "tab": tab,
        "places": places,
        "keep": {"tab": tab},
        "next_url": f"{base}&before={found[PER_PAGE - 1].pk}" if len(found) > PER_PAGE else "",
        "first_url": base if before else "",
    }
    return render(request, "students/moves/list.html", context)


@needs(P.MOVE_STUDENTS)
def move_of(request, pk):
    """Begin a move of a child of one's own school; ``?kind=`` says which."""
    enrolment = _own(request, pk)
    student = enrolment.student
    kind = request.GET.get("kind") if request.GET.get("kind") in KINDS_OF_OWN_SCHOOL else None
    context = {
        "crumbs": [*_crumbs(), (student.name, reverse("students:detail", args=[pk])), ("办理异动", None)],
        "student": student,
        "enrolment": enrolment,
        "kinds": [{"value": kind.value, "label": kind.label} for kind in KINDS_OF_OWN_SCHOOL],
        "money": on_its_way(student),
    }
    if kind is None:
        return render(request, "students/moves/choose.html", context)
    form = _own_form(request, kind, enrolment)
    if request.method == "POST" and form.is_valid():
        move = _attempt(form, _settle, request=request, kind=kind, enrolment=enrolment)
        if move:
            messages.success(request, _said(move))
            return redirect("students:move", move.pk)
    context |= {"form": form, "title": f"{MoveKind(kind).label}：{student.name}", "button": BUTTONS[kind]}
    return render(request, "students/moves/form.html", context, status=422 if form.errors else 200)


@needs(P.MOVE_STUDENTS)
def take_in(request):
    """Ask for a child of another school of the county, or enrol one who comes from outside it."""
    term = working_term(request)
    if term is None:
        return render(request, "students/no_term.html", {"crumbs": _crumbs()})
    schools = _schools(request).prefetch_related("stage_set")
    form = TakeInForm(request.POST or None, schools=schools, term=term)
    if request.method == "POST" and form.is_valid():
        move = _attempt(form, _take_in, request=request, term=term)
        if move:
            messages.success(request, _said(move))
            return redirect("students:move", move.pk)
    context = {
        "crumbs": [*_crumbs(), ("申请转入", None)],
        "form": form,
        "title": "申请转入",
        "note": term,
        "button": "提出转入",
        "is_take_in": True,
    }
    return render(request, "students/moves/form.html", context, status=422 if form.errors else 200)


@needs(P.MOVE_STUDENTS)
def move(request, pk):
    """One move: who asked what, what became of it, and what this person may do about it."""
    return _page(request, _visible(request, pk))


@require_POST
@needs(P.MOVE_STUDENTS)
def move_answer(request, pk):
    """Agree to a transfer or refuse it; only for the school that is asked."""
    found = _visible(request, pk)
    if found.state != MoveState.REQUESTED and found.answering_school in _schools(request):
        messages.info(request, f"这项转学“{found.get_state_display()}”，不用再答复。")
        return redirect("students:move", pk)
    if not _may_answer(request, found):
        raise PermissionDenied
    form = AnswerForm(request.POST, classes=_classes_for(request, found))
    by = actor(request, P.MOVE_STUDENTS)
    if form.is_valid():
        if request.POST.get("answer") == "accept":
            done = _attempt(form, _accept, by=by, move=found)
        else:
            done = _attempt(form, _refuse, by=by, move=found)
        if done:
            messages.success(request, f"已答复：{done.get_state_display()}。")
            return redirect("students:move", pk)
    return _page(request, found, answer=form)


@require_POST
@needs(P.MOVE_STUDENTS)
def move_withdraw(request, pk):
    """Take back what one's own school asked for."""
    found = _visible(request, pk)
    if found.asking_school not in _schools(request):
        raise PermissionDenied
    try:
        actions.withdraw(by=actor(request, P.MOVE_STUDENTS), move=found)
        messages.success(request, "已撤回，学籍没有变动。")
    except StepRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("students:move", pk)


@require_POST
@needs(P.MOVE_STUDENTS)
def move_follow_up(request, pk):
    """Say what came of the money that was on its way."""
    found = _visible(request, pk)
    form = NoteForm(request.POST)
    if form.is_valid() and _attempt(form, _follow_up, by=actor(request, P.MOVE_STUDENTS), move=found):
        messages.success(request, "已记下跟进结果。")
        return redirect("students:move", pk)
    return _page(request, found, note=form)


# --- how they do it -------------------------------------------------------------------------------


def _own(request, pk) -> Enrolment:
    """Return the enrolment of a child of one's own: 404 out of scope, 403 where only reading is allowed."""
    student = get_object_or_404(
        Student.objects.visible_to(request.user, P.VIEW_STUDENTS), pk=pk, merged_into=None
    )
    if not in_charge(student, user=request.user, permission=P.MOVE_STUDENTS):
        raise PermissionDenied
    found = enrolment_shown(
        student, user=request.user, permission=P.MOVE_STUDENTS, code=request.GET.get("term", "")
    )
    if found is None or found.school_id is None:
        raise Http404
    found.student = student
    return found


def _visible(request, pk) -> Move:
    rows = Move.objects.visible_to(request.user, P.MOVE_STUDENTS).with_schools()
    return get_object_or_404(rows, pk=pk)


def _schools(request):
    return School.objects.visible_to(request.user, P.MOVE_STUDENTS).filter(is_open=True)


def _own_form(request, kind, enrolment) -> OwnMoveForm:
    others = (
        School.objects.of_stage(enrolment.stage).filter(is_open=True).exclude(pk=enrolment.school_id)
    )  # any school of the county may be asked
    classes = SchoolClass.objects.visible_to(request.user, P.MOVE_STUDENTS).filter(school=enrolment.school_id)
    return OwnMoveForm(request.POST or None, kind=kind, enrolment=enrolment, schools=others, classes=classes)


def _attempt(form, verb, **values):
    """Return what ``verb`` did with the form's data; a refusal becomes the form's error."""
    try:
        return verb(data=form.cleaned_data, **values)
    except StepRefused as refusal:
        form.add_error(None, str(refusal))
        return None


def _settle(*, data, request, kind, enrolment) -> Move:
    by = actor(request, P.MOVE_STUDENTS)
    if kind == MoveKind.TRANSFER:
        return actions.request_transfer(by=by, enrolment=enrolment, side=MoveSide.SENDING, **data)
    return actions.settle(by=by, enrolment=enrolment, kind=kind, **data)


def _take_in(*, data, request, term) -> Move:
    by = actor(request, P.MOVE_STUDENTS)
    student = child_named(data["id_number"], data["name"])
    if student is None:
        raise StepRefused(
            "没有找到证件号和姓名都相符的学生档案。请照户口簿核对；从县外第一次来的学生，请用“新增学生”建档。"
        )
    common = {"by": by, "effective_on": data["effective_on"], "reason": data["reason"]}
    if data["origin"] == "outside":
        return actions.take_in(
            student=student, term=term, school=data["school"], stage=data["stage"], grade=data["grade"],
            boarding=data["boarding"], outside_school=data["outside_school"],
            outside_region=data["outside_region"], **common,
        )  # fmt: skip
    enrolment = student.enrolments.filter(term=term).first()
    if enrolment is None:
        if not data["grade"]:
            raise StepRefused(f"该生在{term}还没有学籍，请选择转入后的年级，再提出转入。")
        return actions.request_arrival(
            student=student,
            term=term,
            to_school=data["school"],
            stage=data["stage"],
            grade=data["grade"],
            **common,
        )
    return actions.request_transfer(
        enrolment=enrolment, to_school=data["school"], side=MoveSide.RECEIVING, **common
    )


def _accept(*, data, by, move) -> Move:
    return actions.accept(by=by, move=move, to_class=data.get("to_class"))


def _refuse(*, data, by, move) -> Move:
    return actions.refuse(by=by, move=move, reason=data["reason"])


def _follow_up(*, data, by, move) -> Move:
    return actions.follow_up(by=by, move=move, note=data["note"])


def _may_answer(request, found: Move) -> bool:
    mine = Move.objects.to_answer_by(request.user, P.MOVE_STUDENTS).filter(pk=found.pk).exists()
    return mine and found.requested_by_id != request.user.pk


def _classes_for(request, found: Move):
    """Return the classes a receiving school may choose from; None where the sending school answers."""
    if found.asked_by != MoveSide.SENDING:
        return None
    classes = SchoolClass.objects.visible_to(request.user, P.MOVE_STUDENTS)
    return classes.filter(school=found.to_school_id, stage=found.stage, grade=found.grade)


def _page(request, found: Move, *, answer=None, note=None):
    is_open = found.state == MoveState.REQUESTED
    asked_here = is_open and found.asking_school in _schools(request)
    left = bool(found.money) and found.followed_up_at is None and found.state == MoveState.DONE
    may_answer = is_open and _may_answer(request, found)
    context = {
        "crumbs": [*_crumbs(), (found.student.name, None)],
        "move": found,
        "entries": [
            {"at": step.at, "by": f"{step.by_role} {step.by_name}", "text": step.label, "reason": step.reason}
            for step in found.decisions.all()
        ],
        "answer": (answer or AnswerForm(classes=_classes_for(request, found))) if may_answer else None,
        "may_withdraw": asked_here,
        "note": (note or NoteForm()) if left else None,
        "may_open_child": Student.objects.visible_to(request.user, P.VIEW_STUDENTS)
        .filter(pk=found.student_id)
        .exists(),
    }
    status = 422 if (answer and answer.errors) or (note and note.errors) else 200
    return render(request, "students/moves/detail.html", context, status=status)


def _said(move: Move) -> str:
    if move.state == MoveState.REQUESTED:
        return f"已提出，等{move.answering_school}答复；答复以前学籍不变。"
    return f"已办结：{move.student.name}{move.get_kind_display()}。"


def _crumbs(*, link: bool = True):
    return [("首页", reverse("home:todo")), ("学籍异动", reverse("students:moves") if link else None)]
