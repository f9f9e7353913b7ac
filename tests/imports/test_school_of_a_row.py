"""Which school a row of a roster goes to: code and name must not say two, and the preview shows the one that was found."""

import pytest

from students.models import Enrolment
from tests import factories

from .conftest import ROSTER, roster, roster_row, workbook
from .test_fixing import assert_counted, only_wrong, send, suggested
from .test_pages import url, work

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
TERM = ("--term", "2020-autumn")


def cells_shown(client, batch, heading: str = "学校名称") -> list[str]:
    context = client.get(url("rows", batch) + "?tab=all").context
    place = context["headings"].index(heading)
    return [row["cells"][place]["text"] for row in context["rows"]]


def test_code_and_name_of_two_schools_hold_the_row_and_name_both(administrator, xiazhai, qingshi, checked):
    batch = checked(roster(xiazhai, 1, 学校标识码=qingshi.code), by=administrator)

    (error,) = only_wrong(batch).content["errors"]
    assert error == [
        "school_code", "school_conflict",
        f"学校标识码“{qingshi.code}”是“{qingshi.name}”，学校名称却是“{xiazhai.name}”（标识码{xiazhai.code}），"
        "是两所不同的学校；请核对后改正标识码或名称。",
    ]  # fmt: skip


@pytest.mark.parametrize("chosen", [0, 1])
def test_either_of_two_schools_is_taken_by_a_person(client, administrator, xiazhai, qingshi, checked, chosen):
    batch = checked(roster(xiazhai, 2, 学校标识码=qingshi.code), by=administrator)
    client.force_login(administrator)
    labels = suggested(client, batch)[:2]
    assert labels == [
        f"按名称，学校标识码改为“{xiazhai.code}”（{xiazhai.name}）",
        f"按标识码，学校名称改为“{qingshi.name}”（{qingshi.code}）",
    ]

    send(client, "accept", batch, batch.staged.rejected()[0], label=labels[chosen], every="1")

    assert (batch.counts["created"], batch.rejected_by_code) == (2, {})
    assert_counted(batch)
    assert cells_shown(client, batch) == [(xiazhai, qingshi)[chosen].name] * 2


def test_preview_shows_the_school_that_was_found(client, administrator, xiazhai, checked):
    rows = [roster_row(xiazhai, 1, 学校名称=name) for name in ("", "下寨小学（老校区）", xiazhai.name)]
    rows = [roster_row(xiazhai, n, 学校名称=row[1]) for n, row in enumerate(rows, start=1)]
    batch = checked(workbook(("学生花名册", [ROSTER, *rows])), by=administrator)
    client.force_login(administrator)

    assert cells_shown(client, batch) == [
        xiazhai.name,
        f"{xiazhai.name}（文件写“下寨小学（老校区）”）",
        xiazhai.name,
    ]


def test_old_name_of_a_merged_school_beside_the_new_code_is_no_contradiction(run, village, xiazhai):
    old = factories.school("下寨教学点")
    old.is_open, old.merged_into = False, xiazhai
    old.save()

    answer = run("roster", roster(xiazhai, 1, 学校名称="下寨教学点"), *TERM)

    assert (answer["created"], answer["warnings"]) == (1, {})
    assert Enrolment.objects.get().school == xiazhai


def test_name_of_several_schools_beside_the_code_of_one_is_no_contradiction(run, village, xiazhai, qingshi):
    for school in (xiazhai, qingshi):
        school.name = "中心小学"
        school.save()

    run("roster", roster(qingshi, 1), *TERM)

    assert Enrolment.objects.get().school == qingshi


def test_row_of_an_unknown_school_is_not_asked_for_its_stage(run, village, xiazhai):
    content = roster(xiazhai, 1, 学校标识码="9999999999", 学校名称="", 学段="")

    assert run("roster", content, *TERM)["rejected_by_code"] == {"school_unknown": 1}


def test_row_of_a_school_with_several_stages_is_asked_for_its_stage(run, village):
    both = factories.school("石桥镇学校", kind="nine_year")

    assert run("roster", roster(both, 1, 学段=""), *TERM)["rejected_by_code"] == {"stage_unknown": 1}


def test_rows_without_a_school_are_of_the_clerks_own(client, clerk, xiazhai, village, checked):
    kept = [place for place, heading in enumerate(ROSTER) if heading not in ("学校标识码", "学校名称")]
    rows = [
        [row[place] for place in kept] for row in (ROSTER, roster_row(xiazhai, 1), roster_row(xiazhai, 2))
    ]
    batch = checked(workbook(("花名册", rows)), by=clerk)
    client.force_login(clerk)
    assert (batch.counts["created"], cells_shown(client, batch)) == (2, [xiazhai.name] * 2)

    client.post(url("apply", batch))
    work(batch)

    assert list(Enrolment.objects.values_list("school", flat=True)) == [xiazhai.pk] * 2


def test_row_of_another_school_is_still_refused_to_the_clerk(clerk, xiazhai, qingshi, village, checked):
    batch = checked(roster(qingshi, 1), by=clerk)

    assert batch.rejected_by_code == {"out_of_scope": 1}


def test_row_without_a_school_is_refused_where_several_are_in_reach(run, xiazhai, village):
    answer = run("roster", roster(xiazhai, 1, 学校标识码="", 学校名称=""), *TERM)

    assert answer["rejected_by_code"] == {"school_unknown": 1}
