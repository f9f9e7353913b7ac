"""责任人名册 through the wizard and the command: places and people found, days never shared, the same again writes nothing."""

import datetime as dt

import pytest
from django.urls import reverse

from dropout.actions.chain import pick_pattern
from dropout.models import Post
from povertyedu.imports import actions
from povertyedu.office.actions.areas import merge_area
from povertyedu.orgs.models import Person
from tests import factories

from .conftest import upload_of, workbook

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
HEAD = ("线", "层级", "负责的地方", "姓名", "电话", "职务", "任职起", "任职止")
GOOD = ("政府线", "村干部包户", "城关镇 红星村", "韦明", "13900000001", "村支书", "2020-09-01", "")


@pytest.fixture
def basic(db):
    return factories.user("宋静", ("basic_education_officer", factories.county()), username="basic")


@pytest.fixture(autouse=True)
def links(basic, village, xiazhai) -> dict:
    factories.school_class(xiazhai)
    return {link.label: link for link in pick_pattern(by=basic.as_actor(), code="linxia")}


def book(*rows) -> bytes:
    return workbook(("责任人名册", [HEAD, *rows]))


def row(**cells) -> tuple:
    return tuple((dict(zip(HEAD, GOOD, strict=True)) | cells).values())


def standing() -> list[tuple]:
    rows = Post.objects.order_by("since", "pk").select_related("person", "link")
    return [
        (p.link.label, p.place_name, p.person.name, f"{p.since}", f"{p.until or ''}")
        for p in rows.with_place()
    ]


def test_holders_of_both_lines_come_in_once_whatever_is_brought_twice(run, xiazhai):
    content = book(
        GOOD,
        GOOD,
        row(层级="县领导包乡镇", 负责的地方="529901100", 姓名="周县长", 电话="13900000002"),
        row(线="教育线", 层级="局长包学区", 负责的地方=xiazhai.code, 姓名="赵立新", 电话="13900000003"),
        row(线="教育线", 层级="校长包班级", 负责的地方="城关镇下寨小学 五年级1班", 姓名="吴国强", 电话="13900000004", 任职止="2023-08-31"),
    )  # fmt: skip
    answer = run("posts", content)
    assert (answer["created"], answer["duplicates"], answer["rejected"]) == (4, 1, 0)
    assert standing() == [
        ("村干部包户", "城关镇 红星村", "韦明", "2020-09-01", ""),
        ("县领导包乡镇", "城关镇", "周县长", "2020-09-01", ""),
        ("局长包学区", "城关镇下寨小学", "赵立新", "2020-09-01", ""),
        ("校长包班级", "城关镇下寨小学 五年级1班", "吴国强", "2020-09-01", "2023-08-31"),
    ]
    cadre, head = (Person.objects.get(name=name) for name in ("韦明", "吴国强"))
    assert (cadre.phone, cadre.title, cadre.area_id, head.school) == (
        "13900000001", "村支书", "529901100001", xiazhai,
    )  # fmt: skip

    before = list(Post.objects.values()), list(Person.objects.values())
    again = run("posts", content, name="再次.xlsx")
    assert (again["created"], again["unchanged"], again["updated"]) == (0, 4, 0)
    assert (list(Post.objects.values()), list(Person.objects.values())) == before


def test_child_is_named_by_its_student_number_even_a_merged_one(run, basic, xiazhai, autumn):
    pick_pattern(by=basic.as_actor(), code="yizhang")
    kept, given_up = (factories.student(name, at=xiazhai, during=autumn) for name in ("罗娜", "罗娜"))
    given_up.merged_into = kept
    given_up.save()
    answer = run("posts", book(row(线="教育线", 层级="科任老师包学生", 负责的地方=given_up.student_no)))
    assert answer["created"] == 1
    assert Post.objects.get().student == kept
    unknown = f"G{factories.id_number(999, birth='20110101')}"
    told = run("posts", book(row(线="教育线", 层级="科任老师包学生", 负责的地方=unknown)))
    assert told["rejected_by_code"] == {"place_unknown": 1}


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"线": "月亮线"}, "线“月亮线”不认识"),
        (
            {"层级": "省领导包县"},
            "政府线没有“省领导包县”这一层级；可以填写：县领导包乡镇、乡镇领导包村、村干部包户",
        ),
        ({"层级": "村"}, "叫“村”的层级不止一个"),
        ({"层级": "局长包学区"}, "政府线没有“局长包学区”这一层级"),
        ({"线": "教育线", "层级": "班主任包学生"}, "请在“学校班级”里指定班主任"),
        ({"负责的地方": "没有村"}, "没有找到“没有村”；这一层级负责的是村"),
        ({"负责的地方": "城关镇"}, "没有找到“城关镇”；这一层级负责的是村"),
        ({"负责的地方": ""}, "没有填写负责的地方"),
        ({"姓名": ""}, "没有填写姓名"),
        ({"电话": ""}, "没有填写电话"),
        ({"电话": "123"}, "联系电话应为11位手机号"),
        ({"任职起": "去年"}, "日期看不懂"),
        ({"任职止": "2020-08-31"}, "任职止早于任职起"),
    ],
)
def test_row_that_names_nobody_or_no_place_is_told_why(checked, basic, cells, words):
    batch = checked(book(row(**cells)), by=basic, kind="posts")
    assert (batch.counts["created"], batch.counts["rejected"]) == (0, 1)
    told = [problem[2] for problem in batch.staged.get().content["errors"]]
    assert [message for message in told if words in message] != []


