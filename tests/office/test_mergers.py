"""Mergers of villages and townships: codes and history stay, what is to come and who may read follow."""

import datetime as dt
import re

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from dropout.models import ChainLink, Post
from povertyedu.audit.models import AuditEvent
from povertyedu.imports import actions as imports
from povertyedu.orgs.models import Area, AreaMerger, Person
from students.models import Enrolment, FactChange, Household, Student
from tests import factories
from tests.imports.conftest import ROSTER, roster_row, workbook

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
DAY = dt.date(2021, 2, 1)
NOTICE = "“红星村”已于 2021-02-01 并入“新民村”，按“新民村”登记。"


@pytest.fixture
def old(db):
    return factories.village()


@pytest.fixture
def new(db):
    """A village of the other township."""
    area = factories.village("529901101009", "新民村")
    assert area.parent.name == "青石镇"
    return area


@pytest.fixture
def spring(autumn):
    return factories.term("2021-spring")


@pytest.fixture
def child(old, xiazhai, autumn, spring):
    """罗娜 of the old village, enrolled in autumn and in spring, her household registered there."""
    factories.household(area=old)
    made = factories.student(at=xiazhai, home=old, during=autumn)
    enrolment = made.enrolments.get()
    enrolment.pk, enrolment.term = None, spring
    enrolment.save(force_insert=True)
    return made


@pytest.fixture
def merge(client, administrator, old, new, spring):
    """Merge on the page; answer the page that follows."""

    def merge(area=old, into=new, on=DAY, term=spring):
        client.force_login(administrator)
        data = {"into": into.pk, "on": on, "from_term": term.pk}
        return client.post(reverse("office:area_merge", args=[area.pk]), data, follow=True).content.decode()

    return merge


def homes() -> list[tuple[str, str]]:
    return list(Enrolment.objects.order_by("term__starts_on").values_list("term", "home_area"))


def seen_by(user, term) -> list[str]:
    user = type(user).objects.get(pk=user.pk)  # as the next request finds it
    rows = Enrolment.objects.visible_to(user).filter(term=term)
    return list(rows.values_list("student__name", flat=True))


def test_merger_keeps_code_and_past_and_moves_what_is_to_come(child, merge, old, new, autumn, spring):
    page = merge()

    assert "“红星村”已并入“新民村”，1 名学生的户籍地随之改变" in page
    assert "2021-02-01 并入青石镇 新民村" in page
    old.refresh_from_db()
    assert (old.pk, old.name, old.closed_on, old.merged_into) == ("529901100001", "红星村", DAY, new)
    assert homes() == [("2020-autumn", old.code), ("2021-spring", new.code)]
    assert (Student.objects.get().home_area, Household.objects.get().area) == (new, new)
    assert list(FactChange.objects.values_list("term", "student")) == [("2021-spring", child.pk)]
    event = AuditEvent.objects.get(action="area.merge")
    assert event.changes == {
        "merged_into": ["", "青石镇 新民村"],
        "closed_on": ["", "2021-02-01"],
        "from_term": ["", str(spring)],
        "students": ["", "1"],
    }


def test_closed_term_keeps_the_old_code_even_when_it_is_named(child, merge, old, new, autumn, spring):
    autumn.is_closed = True
    autumn.save()
    merge()
    assert homes() == [("2020-autumn", old.code), ("2021-spring", new.code)]


def test_readings_by_household_follow_the_merger(child, merge, old, new, autumn, spring):
    before = factories.user("原村干部", ("village_cadre", old), username="before")
    after = factories.user("新村干部", ("village_cadre", new), username="after")
    town = factories.user("青石镇干部", ("township_officer", new.parent), username="town")
    elsewhere = factories.user(
        "别村干部", ("village_cadre", factories.village("529901101010", "前进村")), username="other"
    )
    assert [seen_by(who, spring) for who in (before, after, town)] == [["罗娜"], [], []]

    merge()

    # Whoever has the new village reads the present and the past; the old one's cadre what was, nothing newer.
    assert [seen_by(who, spring) for who in (before, after, town, elsewhere)] == [[], ["罗娜"], ["罗娜"], []]
    assert [seen_by(who, autumn) for who in (before, after, town, elsewhere)] == [
        ["罗娜"],
        ["罗娜"],
        ["罗娜"],
        [],
    ]


