"""Why this amount: one child's rules, met or not, and its four numbers."""

from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from povertyedu.accounts.access import needs, working_term
from povertyedu.accounts.permissions import Permission
from students.models import Enrolment, Student
from subsidies import engine
from subsidies.actions.policies import NoPolicy, pack_of, policy_for
from subsidies.explanations import explain_enrolment
from subsidies.family import family_sentences
from subsidies.models import Line
from subsidies.queries import FactUnread, balances_of
from subsidies.queries.exchange import last_answer


def _enrolment(request, student_pk: int) -> Enrolment:
    seen = Enrolment.objects.visible_to(request.user, Permission.VIEW_SUBSIDIES)
    return get_object_or_404(
        seen.select_related("student", "term", "school", "school_class"),
        student__in=Student.objects.filter(pk=student_pk),  # everyone: within the enrolments seen
        term=working_term(request),
    )


@needs(Permission.VIEW_SUBSIDIES)
@require_GET
def why(request, student_pk: int):
    """Explain a child's term; with ``?programme=`` that programme first. A fragment for the drawer, a page without script."""
    enrolment = _enrolment(request, student_pk)
    context = {
        "enrolment": enrolment,
        "crumbs": [("金额依据", None)],
        "programme": request.GET.get("programme", ""),
    }
    try:
        policy = policy_for(enrolment.term)
        explanation = explain_enrolment(enrolment, pack_of(policy), policy.figures)
    except (NoPolicy, FactUnread) as error:
        context["error"] = str(error)
    else:
        context["explanation"] = explanation
        context["shown"] = _shown(explanation, context["programme"])
        context["sums"] = [(kind, fen) for kind, _, fen in explanation.by_kind() if kind != engine.Kind.LOAN]
        context["family"] = family_sentences(explanation)
        context["lines"] = (
            Line.objects.visible_to(request.user)
            .filter(student=student_pk)
            .select_related("batch", "programme", "term")
            .order_by("-pk")[:20]
        )
    return render(request, "subsidies/_why.html" if request.htmx else "subsidies/why.html", context)


def _shown(explanation, programme: str) -> list[dict]:
    """Return the findings that gave money, the asked programme's first, each with its shares in words."""
    ordered = sorted(explanation.awarded, key=lambda finding: finding.rule.programme != programme)
    return [
        {
            "finding": finding,
            "parameters": explanation.pack.parameters_of(finding.rule),
            "beaten": explanation.beaten_by(finding),
            "shares": [
                {
                    "source": engine.SOURCES[source],
                    "share": _percent(fen, finding.amount_fen),
                    "amount_fen": fen,
                }
                for source, fen in finding.shares
            ],
        }
        for finding in ordered
    ]


def _percent(part: int, whole: int) -> str:
    return f"{part * 100 / whole:.1f}%" if whole else "—"


@needs(Permission.VIEW_SUBSIDIES)
@require_GET
def student_panel(request, student_pk: int):
    """A child's programmes of the term with entitled, paid, in hand and outstanding."""
    enrolment = _enrolment(request, student_pk)
    balances = balances_of(enrolment)
    label = request.GET.get("label", "")  # which of two records that stand side by side
    context = {
        "enrolment": enrolment,
        "balances": balances,
        "answer": last_answer(enrolment) if enrolment.school_id is None else None,
        "title": f"{label}：资助情况" if label in ("甲", "乙") else "资助情况",
        "crumbs": [("资助情况", None)],
    }
    return render(request, "subsidies/_panel.html" if request.htmx else "subsidies/panel.html", context)
