"""What the frame around every page shows: county, terms, navigation, counts."""

from django.utils.functional import SimpleLazyObject

from povertyedu.inbox.models import Message
from povertyedu.options.registry import options
from povertyedu.orgs.models import Term

from .manual import help_page_of
from .navigation import navigation_for
from .todos import todos_of


def page_frame(request) -> dict:
    """Return ``frame``, computed only when a template asks for it (fragments do not)."""
    return {"frame": SimpleLazyObject(lambda: _frame(request))}


def _frame(request) -> dict:
    names = options("county_name", "bureau_name")
    frame = {"county_name": names["county_name"], "bureau_name": names["bureau_name"]}
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return frame
    terms = list(Term.objects.all()[:12])
    return frame | {
        "user": user,
        "place_name": user.place_name,
        "terms": terms,
        "term": next((t for t in terms if t.pk == user.current_term_id), terms[0] if terms else None),
        "nav": navigation_for(user, request.path),
        "todo_count": sum(todo.count for todo in todos_of(user)),
        "help_page": help_page_of(user),
        "unread": Message.objects.visible_to(user).unread().count(),
    }
