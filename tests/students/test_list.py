import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.sealing import keyed_hash
from students.enums import HardshipCategory
from students.models import Student
from tests import factories

LIST = reverse("students:list")


def names(response):
    return [row["it"].student.name for row in response.context["rows"]]


def test_list_sends_a_passer_by_to_the_login(client, db):
    assert client.get(LIST).headers["Location"] == "/accounts/login/?next=%2Fstudents%2F"


def test_list_shows_a_clerk_the_own_school_only(client, clerk, luona, qingshi, autumn):
    factories.student("何小明", at=qingshi, during=autumn, home=factories.village("529901101001", "大田村"))
    client.force_login(clerk)
    assert names(client.get(LIST)) == ["罗娜"]


def test_list_refuses_who_may_not_view_students(client, finance, luona):
    client.force_login(finance)
    assert client.get(LIST).status_code == 403


def test_list_without_a_term_says_what_is_missing(client, clerk):
    client.force_login(clerk)
    assert "还没有学期" in client.get(LIST).content.decode()


def test_list_holds_no_number_in_clear(client, clerk, luona):
    client.force_login(clerk)
    page = client.get(LIST).content.decode()
    assert luona.id_number not in page
    assert luona.student_no not in page
    assert luona.bank_account.number not in page
    assert f"529901**********{luona.id_number[-2:]}" in page


def test_list_follows_the_term_one_works_in(client, clerk, luona, xiazhai):
    spring = factories.term("2021-spring")
    factories.student("春春", at=xiazhai, during=spring)
    client.force_login(clerk)
    assert names(client.get(LIST)) == ["春春"]
    assert names(client.get(LIST, {"term": "2020-autumn"})) == ["罗娜"]
    clerk.current_term_id = "2020-autumn"
    clerk.save()
    assert names(client.get(LIST)) == ["罗娜"]
    assert client.get(LIST, {"term": "1999-autumn"}).status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"name": "小"}, ["王小雨"]),
        ({"level": "primary"}, ["罗娜", "王小雨"]),
        ({"level": "primary-2"}, ["王小雨"]),
        ({"boarding": "yes"}, ["罗娜"]),
        ({"boarding": "no"}, ["王小雨"]),
        ({"missing": "account"}, ["王小雨"]),
        ({"missing": "any"}, ["王小雨"]),
        ({"missing": "guardian"}, []),
        ({"category": str(int(HardshipCategory.ORPHAN))}, ["罗娜"]),
        ({"category": str(int(HardshipCategory.DISABLED))}, []),
        ({"status": "left"}, []),
        ({"status": "all"}, ["罗娜", "王小雨"]),
        ({"township": "529901100"}, ["罗娜", "王小雨"]),
        ({"township": "529901100", "by": "home_area"}, ["罗娜"]),
        ({"township": "529901101", "by": "home_area"}, ["王小雨"]),
        ({"level": "primary-99"}, []),
        ({"school": "abc"}, []),
        ({"id_hash": "'"}, []),
    ],
)
def test_list_keeps_to_the_filter(client, clerk, xiazhai, autumn, query, found):
    factories.student(
        "罗娜",
        at=xiazhai,
        during=autumn,
        boarding=True,
        categories=HardshipCategory.ORPHAN | HardshipCategory.RURAL_DIBAO,
    )
    factories.student(
        "王小雨",
        at=xiazhai,
        during=autumn,
        grade=2,
        account=False,
        home=factories.village("529901101001", "大田村"),
    )
    client.force_login(clerk)
    assert sorted(names(client.get(LIST, query))) == sorted(found)


def test_list_filters_by_school_and_class(client, aid_officer, xiazhai, qingshi, autumn):
    luona = factories.student("罗娜", at=xiazhai, during=autumn)
    factories.student("何小明", at=qingshi, during=autumn)
    client.force_login(aid_officer)
    assert names(client.get(LIST, {"school": qingshi.pk})) == ["何小明"]
    in_class = {"school": xiazhai.pk, "school_class": luona.enrolments.get().school_class_id}
    assert names(client.get(LIST, in_class)) == ["罗娜"]


def test_township_reads_by_place_of_study_or_of_household(client, xiazhai, qingshi, autumn):
    """Both lines of duty: who studies here, and whose household is here, wherever it studies."""
    here, away = factories.village(), factories.village("529901101001", "大田村")
    factories.student("在此就读", at=xiazhai, during=autumn, home=away)
    factories.student("户籍在此", at=qingshi, during=autumn, home=here)
    officer = factories.user("镇干部", ("township_officer", factories.township()))
    client.force_login(officer)
    assert names(client.get(LIST)) == ["在此就读"]
    assert names(client.get(LIST, {"by": "home_area"})) == ["户籍在此"]