def test_past_term_of_a_list_is_read_by_the_new_township(client, child, merge, new, autumn, administrator):
    merge()
    client.force_login(administrator)
    query = f"?term={autumn.pk}&township={new.parent_id}&by=home_area"
    assert "罗娜" in client.get(reverse("students:list") + query).content.decode()


def test_second_merger_follows_the_first(child, merge, old, new, autumn, spring):
    third = factories.village("529901100003", "三合村")
    cadre = factories.user("三合村干部", ("village_cadre", third), username="third")
    merge()
    merge(area=new, into=third)
    assert homes()[1] == ("2021-spring", third.code)
    assert [seen_by(cadre, term) for term in (autumn, spring)] == [["罗娜"], ["罗娜"]]


def test_imports_with_the_old_name_or_code_go_to_the_new_village_and_say_so(
    child, merge, old, new, administrator, xiazhai, spring
):
    merge()
    rows = [
        roster_row(xiazhai, 11),
        roster_row(xiazhai, 12, 户籍村=old.code, 户籍乡镇=""),
        roster_row(xiazhai, 13, 户籍乡镇="青石镇", 户籍村="新民村"),
    ]
    content = workbook(("学生花名册", [ROSTER, *rows]))
    batch = imports.receive(
        chunks=[content], name="花名册.xlsx", kind="roster", term=spring, by=administrator
    )
    imports.check(batch=batch)
    told = [[message for _, _, message in row.content["warnings"]] for row in batch.staged.order_by("pk")]
    assert (told, batch.warnings) == ([[NOTICE], [NOTICE], []], {"area_merged": 2})
    imports.apply(batch=imports.confirm(batch=batch), by=administrator.as_actor())
    made = Student.objects.exclude(pk=child.pk)
    assert set(made.values_list("home_area", flat=True)) == {new.code}
    assert set(Enrolment.objects.filter(student__in=made).values_list("home_area", flat=True)) == {new.code}


@pytest.mark.parametrize(
    ("area", "into", "sentence"),
    [
        ("529901100001", "529901101", "只能并入没有撤并的另一个同级乡镇或村，请重新选择。"),
        ("529901100", "529901101", "下面还有没有撤并的村。"),
        ("529901100001", "529901100001", "只能并入没有撤并的另一个同级乡镇或村，请重新选择。"),
    ],
)
def test_merger_that_cannot_be_says_why_and_changes_nothing(merge, old, new, area, into, sentence):
    page = merge(area=Area.objects.get(pk=area), into=Area.objects.get(pk=into))
    assert sentence in page
    assert not Area.objects.exclude(closed_on=None).exists()


def test_merger_of_tomorrow_waits_for_its_day(merge, old):
    assert "撤并日期晚于今天；到了那一天再办理。" in merge(on=dt.date.today() + dt.timedelta(days=2))
    assert not Area.objects.exclude(closed_on=None).exists()


def test_township_without_standing_villages_is_merged(merge, old, new, autumn, spring):
    merge()
    merge(area=old.parent, into=new.parent)
    assert Area.objects.get(pk="529901100").merged_into_id == "529901101"


def test_merged_village_is_offered_nowhere_and_merged_once(client, child, merge, old, new, administrator):
    merge()
    assert client.get(reverse("office:area_merge", args=[old.code])).status_code == 404
    page = client.get(reverse("office:area_merge", args=[new.code])).content.decode()
    assert f'value="{old.code}"' not in page


