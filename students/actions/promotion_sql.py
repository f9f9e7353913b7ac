"""What an applied run writes, each in one statement for any number of children, the same on both databases."""

from django.db import connection

from povertyedu import bulk
from povertyedu.orgs.enums import Stage
from povertyedu.orgs.models import School, SchoolClass, Term
from students.enums import EnrolmentStatus, Outcome
from students.facts import carried_sql
from students.models import Departure, Enrolment, Promotion, PromotionLine
from students.models.promotion import ROLLING

_TABLES = {
    "enrolment": Enrolment._meta.db_table, "line": PromotionLine._meta.db_table, "school": School._meta.db_table,
    "school_class": SchoolClass._meta.db_table, "departure": Departure._meta.db_table, "term": Term._meta.db_table,
    "rolling": ", ".join(f"'{outcome}'" for outcome in ROLLING),
    "leaving": ", ".join(f"'{outcome}'" for outcome in (Outcome.SENT, Outcome.GRADUATE, Outcome.NOT_HERE)),
}  # fmt: skip
# Columns of the new term's enrolment that are not last term's; "l" is the line, "s" the school as it is now.
_NEW = {
    "term_id": "%s",
    "school_id": "l.to_school_id",
    "school_class_id": "c.id",
    "stage": "l.to_stage",
    "grade": "l.to_grade",
    "ownership": "s.ownership",
    "setting": "s.setting",
    "school_area": "substr(s.area_id || '000000', 1, 12)",
    "meal_days": "NULL",
    "categories": "0",
    "status": f"CASE WHEN l.outcome = '{Outcome.SUSPENDED}' THEN '{EnrolmentStatus.SUSPENDED}' "
    f"ELSE '{EnrolmentStatus.STUDYING}' END",
}


def _execute(sql: str, parameters) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql.format(**_TABLES), parameters)
        return cursor.rowcount


def mark_made(promotion: Promotion) -> int:
    """Mark the lines that will get an enrolment: those who stay and are not in the new term yet; return how many."""
    return _execute(
        "UPDATE {line} SET made = true WHERE promotion_id = %s AND outcome IN ({rolling}) AND NOT EXISTS "
        "(SELECT 1 FROM {enrolment} e WHERE e.student_id = {line}.student_id AND e.term_id = %s)",
        [promotion.pk, promotion.to_term_id],
    )


def make_classes(promotion: Promotion) -> int:
    """Create the classes the lines name and their school does not have; a class that goes up keeps its teacher."""
    return _execute(
        "INSERT INTO {school_class} (school_id, stage, grade, name, homeroom_teacher_id) "
        "SELECT l.to_school_id, l.to_stage, l.to_grade, l.to_class_name, MIN(o.homeroom_teacher_id) FROM {line} l "
        "LEFT JOIN {school_class} o ON o.school_id = l.from_school_id AND o.stage = l.stage AND o.grade = l.grade "
        "AND o.name = l.to_class_name "
        "WHERE l.promotion_id = %s AND l.made AND l.to_class_name <> '' "
        "GROUP BY l.to_school_id, l.to_stage, l.to_grade, l.to_class_name ON CONFLICT DO NOTHING",
        [promotion.pk],
    )


def make_enrolments(promotion: Promotion) -> int:
    """Write the new term's enrolments of the marked lines from last term's facts; return how many."""
    columns = [field.column for field in Enrolment._meta.concrete_fields if not field.primary_key]
    new = _NEW | {"facts": carried_sql("e.facts")}
    values = ", ".join(new.get(column, f"e.{column}") for column in columns)
    return _execute(
        f"INSERT INTO {{enrolment}} ({', '.join(columns)}) SELECT {values} FROM {{line}} l "
        "JOIN {enrolment} e ON e.id = l.enrolment_id JOIN {school} s ON s.id = l.to_school_id "
        "LEFT JOIN {school_class} c ON c.school_id = l.to_school_id AND c.stage = l.to_stage AND c.grade = l.to_grade "
        "AND c.name = l.to_class_name WHERE l.promotion_id = %s AND l.made "
        "ON CONFLICT (student_id, term_id) DO NOTHING",
        [promotion.to_term_id, promotion.pk],
    )


def make_departures(promotion: Promotion) -> int:
    """Write who left: sent to a junior school, graduated, gone. A kindergarten's leavers are not followed."""
    return _execute(
        "INSERT INTO {departure} (student_id, term_id, promotion_id, enrolment_id, outcome, from_school_id, to_school_id, "
        "stage, grade, class_name, home_area, destination, whereabouts, responsible, note, answered_by) "
        "SELECT l.student_id, %s, l.promotion_id, l.enrolment_id, l.outcome, l.from_school_id, l.to_school_id, "
        "l.stage, l.grade, l.class_name, e.home_area, l.destination, '', '', l.note, '' "
        "FROM {line} l JOIN {enrolment} e ON e.id = l.enrolment_id "
        "WHERE l.promotion_id = %s AND l.outcome IN ({leaving}) AND l.stage <> 'preschool' "
        "ON CONFLICT (student_id, term_id) DO NOTHING",
        [promotion.to_term_id, promotion.pk],
    )


def make_received(departures: list[int]) -> int:
    """Enrol children who arrived at the junior school they were sent to, in its first grade; return how many."""
    arriving = _NEW | {
        "term_id": "d.term_id", "school_id": "d.to_school_id", "school_class_id": "NULL", "stage": f"'{Stage.JUNIOR}'",
        "grade": "1", "entered_on": "t.starts_on", "status": f"'{EnrolmentStatus.STUDYING}'", "facts": carried_sql("e.facts"),
    }  # fmt: skip
    columns = [field.column for field in Enrolment._meta.concrete_fields if not field.primary_key]
    values = ", ".join(arriving.get(column, f"e.{column}") for column in columns)
    with bulk.keys(Departure, "id", departures) as keys:
        return _execute(
            f"INSERT INTO {{enrolment}} ({', '.join(columns)}) SELECT {values} FROM {{departure}} d "
            "JOIN {enrolment} e ON e.id = d.enrolment_id JOIN {school} s ON s.id = d.to_school_id "
            "JOIN {term} t ON t.code = d.term_id "
            f"WHERE d.id IN ({keys.sql}) ON CONFLICT (student_id, term_id) DO NOTHING",
            [],
        )
