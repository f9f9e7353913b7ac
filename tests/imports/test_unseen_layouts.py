"""Rosters in layouts made up at random: counts, codes and the registry are exactly what the truth says."""

import pytest

from students.models import Enrolment
from tests import factories
from tests.factories.rosters import Rosters

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
TERM = ("--term", "2020-autumn")


@pytest.fixture
def places(xiazhai, qingshi):
    villages = [factories.village(), factories.village("529901100002", "下寨村"), factories.village("529901101001", "上河村")]  # fmt: skip
    return [xiazhai, qingshi, factories.school("青石镇初级中学", kind="junior")], villages


def registry() -> set[tuple]:
    found = Enrolment.objects.select_related(
        "school", "school_class", "student__guardian", "student__bank_account"
    )
    return {
        (
            s.id_number, s.name, s.sex, s.birth_date, e.school.code, e.stage, e.grade, s.home_area_id,
            e.school_class.name if e.school_class else "", e.boarding, s.is_left_behind,
            s.bank_account.number if hasattr(s, "bank_account") else "", s.guardian.name if hasattr(s, "guardian") else "", s.phone,
        )
        for e in found
        for s in [e.student]
    }  # fmt: skip


@pytest.mark.parametrize(
    ("seed", "as_csv"), [*((n, False) for n in range(14)), *((n, True) for n in range(100, 108))]
)
def test_roster_of_an_unseen_layout_comes_in_exactly(run, places, seed, as_csv):
    made = Rosters(seed, *places).make(as_csv=as_csv)

    answer = run("roster", made.content, *TERM, name=made.name)

    assert {key: answer[key] for key in made.counts} == made.counts
    assert answer["rejected_by_code"] == made.rejected_by_code
    assert registry() == made.registry
    again = run("roster", made.content, *TERM, name=made.name)
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, len(made.registry))
