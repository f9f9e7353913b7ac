from django.db.models import Count, Q

from povertyedu.orgs.calendar import today

from .models import Notice, NoticeState, ObjectionState

PAGE = 50


def notices_of(user, permission, *, shown: str = "", after: int | None = None) -> list[Notice]:
    """Return a page (one more than PAGE when there are more) of the notices ``user`` may read, newest first.

    ``shown``: open, objected (with an open objection), or all.
    """
    notices = (
        Notice.objects.visible_to(user, permission)
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