def test_village_cadre_reads_by_household_at_first(client, qingshi, autumn):
    factories.student("户籍在此", at=qingshi, during=autumn, home=factories.village())
    client.force_login(factories.user("村干部", ("village_cadre", factories.village())))
    assert names(client.get(LIST)) == ["户籍在此"]


@pytest.mark.parametrize("part", ["whole", "tail", "student_no"])
def test_search_by_number_leaves_only_a_keyed_hash_in_the_address(
    client, clerk, luona, xiazhai, autumn, part
):
    factories.student("王小雨", at=xiazhai, during=autumn, id_number=factories.id_number(5, birth="20120101"))
    typed = {"whole": luona.id_number, "tail": luona.id_number[-4:], "student_no": luona.student_no}[part]
    client.force_login(clerk)
    answer = client.post(reverse("students:search"), {"q": f" {typed.lower()} ", "level": "primary-5"})
    assert typed not in answer.headers["Location"]
    assert keyed_hash(typed) in answer.headers["Location"]
    assert "level=primary-5" in answer.headers["Location"]
    assert names(client.get(answer.headers["Location"])) == ["罗娜"]


def test_search_by_name_stands_in_the_address(client, clerk, luona):
    client.force_login(clerk)
    answer = client.post(reverse("students:search"), {"q": "罗", "name": "旧"})
    assert answer.headers["Location"] == f"{LIST}?name=%E7%BD%97"


@pytest.mark.sql
@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("lxy", {"罗小宇", "李晓燕"}),
        ("LX", {"罗小宇", "李晓燕"}),
        ("zh", {"曾涵"}),  # a surname read otherwise than the word, a character beyond the common ones
        ("wy", set()),
        ("smith", {"John Smith"}),
        ("ui", set()),
    ],
)
def test_search_by_pinyin_initials(client, clerk, xiazhai, autumn, typed, found):
    for name in ("罗小宇", "李晓燕", "曾涵", "何勇", "John Smith"):
        factories.student(name, at=xiazhai, during=autumn)
    client.force_login(clerk)
    answer = client.post(reverse("students:search"), {"q": typed}, follow=True)
    assert {row.student.name for row in answer.context["page"].rows} == found


@pytest.mark.sql
def test_pages_follow_each_other_by_key(client, clerk, xiazhai, autumn, monkeypatch):
    monkeypatch.setattr("students.queries.registry.PER_PAGE", 2)
    for number in range(5):
        factories.student(f"学生{number}", at=xiazhai, during=autumn)
    client.force_login(clerk)
    first = client.get(LIST)
    second = client.get(LIST + first.context["following_url"])
    third = client.get(LIST + second.context["following_url"])
    assert [names(page) for page in (first, second, third)] == [
        ["学生0", "学生1"],
        ["学生2", "学生3"],
        ["学生4"],
    ]
    assert (first.context["previous_url"], third.context["following_url"]) == ("", "")
    assert names(client.get(LIST + third.context["previous_url"])) == ["学生2", "学生3"]
    assert names(client.get(LIST + second.context["previous_url"])) == ["学生0", "学生1"]


def test_page_of_an_invented_key_is_the_first(client, clerk, luona):
    client.force_login(clerk)
    for key in ("x", "529901-", "-9999999999999999999999", "５２-５"):
        assert names(client.get(LIST, {"after": key})) == ["罗娜"]


def test_total_is_capped(client, clerk, xiazhai, autumn, monkeypatch):
    monkeypatch.setattr("students.queries.registry.TOTAL_CAP", 3)
    for number in range(4):
        factories.student(f"学生{number}", at=xiazhai, during=autumn)
    client.force_login(clerk)
    assert client.get(LIST).context["page"].total_text == "3+ 人"


@pytest.mark.sql
def test_list_takes_the_same_number_of_queries_for_one_row_and_for_thirty(client, clerk, xiazhai, autumn):
    client.force_login(clerk)

    def queries_with(rows):
        for number in range(rows):
            home = factories.village(f"52990110000{number % 9}", f"村{number % 9}")
            factories.student(f"学生{number}", at=xiazhai, during=autumn, home=home, account=number % 2 == 0)
        client.get(LIST)
        with CaptureQueriesContext(connection) as captured:
            client.get(LIST)
        return len(captured)

    assert queries_with(1) == queries_with(29)


def test_merged_record_is_not_listed(client, clerk, luona, xiazhai, autumn):
    twin = factories.student("罗娜", at=xiazhai, during=autumn)
    Student.objects.filter(pk=twin.pk).update(merged_into=luona)
    client.force_login(clerk)
    assert len(names(client.get(LIST))) == 1