def test_database_keeps_mergers_whole(old, new):
    for fields in (
        {"merged_into": new},
        {"closed_on": DAY},
        {"merged_into": old, "closed_on": DAY},
        {"merged_into": new.parent, "closed_on": DAY},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Area.objects.filter(pk=old.pk).update(**fields)


# --- what it touches, and the way back ---------------------------------------------------------------


@pytest.fixture
def post(old):
    """王支书 answers for the old village without an end."""
    link = ChainLink.objects.create(line="government", position=9, label="包村干部", place_kind="village")
    person = Person.objects.create(name="王支书", phone="13900000001", area=old)
    return Post.objects.create(
        link=link, place_kind="village", person=person, area=old, since=dt.date(2020, 1, 1)
    )


@pytest.fixture
def undo(client, administrator, old):
    """Take the merger back on its page; answer the page that follows."""

    def undo(area=old, reason="批复已撤回"):
        client.force_login(administrator)
        return client.post(
            reverse("office:area_unmerge", args=[area.pk]), {"reason": reason}, follow=True
        ).content.decode()

    return undo


def touched(page: str) -> list[list[str]]:
    """Return the cells of the table of what changes."""
    body = page.split("<tbody>")[1].split("</tbody>")[0]
    return [re.findall(r">([^<]+)</t[hd]>", row) for row in body.split("<tr>")[1:]]


def test_merger_says_first_how_much_it_touches(client, child, post, administrator, old):
    client.force_login(administrator)
    page = client.get(reverse("office:area_merge", args=[old.code])).content.decode()
    assert touched(page) == [
        ["户", "1"],
        ["户籍在这里的学生", "1"],
        ["学校", "0"],
        ["工作人员", "1"],
        ["学籍（户籍地），2020—2021学年 秋季学期", "1"],
        ["学籍（户籍地），2020—2021学年 春季学期", "1"],
        ["责任人任期（到撤并前一天结束）", "1"],
    ]


def test_merger_is_taken_back_and_both_stay_on_record(
    client, child, post, merge, undo, administrator, old, new, autumn, spring
):
    merge()
    post.refresh_from_db()
    assert post.until == dt.date(2021, 1, 31)
    FactChange.objects.all().delete()

    page = undo()

    assert "已撤销撤并，“红星村”恢复，1 名学生的户籍地改回。" in page
    for row in (old, new, new.parent, post):
        row.refresh_from_db()
    assert (old.closed_on, old.merged_into, new.absorbed, new.parent.absorbed) == (None, None, [], [])
    assert homes() == [("2020-autumn", old.code), ("2021-spring", old.code)]
    assert (Student.objects.get().home_area, Household.objects.get().area) == (old, old)
    assert (post.until, post.person.area) == (None, old)
    assert list(FactChange.objects.values_list("term", "student")) == [("2021-spring", child.pk)]
    merger = AreaMerger.objects.get()
    assert (merger.by_name, merger.undone_by_name, merger.undone_reason) == (
        administrator.name,
        administrator.name,
        "批复已撤回",
    )
    event = AuditEvent.objects.get(action="area.unmerge")
    assert (event.reason, event.changes["students"]) == ("批复已撤回", ["", "1"])
    history = client.get(reverse("students:history", args=[child.pk])).content.decode()
    assert ("撤并区划" in history, "撤销撤并" in history) == (True, True)
    merge()  # and once more
    assert AreaMerger.objects.count() == 2


def test_taking_back_leaves_what_was_changed_since(child, merge, undo, client, old, new, spring, xiazhai):
    merge()
    third = factories.village("529901100003", "三合村")
    Student.objects.update(home_area=third)
    newcomer = factories.student("何欣", at=xiazhai, home=new, during=spring)
    spring.is_closed = True
    spring.save()
    page = client.get(reverse("office:area_unmerge", args=[old.code])).content.decode()
    assert touched(page) == [
        ["户", "1", "0"],
        ["户籍在这里的学生", "0", "1"],
        ["学校", "0", "0"],
        ["工作人员", "0", "0"],
        ["学籍（户籍地）", "0", "1"],
        ["学籍（就读地）", "0", "0"],
        ["责任人任期", "0", "0"],
    ]
    undo()
    newcomer.refresh_from_db()
    assert (Student.objects.get(pk=child.pk).home_area, newcomer.home_area) == (third, new)
    assert (Household.objects.get().area, homes()[1][1]) == (old, new.code)


def test_later_merger_is_taken_back_first(child, merge, undo, old, new):
    third = factories.village("529901100003", "三合村")
    merge()
    merge(area=new, into=third)
    assert "“新民村”后来又并入“三合村”；请先在“行政区划”撤销那一次" in undo()
    undo(area=new)
    assert "已撤销撤并，“红星村”恢复" in undo()
    assert not Area.objects.exclude(closed_on=None).exists()


def test_taking_back_needs_a_reason_and_happens_once(client, child, merge, undo, old):
    merge()
    assert "已撤销" not in undo(reason="")
    undo()
    assert client.get(reverse("office:area_unmerge", args=[old.code])).status_code == 404
    assert AuditEvent.objects.filter(action="area.unmerge").count() == 1


def test_merger_without_its_list_says_what_to_do_instead(client, child, merge, undo, old, new):
    merge()
    AreaMerger.objects.all().delete()
    assert "系统还没有记下移动了哪些户和学生，不能整批撤销" in undo()
    assert Area.objects.get(pk=old.pk).merged_into == new
