"""Rows of a comparison as a page reads them."""

from django.db.models import Count, QuerySet

from povertyedu.accounts.permissions import Permission as P
from students.enums import ComparisonKind, FoundIn
from students.models import Comparison, ComparisonRow

# What being on one side only says, per check.
FINDINGS = {
    ComparisonKind.REGISTER_ENROLMENT: {FoundIn.ONLY_LEFT: "有户籍、无学籍（疑似未入学）", FoundIn.ONLY_RIGHT: "有学籍、不在户籍名单"},
    ComparisonKind.ENROLMENT_PRESENT: {FoundIn.ONLY_LEFT: "有学籍、不在校（疑似辍学）", FoundIn.ONLY_RIGHT: "在校、无学籍"},
    ComparisonKind.DROPOUT_POOR: {FoundIn.BOTH: "未在校、属脱贫户（重点劝返）"},
    ComparisonKind.DEPARTMENT_ENROLMENT: {FoundIn.ONLY_LEFT: "部门名单有、无学籍", FoundIn.ONLY_RIGHT: "有学籍、部门名单没有"},
}  # fmt: skip


def findings_of(comparison: Comparison) -> list[dict]:
    """Return what was found: tab, words, numerator and denominator; the share is None over nobody."""
    sides = {side.is_left: side for side in comparison.sides.all()}
    found = []
    for part, words in FINDINGS[ComparisonKind(comparison.kind)].items():
        count = getattr(comparison, part.value)
        whole = sides[part != FoundIn.ONLY_RIGHT].people
        share = f"{count * 100 / whole:.2f}%" if whole else "—"
        found.append({"tab": part.value, "text": words, "count": count, "whole": whole, "share": share})
    return found


def rows_in(comparison: Comparison, part: str, wanted: dict, *, user) -> QuerySet[ComparisonRow]:
    """Return the rows of one finding, narrowed by the filter."""
    rows = ComparisonRow.objects.visible_to(user, P.COMPARE_LISTS).filter(
        comparison=comparison, found_in=part
    )
    if township := wanted.get("township"):
        rows = rows.filter(township.scope.area_q("area_code"))
    if place := wanted.get("place"):
        rows = rows.filter(place__contains=place)
    if disposal := wanted.get("disposal"):
        rows = rows.filter(disposal=None) if disposal == "none" else rows.filter(disposal__code=disposal)
    return rows.select_related("disposal__owner", "student")


def disposed(rows: QuerySet[ComparisonRow]) -> dict[str, int]:
    """Return disposal code -> number of rows; "" for those nobody has disposed of yet."""
    return {
        code or "": n for code, n in rows.order_by().values_list("disposal__code").annotate(n=Count("pk"))
    }
