"""The county's own settings."""

from django.db import transaction

from povertyedu.audit.models import record
from povertyedu.options.registry import DEFINITIONS, set_option, texts
from povertyedu.workflow.flow import Actor


@transaction.atomic
def save_options(*, values: dict[str, str], by: Actor) -> list[str]:
    """Store the options that differ from what holds now; return their labels. ``values``: key -> text."""
    held = texts()
    changed = []
    for key, text in values.items():
        if text.strip() == held[key]:
            continue
        row = set_option(key, text, by_name=by.name)
        label = DEFINITIONS[key].label
        record(by, action="option.update", subject=row, changes={label: [held[key], row.value]})
        changed.append(label)
    return changed
