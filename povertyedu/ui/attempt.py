"""A form, one action, and the action's refusal as an error of the form."""

from django.core.exceptions import ValidationError
from django.db import IntegrityError

CLASH = "刚有人登记了相同的内容，请刷新后再看。"


def attempt(form, action, *, clash: str = CLASH, **arguments):
    """Return what ``action`` returns; where it refuses, put its sentence on ``form`` and return None.

    Actions are atomic: when two people store the same in the same moment, the later one wrote nothing, and reads ``clash``.
    """
    try:
        return action(**arguments)
    except ValidationError as refusal:
        form.add_error(None, refusal.messages)
    except IntegrityError:
        form.add_error(None, clash)
    return None
