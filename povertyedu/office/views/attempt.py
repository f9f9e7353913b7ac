"""A form, one action, and the action's refusal as an error of the form."""

from django.core.exceptions import ValidationError


def attempt(form, action, **arguments):
    """Return what ``action`` returns; where it refuses, put its sentence on ``form`` and return None."""
    try:
        return action(**arguments)
    except ValidationError as refusal:
        form.add_error(None, refusal.messages)
        return None
