"""Money paid too much: two boarders of spring turn out to be day pupils; one's is asked back, one's nobody has looked at."""

from povertyedu.orgs.models import Term
from students.actions.grid import Cells, save_row
from students.models import Enrolment
from subsidies.actions.recalculation import recalculate
from subsidies.actions.recovery import propose_recovery
from subsidies.enums import LineState, RecoveryMethod
from subsidies.models import Balance, Line

from .batches import Bureau
from .people import SPRING, Child

PROGRAMME = "boarding_living"
REASON = "家校联系时查明春季学期走读，不应享受寄宿生补助。"


def find_too_much(cast: dict[str, Child]) -> None:
    """Correct the two as their clerks would, recalculate spring, propose the first recovery; children of ``cast`` keep theirs."""
    bureau, term = Bureau(), Term.objects.get(pk=SPRING)
    paid = Line.objects.filter(term=term, programme=PROGRAMME, state=LineState.PAID)
    paid = paid.exclude(student_name__in=[child.name for child in cast.values()]).order_by("-pk")
    children = list(paid.values_list("student", flat=True)[:2])
    for row in Enrolment.objects.filter(term=term, student__in=children).select_related(
        "student__bank_account"
    ):
        cells = Cells.of(row)
        save_row(
            by=bureau.clerks[row.school_id], enrolment=row, boarding=False, meal_days=row.meal_days, account_number="",
            seen=cells.seen,
        )  # fmt: skip
    recalculate(term=term, by=bureau.aid, trigger="更正寄宿", only_changed=True)
    over = Balance.objects.filter(
        term=term, programme=PROGRAMME, student__in=children[:1], outstanding_fen__lt=0
    )
    for balance in over:
        propose_recovery(by=bureau.aid, balance=balance, method=RecoveryMethod.RETURNED, reason=REASON)
