"""What is done to one teacher, each on a page of its own: posted, corrected, ended; terms and titles written down."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.models import School
from povertyedu.workflow.attempt import attempt
from teachers.actions import places, posts
from teachers.actions import registry as actions
from teachers.actions.titles import award
from teachers.forms import registry as forms
from teachers.forms.establishment import WhyForm
from teachers.models import Appointment, SchoolPlace, ServiceTerm, Teacher

from .registry import crumbs, teacher_of


def _appoint(form, by, teacher):
    data = form.cleaned_data | {"note": form.cleaned_data["note"] or ""}
    return attempt(form, posts.appoint, by=by, teacher=teacher, **data)


def _leave(form, by, teacher):
    return attempt(form, posts.leave, by=by, teacher=teacher, **form.cleaned_data)


def _term(form, by, teacher):
    data = form.cleaned_data | {"note": form.cleaned_data["note"] or ""}
    return attempt(form, actions.keep_term, by=by, teacher=teacher, **data)


def _award(form, by, teacher):
    return attempt(form, award, by=by, teacher=teacher, **form.given)


# verb -> title, form, what is done, whether the form asks who reads and which teacher
ACTS = {
    "appoint": ("聘任（调动）", forms.PostForm, _appoint, True),
    "leave": ("离任", forms.LeaveForm, _leave, False),
    "term": ("登记服务期（合同）", forms.TermForm, _term, False),
    "award": ("登记职称、骨干", forms.AwardForm, _award, False),
}


@needs(P.EDIT_TEACHERS)
@require_http_methods(["GET", "HEAD", "POST"])
def act(request, pk, verb):
    """Do one thing to a teacher."""
    if verb not in ACTS:
        raise Http404
    title, form_class, do, asks = ACTS[verb]
    found = teacher_of(request, pk, P.EDIT_TEACHERS)
    more = {"user": request.user, "teacher": found} if asks else {}
    form = form_class(request.POST if request.method == "POST" else None, **more)
    if form.is_bound and form.is_valid() and do(form, actor(request, P.EDIT_TEACHERS), found):
        messages.success(request, f"已办理：{title}。")
        return redirect(found)
    return _page(request, form, found, title)


def _page(request, form, found: Teacher, title: str, note: str = ""):
    context = {
        "crumbs": crumbs((found.name, found.get_absolute_url()), (title, None)), "title": f"{title}：{found.name}", "form": form,
        "note": note, "button": title, "back_url": found.get_absolute_url(),
    }  # fmt: skip
    return render(request, "teachers/form.html", context, status=422 if form.errors else 200)


def _post(request, pk) -> Appointment:
    rows = Appointment.objects.visible_to(request.user, P.EDIT_TEACHERS).select_related(
        "teacher__person", "school"
    )
    return get_object_or_404(rows, pk=pk)


@needs(P.EDIT_TEACHERS)
@require_http_methods(["GET", "HEAD", "POST"])
def post_correct(request, pk):
    """Correct a post's subject, days or establishment."""
    post = _post(request, pk)
    form = forms.CorrectPostForm(request.POST if request.method == "POST" else None, post=post)
    by = actor(request, P.EDIT_TEACHERS)
    if (
        form.is_bound
        and form.is_valid()
        and attempt(form, posts.correct_post, by=by, post=post, **form.facts)
    ):
        messages.success(request, "已更正岗位。")
        return redirect(post.teacher)
    return _page(request, form, post.teacher, "更正岗位", note=post.school.name)


@needs(P.EDIT_TEACHERS)
@require_http_methods(["GET", "HEAD", "POST"])
def post_withdraw(request, pk):
    """Take back a post that has not begun, for a reason."""
    post = _post(request, pk)
    form = WhyForm(request.POST if request.method == "POST" else None)
    by = actor(request, P.EDIT_TEACHERS)
    if (
        form.is_bound
        and form.is_valid()
        and attempt(form, posts.withdraw_post, by=by, post=post, **form.cleaned_data)
    ):
        messages.success(request, f"已撤回{post.school}的岗位聘任。")
        return redirect(post.teacher)
    note = f"{post.school}，自 {post.since} 起；撤回后原来的岗位继续"
    return _page(request, form, post.teacher, "撤回聘任", note=note)


@needs(P.EDIT_TEACHERS)
@require_http_methods(["GET", "HEAD", "POST"])
def term_end(request, pk):
    """Close a term of service or a contract."""
    rows = ServiceTerm.objects.visible_to(request.user, P.EDIT_TEACHERS).select_related("teacher__person")
    term = get_object_or_404(rows, pk=pk)
    form = forms.EndTermForm(request.POST if request.method == "POST" else None)
    by = actor(request, P.EDIT_TEACHERS)
    if (
        form.is_bound
        and form.is_valid()
        and attempt(form, actions.end_term, by=by, term=term, **form.cleaned_data)
    ):
        messages.success(request, f"已办结：{term.get_kind_display()}。")
        return redirect(term.teacher)
    return _page(request, form, term.teacher, f"办结{term.get_kind_display()}")


@needs(P.MANAGE_ESTABLISHMENT)
@require_http_methods(["GET", "HEAD", "POST"])
def place(request, pk):
    """Say how remote a school is, whether it is a quality school, where it stands."""
    school = get_object_or_404(School.objects.visible_to(request.user, P.MANAGE_ESTABLISHMENT), pk=pk)
    held = SchoolPlace.objects.visible_to(request.user, P.MANAGE_ESTABLISHMENT).filter(school=school).first()
    form = forms.PlaceForm(
        request.POST if request.method == "POST" else None, instance=held or SchoolPlace(school=school)
    )
    by, back = actor(request, P.MANAGE_ESTABLISHMENT), reverse("teachers:school_establishment", args=[pk])
    if form.is_bound and form.is_valid():
        row = places.Placed(pk, **form.placed)
        if attempt(form, places.keep_places, by=by, rows=[row]):
            messages.success(request, "已保存。")
            return redirect(back)
    context = {
        "crumbs": crumbs((school.name, back), ("位置和偏远程度", None)), "title": f"位置和偏远程度：{school.name}", "form": form, "back_url": back,
    }  # fmt: skip
    return render(request, "teachers/form.html", context, status=422 if form.errors else 200)
