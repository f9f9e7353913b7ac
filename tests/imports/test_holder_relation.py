"""与开户人关系 as a further column of the roster: in, out, and in again."""

import pytest

from students.models import BankAccount
from tests import factories

from .conftest import ROSTER, roster_row, workbook

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
TERM = ("--term", "2020-autumn")
HEADINGS = (*ROSTER, "与开户人关系")


def rosters(school, *rows) -> bytes:
    return workbook(("学生花名册", [HEADINGS, *([*roster_row(school, n, **cells), relation] for n, relation, cells in rows)]))  # fmt: skip


@pytest.mark.usefixtures("autumn")
def test_roster_brings_the_relation_and_a_blank_never_erases_it(run, xiazhai):
    factories.village()
    content = rosters(
        xiazhai,
        (1, "母亲", {"开户人": "罗丽浩"}),
        (2, "爷爷", {"开户人": "罗老大"}),
        (3, "", {}),
        (4, "本人", {"开户人": "他人"}),
    )
    answer = run("roster", content, *TERM)
    assert (answer["created"], answer["rejected"], answer["warnings"]) == (4, 0, {"holder_mismatch": 1})
    found = BankAccount.objects.order_by("student").values_list("holder", "relation")
    assert list(found) == [("罗丽浩", "mother"), ("罗老大", "grandparent"), ("罗四", ""), ("他人", "self")]
    again = run("roster", content, *TERM)
    assert (again["unchanged"], again["updated"]) == (4, 0)
    run("roster", rosters(xiazhai, (1, "", {"开户人": ""}), (3, "父", {})), *TERM)
    assert list(BankAccount.objects.order_by("student").values_list("relation", flat=True)) == [
        "mother", "grandparent", "father", "self",
    ]  # fmt: skip
    wrong = run("roster", rosters(xiazhai, (1, "邻居家", {})), *TERM)
    assert wrong["rejected_by_code"] == {"value_unknown": 1}


@pytest.mark.usefixtures("autumn")
def test_relation_without_an_account_is_no_change(run, xiazhai):
    factories.village()
    content = rosters(xiazhai, (1, "母亲", {"银行账号": "", "开户人": "罗丽浩"}))
    assert run("roster", content, *TERM)["created"] == 1
    assert run("roster", content, *TERM)["unchanged"] == 1
