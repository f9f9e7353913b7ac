"""What the registry asks about a child's money, by settings.CHILDRENS_MONEY: it lies a layer below."""

from django.db.models import QuerySet

from povertyedu.orgs.models import Term
from povertyedu.ui.numerals import yuan
from students.models import Student
from subsidies.models import Line


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
