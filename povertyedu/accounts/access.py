"""The decorator of every view that is not open to all: who may."""

from collections.abc import Callable, Container
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404

from povertyedu.orgs.models import Term
from povertyedu.workflow.flow import Actor, Flow, Transition


def needs(*permissions: str):
    """Let in those who hold any of ``permissions`` somewhere; others get 403.

    *Where* they hold it is the view's next line: ``Model.objects.visible_to(request.user, permission)``,
    which answers 404 out of scope.
    """

    def decorate(view):
        @wraps(view)
        def guarded(request, *args, **kwargs):
            if not any(request.user.can(permission) for permission in permissions):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.permissions = permissions
        return guarded

    return decorate


def actor(request, permission: str | None = None) -> Actor:
    """Return the person behind ``request`` as decision and audit rows keep them."""
    return request.user.as_actor(permission, ip=request.META.get("REMOTE_ADDR", ""))


def open_step(
    request, flow: Flow, verb: str, verbs: Container[str], find: Callable[[str], Any], *, reads: str
) -> tuple[Transition, Any]:
    """Return the step ``verb`` of ``flow`` and its subject, as ``find(permission)`` reaches it with the right to the step.

    404 for what is none of ``verbs`` or out of reach; 403 for who may read it (``reads``) and not take the step.
    """
    if verb not in verbs:
        raise Http404
    step = flow[verb]
    held = request.user.can(step.permission)
    found = find(step.permission if held else reads)
    if not held:
        raise PermissionDenied
    return step, found


def working_term(request) -> Term | None:
    """Return the term a page is about: ``?term=``, else the one the user chose, else the newest; None without terms."""
    asked = request.GET.get("term")
    if asked:
        return get_object_or_404(Term, pk=asked)
    return request.user.current_term or Term.objects.first()
