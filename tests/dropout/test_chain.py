"""责任层级: a plan's chains picked, changed link by link, never under somebody who is in office."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from dropout.actions import chain, posts
from dropout.models import ChainLink, Post
from povertyedu.audit.models import AuditEvent
from povertyedu.orgs.models import Person
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

# The chains as the plans and the practice of 七长 have them: line, place, duty (facts 2 rows 1 and 2, 5).
LINXIA = [
    ("government", "township", "县领导包乡镇"), ("government", "village", "乡镇领导包村"), ("government", "village", "村干部包户"),
    ("education", "district", "局长包学区"), ("education", "class", "校长包班级"), ("education", "class", "班主任包学生"),
]  # fmt: skip
YIZHANG = [
    *LINXIA[:3],
    ("education", "township", "局领导班子包乡镇"), ("education", "school", "中心学校负责人包学校"),
    ("education", "class", "学校负责人包班级"), ("education", "child", "科任老师包学生"),
]  # fmt: skip
SEVEN = [
    ("government", "county", "县长"), ("government", "township", "乡镇长"), ("government", "village", "村长"),
    ("education", "county", "局长"), ("education", "school", "校长"), ("education", "class", "师长"),
]  # fmt: skip


def active() -> list[tuple[str, str, str]]:
    return [(link.line, link.place_kind, link.label) for link in ChainLink.objects.active()]


def pick(basic, code: str):
    return chain.pick_pattern(by=basic.as_actor(), code=code)


@pytest.mark.parametrize(("code", "wanted"), [("linxia", LINXIA), ("yizhang", YIZHANG), ("seven", SEVEN)])
def test_pattern_is_that_of_its_plan_from_the_top_down(basic, code, wanted):
    pick(basic, code)
    assert active() == wanted
    homeroom = [link.label for link in ChainLink.objects.active() if link.from_homeroom]
    assert homeroom == {"linxia": ["班主任包学生"], "yizhang": [], "seven": ["师长"]}[code]


def test_linxia_has_two_lines_of_three_levels(linxia):
    per_line = [link.line for link in linxia.values()]
    assert (per_line.count("government"), per_line.count("education")) == (3, 3)


def test_another_pattern_keeps_the_holders_of_what_both_have(basic, linxia, put):
    cadre = put(linxia["村干部包户"], factories.village(), "韦明")
    pick(basic, "yizhang")
    cadre.refresh_from_db()
    assert active() == YIZHANG
    assert (cadre.link.label, cadre.link.is_active, cadre.is_in_office) == ("村干部包户", True, True)


def test_pattern_without_a_link_that_is_held_is_refused_and_changes_nothing(basic, linxia, put, xiazhai):
    put(linxia["局长包学区"], xiazhai, "赵立新")
    with pytest.raises(ValidationError, match="局长包学区”1 人"):
        pick(basic, "yizhang")
    assert active() == LINXIA


def test_picking_the_same_again_writes_one_event_of_the_choice_and_nothing_else(basic, linxia):
    before = list(ChainLink.objects.values())
    events = AuditEvent.objects.count()
    pick(basic, "linxia")
    assert list(ChainLink.objects.values()) == before
    assert AuditEvent.objects.count() == events + 1


def test_link_nobody_ever_held_goes_and_one_with_a_past_stays_for_it(basic, linxia, put):
    post = put(linxia["村干部包户"], factories.village(), "韦明")
    with pytest.raises(ValidationError, match="还有 1 人在任"):
        chain.remove_link(by=basic.as_actor(), link=linxia["村干部包户"])
    posts.end(by=basic.as_actor(), post=post, until=dt.date(2020, 12, 31))
    chain.remove_link(by=basic.as_actor(), link=linxia["村干部包户"])
    chain.remove_link(by=basic.as_actor(), link=linxia["乡镇领导包村"])
    assert [label for _, _, label in active()] == ["县领导包乡镇", "局长包学区", "校长包班级", "班主任包学生"]
    assert list(ChainLink.objects.filter(is_active=False).values_list("label", flat=True)) == ["村干部包户"]
    assert Post.objects.get().link.label == "村干部包户"


def test_link_moves_up_and_down_and_stays_at_the_ends(basic, linxia):
    top, second = linxia["县领导包乡镇"], linxia["乡镇领导包村"]
    chain.move_link(by=basic.as_actor(), link=second, up=True)
    assert [label for _, _, label in active()][:3] == ["乡镇领导包村", "县领导包乡镇", "村干部包户"]
    chain.move_link(by=basic.as_actor(), link=second, up=True)
    chain.move_link(by=basic.as_actor(), link=top, up=False)
    assert [label for _, _, label in active()][:3] == ["乡镇领导包村", "村干部包户", "县领导包乡镇"]


def test_new_link_stands_at_the_end_of_its_line(basic, linxia):
    chain.save_link(by=basic.as_actor(), link=ChainLink(line="government", place_kind="county", label="县长"))
    assert ChainLink.objects.get(label="县长").position == 4
    assert active()[3] == ("government", "county", "县长")


def test_five_levels_of_the_pledges_can_be_said_as_links(basic):
    """责任状 layer by layer: bureau, county schools, centre schools, village schools, classes (facts 2 row 27)."""
    levels = [
        ("county", "县教育局"), ("school", "县直学校"), ("district", "乡镇中心学校"), ("school", "村校（教学点）"), ("class", "班级"),
    ]  # fmt: skip
    for kind, label in levels:
        chain.save_link(by=basic.as_actor(), link=ChainLink(line="education", place_kind=kind, label=label))
    assert active() == [("education", kind, label) for kind, label in levels]


def refused(constraint: str, **fields) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Post.objects.create(**fields)


def test_database_holds_a_post_to_one_place_of_its_kind(linxia, xiazhai):
    person = Person.objects.create(name="王强", phone="13900000001")
    good = {"link": linxia["村干部包户"], "person": person, "since": dt.date(2020, 9, 1)}
    kind = "post_has_one_place_of_its_kind"
    refused(kind, **good, place_kind="village")
    refused(kind, **good, place_kind="village", school=xiazhai)
    refused(kind, **good, place_kind="village", area=factories.village(), school=xiazhai)
    refused(kind, **good, place_kind="school", area=factories.village())
    refused(kind, **good, place_kind="class", school=xiazhai)
    ends = {"place_kind": "village", "area": factories.village(), "until": dt.date(2020, 8, 31)}
    refused("post_ends_after_it_starts", **good, **ends)


def test_database_has_one_holder_in_office_per_link_and_place(linxia):
    person = Person.objects.create(name="王强", phone="13900000001")
    fields = {"place_kind": "village", "area": factories.village(), "person": person}
    for link in (linxia["村干部包户"], linxia["乡镇领导包村"]):
        Post.objects.create(link=link, since=dt.date(2020, 9, 1), **fields)
    refused(
        "one_post_in_office_per_area|UNIQUE", link=linxia["村干部包户"], since=dt.date(2021, 9, 1), **fields
    )  # fmt: skip


def test_database_takes_homeroom_links_for_classes_only(db):
    with pytest.raises(IntegrityError, match="chain_link_from_homeroom_is_of_a_class"), transaction.atomic():
        ChainLink.objects.create(
            line="education", position=1, place_kind="school", label="校长", from_homeroom=True
        )
