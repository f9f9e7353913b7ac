"""外出就读名单: children of the county who study elsewhere, with household scope and no school of ours."""

import io
import json

import pytest
from django.core.management import call_command
from django.urls import reverse

from povertyedu.options.registry import set_option
from povertyedu.orgs.models import Term
from povertyedu.workflow.flow import Actor
from students.models import Enrolment, FactChange, Student
from subsidies.actions.recalculation import recalculate
from subsidies.models import Recalculation
from tests import factories

from .conftest import roster, workbook
from .test_samples import TERM, import_county

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

AWAY = (
    "序号", "姓名", "身份证件号", "户籍乡镇", "户籍村", "学段", "年级", "就读学校", "就读学校所在地", "就读方式", "对方是否已资助",
)  # fmt: skip
PERSON = Actor(None, "测试", "")


def away_row(number: int = 1, **cells) -> list:
    good = dict(zip(AWAY, (
        number, "罗娜", factories.id_number(number, birth="20021103"), "城关镇", "红星村", "本科", "大一", "贵阳学院", "贵州省贵阳市", "住校", "",
    ), strict=True))  # fmt: skip
    return list((good | cells).values())


def away(*rows) -> bytes:
    return workbook(("外出就读", [AWAY, *rows]))


@pytest.mark.samples
@pytest.mark.parametrize("county", ["county-a", "county-b"])
def test_county_with_away_is_entitled_as_expected(run, shared_samples, county):
    expected = json.loads((shared_samples / county / "expected.json").read_text())
    call_command("load_policy", "guiding", stdout=io.StringIO())
    import_county(run, shared_samples / county)
    term = Term.objects.get(pk="2020-autumn")
    recalculate(term=term, by=PERSON, trigger="测试")
    without = Recalculation.objects.first().by_programme

    answer = run("away", shared_samples / county / "away.xlsx", *TERM)
    recalculate(term=term, by=PERSON, trigger="测试", only_changed=True)

    figures = ("rows", "created", "rejected")
    assert {name: answer[name] for name in figures} == {"rows": 100, "created": 100, "rejected": 0}
    assert plain(without) == expected["entitlements"]
    assert plain(Recalculation.objects.first().by_programme) == expected["entitlements_with_away"]
    again = run("away", shared_samples / county / "away.xlsx", *TERM)
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, 100)


def plain(by_programme: dict) -> dict:
    return {code: {k: v[k] for k in ("students", "amount_fen")} for code, v in by_programme.items()}


def test_child_away_has_household_scope_and_no_school(run, village):
    run("away", away(away_row()), *TERM)

    student = Student.objects.get()
    row = student.enrolments.get()
    assert (student.name, student.sex, str(student.birth_date)) == ("罗娜", "male", "2002-11-03")
    facts = (row.school, row.place, row.outside_school, row.outside_region, row.boarding, row.aided_elsewhere)
    assert facts == (None, "in_province", "贵阳学院", "贵州省贵阳市", True, "unknown")
    assert (row.school_area, row.home_area, row.stage, row.grade) == ("", "529901100001", "bachelor", 1)


@pytest.mark.parametrize(
    ("region", "province", "place"),
    [
        ("贵州省遵义市", "贵州省", "in_province"),
        ("贵州遵义", "贵州省", "in_province"),
        ("云南省昆明市", "贵州省", "elsewhere"),
        ("云南省昆明市", "云南省", "in_province"),
        ("广西南宁", "广西壮族自治区", "in_province"),
    ],
)
def test_place_follows_the_province_of_the_county(run, village, region, province, place):
    set_option("home_province", province, by_name="测试")

    run("away", away(away_row(就读学校所在地=region)), *TERM)

    assert Enrolment.objects.get().place == place


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"户籍乡镇": "", "户籍村": ""}, "area_unknown"),
        ({"户籍村": "没有村"}, "area_unknown"),
        ({"身份证件号": ""}, "id_missing"),
        ({"姓名": ""}, "name_missing"),
        ({"学段": "大学"}, "stage_unknown"),
        ({"年级": "大九"}, "grade_out_of_range"),
        ({"就读学校所在地": ""}, "area_unknown"),
        ({"就读学校所在地": "贵州省云岭县"}, "on_roster"),
        ({"对方是否已资助": "也许"}, "value_unknown"),
    ],
)
def test_row_that_says_too_little_is_refused(run, village, cells, code):
    answer = run("away", away(away_row(**cells)), *TERM)

    assert answer["rejected_by_code"] == {code: 1}
    assert not Student.objects.exists()


def test_child_on_the_roster_of_the_term_is_a_conflict_both_ways(run, village, xiazhai):
    run("roster", roster(xiazhai, 1), *TERM)
    number = Student.objects.get().id_number
    listed = away(away_row(身份证件号=number, 姓名="罗二", 学段="小学", 年级="五年级"))

    assert run("away", listed, *TERM)["rejected_by_code"] == {"on_roster": 1}

    Enrolment.objects.all().delete()
    assert run("away", listed, *TERM)["updated"] == 1
    assert run("roster", roster(xiazhai, 1), *TERM)["rejected_by_code"] == {"on_away_list": 1}
    assert Enrolment.objects.get().school is None


def test_child_who_left_our_school_this_term_becomes_away(run, village, xiazhai):
    run("roster", roster(xiazhai, 1), *TERM)
    Enrolment.objects.update(status="left")
    child = Student.objects.get()

    answer = run(
        "away", away(away_row(姓名=child.name, 身份证件号=child.id_number, 学段="小学", 年级="五年级")), *TERM
    )

    row = Enrolment.objects.get()
    assert answer["updated"] == 1
    assert (row.school, row.school_class, row.place, row.status) == (None, None, "in_province", "studying")
    assert (row.outside_school, row.school_area, row.ownership) == ("贵阳学院", "", "")


def test_answer_of_the_other_county_is_taken_in_and_a_blank_keeps_it(run, village):
    run("away", away(away_row(对方是否已资助="待核实")), *TERM)
    marks = FactChange.objects.count()

    blank = run("away", away(away_row()), *TERM)
    changed = run("away", away(away_row(对方是否已资助="否")), *TERM)

    assert (blank["unchanged"], changed["updated"]) == (1, 1)
    assert Enrolment.objects.get().aided_elsewhere == "no"
    assert FactChange.objects.count() == marks + 1


def test_township_does_not_blur_a_village(run, village):
    run("away", away(away_row()), *TERM)

    answer = run("away", away(away_row(户籍村="")), *TERM)

    assert answer["unchanged"] == 1
    assert Enrolment.objects.get().home_area == "529901100001"


def test_queries_do_not_grow_with_the_rows(run, village, count_queries):
    few = count_queries(lambda: run("away", away(*[away_row(n) for n in range(1, 4)]), *TERM))
    many = count_queries(lambda: run("away", away(*[away_row(n) for n in range(10, 90)]), *TERM))

    assert many <= few


def test_list_and_dashboard_show_the_child_by_household(run, village, client, autumn, aid_officer):
    run("away", away(away_row()), *TERM)
    client.force_login(aid_officer)

    by_home = client.get(reverse("students:list"), {"by": "home_area"}).content.decode()
    by_school = client.get(reverse("students:list"), {"by": "school_area"}).content.decode()

    assert "贵阳学院（省内县外就读）" in by_home
    assert "贵阳学院" not in by_school
