from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.office.actions.records import store
from povertyedu.office.forms.orgs import PersonFilter, PersonForm
from povertyedu.office.paging import page_of
from povertyedu.orgs.models import Person
from povertyedu.workflow.attempt import attempt


@needs(P.MANAGE_ORGS)
def people(request):
    form = PersonFilter(request.GET, user=request.user)
    rows = form.narrow(Person.objects.visible_to(request.user, P.MANAGE_ORGS))
    rows = rows.select_related("school", "area__parent", "account").prefetch_related("homeroom_classes")
    page = page_of(rows, request.GET, order=("name", "id"), unit="人")
    crumbs = [("系统管理", None), ("人员", None)]
    return render(request, "office/people.html", {"form": form, "page": page, "crumbs": crumbs})


@needs(P.MANAGE_ORGS)
def person_new(request):
    return _edit(request, PersonForm(request.POST or None, user=request.user), "新增人员")


@needs(P.MANAGE_ORGS)
def person_edit(request, pk):
    person = get_object_or_404(Person.objects.visible_to(request.user, P.MANAGE_ORGS), pk=pk)
    return _edit(
        request, PersonForm(request.POST or None, instance=person, user=request.user), f"修改{person}"
    )


def _edit(request, form, title):
    if request.method == "POST" and form.is_valid():
        person = attempt(form, store, row=form.instance, by=actor(request, P.MANAGE_ORGS))
        if person:
            messages.success(request, f"已保存“{person}”。")
            return redirect("office:people")
    back = reverse("office:people")
    context = {"form": form, "title": title, "back_url": back, "crumbs": [("人员", back), (title, None)]}
    return render(request, "office/form.html", context)
