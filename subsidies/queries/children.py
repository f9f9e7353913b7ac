"""What the registry asks about a child's money, by settings.CHILDRENS_MONEY: it lies a layer below."""

import json
import re

from django.db.models import QuerySet

from povertyedu.orgs.models import Term
from povertyedu.ui.numerals import yuan
from students.models import Student
from subsidies.models import Line, Policy, Programme


def on_its_way(student: Student) -> list[str]:
    """Return the child's lines that are not settled yet, one sentence each: batch, programme, yuan, state."""
    lines = Line.objects.open().filter(student=student).select_related("batch", "programme").order_by("pk")
    return [
        f"{line.batch.number} {line.programme} {yuan(line.amount_fen)} 元（{line.get_state_display()}）"
        for line in lines
    ]


def students_in_batches(term: Term) -> QuerySet:
    """Return the ids of the students with a line of ``term`` that was not taken out of its batch."""
    return Line.objects.in_list().filter(term=term).order_by().values("student_id")


def programmes_by_choice() -> dict[str, str]:
    """Return {code: name} of the programmes of which a family chooses one."""
    return dict(Programme.objects.filter(by_choice=True).values_list("code", "name"))


def policies_asking(fact: str) -> list[str]:
    """Return the titles of the policies, drafts too, whose text names ``fact``."""
    named = re.compile(rf"(?<![a-z0-9_-]){re.escape(fact)}(?![a-z0-9_-])").search
    rows = Policy.objects.order_by("pk").values_list("title", "text", "included")
    found = {title: None for title, text, more in rows if named(text) or named(json.dumps(more))}
    return list(found)
