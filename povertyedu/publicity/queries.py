from django.db.models import Count, Q

from povertyedu.orgs.calendar import today

from .models import Notice, NoticeState, Objection, ObjectionState

PAGE = 50


def readable(user, permissions: dict[str, str]):
    """Return the notices ``user`` may read; ``permissions``: kind of matter -> what reading it needs."""
    found = Notice.objects.none()
    for kind, permission in permissions.items():
        if user.can(permission):
            found = found | Notice.objects.visible_to(user, permission).filter(about__startswith=f"{kind}:")
    return found


def objections_readable(user, permissions: dict[str, str]):
    """Return the objections to the notices of :func:`readable`."""
    return Objection.objects.filter(notice__in=readable(user, permissions).values("pk"))


def notices_of(
    user, permissions: dict[str, str], *, shown: str = "", after: int | None = None
) -> list[Notice]:
    """Return a page (one more than PAGE when there are more) of the notices ``user`` may read, newest first.

    ``shown``: open, objected (with an open objection), or all.
    """
    notices = (
        readable(user, permissions)
        .select_related("school")
        .defer("rows")
        .annotate(
            objected=Count("objections", filter=Q(objections__state=ObjectionState.OPEN)),
            heard=Count("objections"),
        )
    )
    if shown == "open":
        notices = notices.filter(state=NoticeState.OPEN, closes_on__gte=today())
    elif shown == "objected":
        notices = notices.filter(objected__gt=0)
    if after:
        notices = notices.filter(pk__lt=after)
    return list(notices.order_by("-pk")[: PAGE + 1])
