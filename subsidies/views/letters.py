"""一封家书: what a family is told of its child's aid, term by term; one child's, or a whole sheet's for printing."""

from itertools import groupby

from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from povertyedu.accounts.access import needs, working_term
from povertyedu.accounts.permissions import Permission as P
from povertyedu.options.registry import options
from students.models import Enrolment
from subsidies.actions.policies import NoPolicy, pack_of, policy_for
from subsidies.explanations import explain_enrolment
from subsidies.family import family_sentences
from subsidies.models import Line, SchoolSheet
from subsidies.queries import FactUnread

from .batches import CRUMB, HOME


def _frame(term) -> dict:
    names = options("bureau_name", "aid_office_phone")
    return {"bureau_name": names["bureau_name"], "phone": names["aid_office_phone"], "term": term}


def _letter(name: str, school, sentences: list[str], lines: list[Line]) -> dict:
    return {
        "name": name,
        "school": school,
        "sentences": sentences,
        "lines": lines,
        "fen": sum(line.amount_fen for line in lines),
    }


@needs(P.VIEW_SUBSIDIES)
@require_GET
def letter(request, student_pk: int):
    """One child's letter of the term: what it gets and by which words, and what was paid, earlier terms with it."""
    term = working_term(request)
    seen = Enrolment.objects.visible_to(request.user, P.VIEW_SUBSIDIES)
    enrolment = get_object_or_404(
        seen.select_related("student", "term", "school", "school_class"), student=student_pk, term=term
    )
    lines = Line.objects.visible_to(request.user, P.VIEW_SUBSIDIES).in_list()
    mine = lines.filter(student=student_pk, batch__term=term).select_related("term", "programme")
    mine = mine.order_by("term__starts_on", "programme__position")
    at = enrolment.school or enrolment.outside_school
    context = {
        "crumbs": [HOME, ("致家长的一封信", None)],
        "letters": [_letter(enrolment.student.name, at, _sentences(enrolment), list(mine))],
    }
    return render(request, "subsidies/letters.html", context | _frame(term))


def _sentences(enrolment: Enrolment) -> list[str]:
    try:
        policy = policy_for(enrolment.term)
        return family_sentences(explain_enrolment(enrolment, pack_of(policy), policy.figures))
    except (NoPolicy, FactUnread):
        return []


@needs(P.VIEW_SUBSIDIES)
@require_GET
def letters(request, pk: int):
    """The letters of all children of a school's sheet, one to a printed page: what this batch brings, term by term."""
    sheet = get_object_or_404(
        SchoolSheet.objects.visible_to(request.user, P.VIEW_SUBSIDIES).select_related(
            "school", "batch__term"
        ),
        pk=pk,
    )
    lines = (
        Line.objects.visible_to(request.user, P.VIEW_SUBSIDIES)
        .in_list()
        .filter(sheet=sheet)
        .select_related("term", "programme")
        .order_by(
            "grade", "class_name", "student_name", "student_id", "term__starts_on", "programme__position"
        )
    )
    grouped = [(key, list(rows)) for key, rows in groupby(lines, key=lambda line: line.student_id)]
    context = {
        "crumbs": [
            HOME,
            CRUMB,
            (sheet.batch.number, reverse("subsidies:batch", args=[sheet.batch_id])),
            (sheet.school.name, reverse("subsidies:sheet", args=[pk])),
            ("致家长的一封信", None),
        ],
        "letters": [_letter(rows[0].student_name, sheet.school, [], rows) for _, rows in grouped],
    }
    return render(request, "subsidies/letters.html", context | _frame(sheet.batch.term))
