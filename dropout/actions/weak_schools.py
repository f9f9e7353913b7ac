"""薄弱学校: put on the list, given a contact and measures, taken off."""

from typing import Any

from django.db import transaction

from dropout.models import WeakSchool
from povertyedu.audit.changes import changes_between
from povertyedu.audit.models import record
from povertyedu.workflow.flow import Actor


@transaction.atomic
def keep_weak_school(*, by: Actor, weak: WeakSchool, **fields: Any) -> WeakSchool:
    """Put a school on the list of weak ones, or change what is said of it. Raise ValidationError for a second time."""
    old = WeakSchool.objects.filter(pk=weak.pk).first()
    for name, value in fields.items():
        setattr(weak, name, value)
    weak.by_name = by.name
    weak.full_clean()
    weak.save()
    record(by, action="weak_school.keep", subject=weak, changes=changes_between(old, weak))
    return weak
