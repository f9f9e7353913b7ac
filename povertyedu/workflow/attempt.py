"""A form, one action, and the action's refusal as an error of the form."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.forms import BaseForm

from povertyedu.workflow.flow import StepRefused

CLASH = "刚有人登记了相同的内容，请刷新后再看。"


def attempt(form: BaseForm, action: Callable[..., Any], *, clash: str = CLASH, **arguments: Any) -> Any:
    """Return what ``action`` returns; where it refuses, put its sentence on ``form`` and return None.

    Actions are atomic: when two people store the same in the same moment, the later one wrote nothing, and reads ``clash``.
    """
    try:
        return action(**arguments)
    except ValidationError as refusal:
        form.add_error(None, refusal.messages)
    except StepRefused as refusal:
        form.add_error(None, str(refusal))
    except IntegrityError:
        form.add_error(None, clash)
    return None