def test_place_of_two_names_alike_asks_for_more(checked, basic):
    factories.village("529901101001", "红星村")
    batch = checked(book(row(负责的地方="红星村"), row(负责的地方="青石镇红星村")), by=basic, kind="posts")
    assert (batch.counts["created"], batch.counts["rejected"]) == (1, 1)


def test_village_that_was_merged_is_taken_in_at_the_new_one_with_a_word(checked, basic, village, autumn):
    new = factories.village("529901100002", "永丰村")
    merge_area(area=village, into=new, on=dt.date(2020, 12, 1), from_term=autumn, by=basic.as_actor())
    batch = checked(
        book(GOOD, row(负责的地方="永丰村", 任职起="2019-09-01", 任职止="2020-08-31")), by=basic, kind="posts"
    )
    assert (batch.counts["created"], batch.warnings) == (2, {"area_merged": 1})
    actions.confirm(batch=batch)
    actions.apply(batch=batch, by=basic.as_actor())
    assert {post.area for post in Post.objects.all()} == {new}


def test_term_that_shares_days_with_another_is_refused_in_words(checked, run, basic):
    run("posts", book(row(任职止="2021-08-31")))
    batch = checked(book(row(姓名="王强", 任职起="2021-08-31")), by=basic, kind="posts")
    assert batch.rejected_by_code == {"post_overlaps": 1}
    told = batch.staged.get().content["errors"][0][2]
    assert (
        told
        == "这里与韦明的任期（2020-09-01 至 2021-08-31）重叠；换人的，请在前任那一行填写“任职止”，接任的从后一天起。"
    )


def test_whoever_leaves_and_whoever_follows_come_in_one_file(run):
    run("posts", book(GOOD))
    answer = run(
        "posts", book(row(任职止="2021-08-31"), row(姓名="王强", 电话="13900000005", 任职起="2021-09-01"))
    )
    assert (answer["created"], answer["updated"], answer["rejected"]) == (1, 1, 0)
    assert [(name, since, until) for _, _, name, since, until in standing()] == [
        ("韦明", "2020-09-01", "2021-08-31"), ("王强", "2021-09-01", ""),
    ]  # fmt: skip


def test_two_holders_of_one_file_for_one_place_are_both_held(run):
    answer = run("posts", book(GOOD, row(姓名="王强"), row(姓名="石磊", 任职起="2020-10-01")))
    assert (answer["created"], answer["rejected_by_code"]) == (1, {"id_conflict": 2})
    assert [name for _, _, name, *_ in standing()] == ["石磊"]


def test_blank_end_and_title_erase_nothing_and_a_new_title_is_taken(run):
    run("posts", book(row(任职止="2021-08-31")))
    assert run("posts", book(row(职务="")))["unchanged"] == 1
    assert run("posts", book(row(职务="村主任")))["updated"] == 1
    assert (Person.objects.get().title, Post.objects.get().until) == ("村主任", dt.date(2021, 8, 31))


def test_wizard_is_the_basic_education_officers_and_writes_on_confirmation(client, checked, basic, clerk):
    client.force_login(basic)
    page = client.get(reverse("imports:upload"), {"kind": "posts"})
    assert [choice[0] for choice in page.context["form"].fields["kind"].choices] == ["posts"]
    assert b"".join(client.get(reverse("imports:template", args=["posts"])))[:2] == b"PK"
    batch = checked(book(GOOD), by=basic, kind="posts")
    assert Post.objects.count() == 0
    actions.confirm(batch=batch)
    actions.apply(batch=batch, by=basic.as_actor())
    assert Post.objects.count() == 1
    client.force_login(clerk)
    refused = client.post(reverse("imports:upload"), {"kind": "posts", "file": upload_of(book(GOOD))})
    assert refused.status_code == 422


def test_import_takes_the_same_number_of_queries_for_1_and_30_rows(checked, basic, count_queries):
    def applied(count: int, start: int):
        rows = []
        for number in range(start, start + count):
            factories.village(f"5299011000{number}", f"村{number}")
            rows.append(row(负责的地方=f"5299011000{number}", 姓名=f"干部{number}", 电话=f"139{number:08d}"))
        batch = checked(book(*rows), by=basic, kind="posts")
        actions.confirm(batch=batch)
        return count_queries(lambda: actions.apply(batch=batch, by=basic.as_actor()))

    assert applied(1, 10) == applied(30, 20)
    assert Post.objects.count() == 31
