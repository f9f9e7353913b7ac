"""A form, one action, and the action's refusal as an error of the form."""

from django.core.exceptions import ValidationError
from django.db import IntegrityError


def attempt(form, action, **arguments):
    """Return what ``action`` returns; where it refuses, put its sentence on ``form`` and return None.

    Actions are atomic: when two people store the same in the same moment, the later one wrote nothing.
    """
    try:
        return action(**arguments)
    except ValidationError as refusal:
        form.add_error(None, refusal.messages)
    except IntegrityError:
        form.add_error(None, "刚有人登记了相同的内容，请刷新后再看。")
    return None
