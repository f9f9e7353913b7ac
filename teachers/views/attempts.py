"""A form, one action, and its refusal as an error of the form, in words."""

from povertyedu.ui import attempt as ui
from povertyedu.workflow.flow import StepRefused


def attempt(form, action, **arguments):
    """Return what ``action`` returns; where it refuses, put its sentence on ``form`` and return None."""
    try:
        return ui.attempt(form, action, **arguments)
    except StepRefused as refusal:
        form.add_error(None, str(refusal))
    return None
