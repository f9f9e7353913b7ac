"""To-do list, leaders' dashboard, the manual."""

from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from povertyedu.orgs.models import Term


@require_GET
def todo(request):
    return render(request, "home/todo.html", {})


@require_POST
def switch_term(request):
    """Remember which term this person works on."""
    request.user.current_term = get_object_or_404(Term, pk=request.POST.get("term"))
    request.user.save(update_fields=["current_term"])
    back = request.POST.get("next", "")
    return redirect(back if url_has_allowed_host_and_scheme(back, {request.get_host()}) else "home:todo")


@require_GET
def dashboard(request):
    return render(request, "home/todo.html", {})


def dashboard_area(request, code):
    return render(request, "home/todo.html", {})


def dashboard_school(request, pk):
    return render(request, "home/todo.html", {})


def dashboard_class(request, pk):
    return render(request, "home/todo.html", {})


def manual(request, page="index"):
    return render(request, "home/todo.html", {})
