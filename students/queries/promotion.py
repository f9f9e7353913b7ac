"""Reads of the promotion wizard: counts that add up, and what changed since a run took effect."""

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from students.enums import EnrolmentStatus, Outcome, Place
from students.facts import CarriedFactsText, FactsText
from students.models import Enrolment, Promotion, PromotionLine


def counts_of(promotion: Promotion) -> dict[str, int]:
    """Return how many lines each outcome has, in the outcomes' order, zeros left out."""
    found = dict(promotion.lines.order_by().values_list("outcome").annotate(n=Count("pk")))
    return {outcome.value: found[outcome] for outcome in Outcome if outcome in found}


def by_grade(promotion: Promotion) -> list[dict]:
    """Return one row per stage and grade: students of each outcome and their sum."""
    rows = (
        promotion.lines.order_by()
        .values("stage", "grade")
        .annotate(
            total=Count("pk"),
            undecided=Count("pk", filter=Q(outcome=Outcome.SENT, to_school=None)),
            edited=Count("pk", filter=Q(is_edited=True)),
            **{outcome.value: Count("pk", filter=Q(outcome=outcome)) for outcome in Outcome},
        )
    )
    return list(rows)


def changed_since(promotion: Promotion) -> QuerySet[PromotionLine]:
    """Return the run's lines whose new enrolment is no longer what the run wrote, or is gone."""
    as_written = (
        Enrolment.objects.annotate(
            class_text=Coalesce("school_class__name", Value("")), facts_text=FactsText("facts")
        )
        .filter(student=OuterRef("student"), term=promotion.to_term_id, school=OuterRef("to_school"))
        .filter(stage=OuterRef("to_stage"), grade=OuterRef("to_grade"), class_text=OuterRef("to_class_name"))
        .filter(boarding=OuterRef("enrolment__boarding"), home_area=OuterRef("enrolment__home_area"))
        .filter(place=Place.IN_COUNTY, meal_days=None)
        .filter(facts_text=CarriedFactsText(OuterRef("enrolment__facts")))
    )
    suspended = Q(outcome=Outcome.SUSPENDED)
    unchanged = suspended & Exists(as_written.filter(status=EnrolmentStatus.SUSPENDED)) | ~suspended & Exists(
        as_written.filter(status=EnrolmentStatus.STUDYING)
    )
    return promotion.lines.filter(made=True).exclude(unchanged)
