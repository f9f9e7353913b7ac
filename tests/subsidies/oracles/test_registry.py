"""The same oracles against a whole recalculation: facts out of the registry, money into the ledger's rows."""

import pytest

from povertyedu.orgs.models import School
from povertyedu.sealing import keyed_hash
from povertyedu.workflow.flow import SYSTEM
from students.models import Enrolment, Student
from subsidies.actions.policies import load_policy, pack_text
from subsidies.actions.recalculation import recalculate
from subsidies.engine import categories_mask
from subsidies.models import Entitlement
from tests import factories
from tests.subsidies.oracles.counties import TAGS, random_county
from tests.subsidies.oracles.guiding import guiding
from tests.subsidies.oracles.linxia import linxia
from tests.subsidies.oracles.suizhou import suizhou
from tests.subsidies.oracles.test_oracles import OPEN
from tests.subsidies.oracles.yizhang import yizhang

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
HERE = ("full_time", "tier", "fee_tuition", "fee_textbook", "fee_care")  # kept in Enrolment.facts


def registry(children, term):
    """Enter a random county; {primary key of the student: child}."""
    area, home = factories.township(), factories.village()
    schools = {
        code: School.objects.create(
            name=f"学校{code[-1]}", kind="primary", area=area, ownership="public", setting="rural", code=code, tags=tags
        )
        for code, tags in TAGS.items()
    }  # fmt: skip
    numbers = [factories.id_number(serial) for serial in range(1, len(children) + 1)]
    students = Student.objects.bulk_create(
        Student(
            name="罗娜", sex="female", id_number=number, id_hash=keyed_hash(number), home_area=home,
            hukou=child["household"] or "",
        )
        for number, child in zip(numbers, children, strict=True)
    )  # fmt: skip
    Enrolment.objects.bulk_create(
        Enrolment(
            student=student, term=term, school=schools.get(child["school"]), major=child["major"] or "",
            categories=categories_mask(child["categories"]), home_area=home.full_code,
            school_area=area.full_code if child["school"] else "",
            facts={name: child[name] for name in HERE if child[name] is not None},
            **{
                name: child[name]
                for name in (
                    "stage", "grade", "boarding", "ownership", "setting", "place", "aided_elsewhere", "agri_major",
                    "meal_days",
                )
            },
        )
        for student, child in zip(students, children, strict=True)
    )  # fmt: skip
    return {student.pk: child for student, child in zip(students, children, strict=True)}


CASES = {
    ("guiding", "2020-autumn"): guiding, ("linxia", "2020-autumn"): linxia, ("yizhang", "2021-spring"): yizhang,
    ("suizhou", "2020-spring"): suizhou, ("suizhou", "2025-autumn"): suizhou,
}  # fmt: skip


@pytest.mark.parametrize(("name", "code"), CASES)
def test_recalculation_owes_every_child_what_the_plan_says(name, code):
    plan = CASES[name, code]
    children, figures = random_county(2, 400)
    filled = {figure: figures[figure] for figure in OPEN[name] if figure in figures}
    load_policy(text=pack_text(name), by=SYSTEM, figures=filled)
    term = factories.term(code)
    entered = registry(children, term)

    done = recalculate(term=term, by=SYSTEM, trigger="测试")

    owed = {pk: {} for pk in entered}
    for student, programme, fen in Entitlement.objects.values_list("student", "programme", "amount_fen"):
        owed[student][programme] = fen
    said = {pk: plan(child, code, figures) for pk, child in entered.items()}
    assert {pk: (owed[pk], said[pk]) for pk in said if owed[pk] != said[pk]} == {}
    assert done.amount_fen == sum(sum(lines.values()) for lines in said.values()) > 0
