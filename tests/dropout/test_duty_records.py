"""十个到位, 集中宣传, 假期家访, 留守关爱, 入学通知书: recorded once, who is missing told, within the scope."""

import datetime as dt
import io
import uuid

import docx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from dropout.actions.cases import open_case
from dropout.enums import CAMPAIGN_MONTHS, Holiday, ReadyItem
from dropout.models import (
    CalendarDuty,
    Campaign,
    CampaignPhoto,
    CareFacility,
    DutyTask,
    EntryNotice,
    HomeVisit,
    ReadyCheck,
    WarningScore,
)
from povertyedu.audit.models import AccessEvent
from povertyedu.jobs.tasks import daily
from povertyedu.orgs.models import Area
from students.enums import HardshipCategory
from students.models import Feeder
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


@pytest.fixture
def on(monkeypatch):
    def on(day: str) -> dt.date:
        found = dt.date.fromisoformat(day)
        monkeypatch.setattr(timezone, "localdate", lambda *_: found)
        return found

    return on


@pytest.fixture
def township_officer(db):
    return factories.user("石磊", ("township_officer", factories.township()), username="township")


@pytest.fixture
def teacher(xiazhai):
    return factories.user("罗雪", ("class_teacher", factories.school_class(xiazhai)), username="teacher")


def duty(code: str, month: int, place: str = "school") -> CalendarDuty:
    return CalendarDuty.objects.create(
        name=code, place=place, months=[month], day=28, lead=28, since=dt.date(2020, 1, 1), code=code
    )


def photo(name: str = "照片.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, b"\x89PNG")


def texts(page) -> list[list]:
    return [[each["text"] for each in line["cells"]] for line in page.context["rows"]]


def figures(page) -> list:
    return [item["value"] for item in page.context["figures"]]


def answer(client, school, item, in_place="yes", **typed):
    return client.post(
        reverse("dropout:ten_items_answer", args=[school.pk, item]), {"in_place": in_place} | typed
    )


def test_ten_items_of_a_school_are_answered_and_finish_the_task(client, on, clerk, basic, xiazhai, autumn):
    # facts row 10: exactly these ten
    assert ReadyItem.labels == [
        "学生",
        "教师",
        "校舍",
        "课程",
        "教材",
        "膳食",
        "环境",
        "收费",
        "安全",
        "宣传沟通",
    ]
    duty("ten_items", 9)
    on("2020-09-05")
    daily()
    client.force_login(clerk)
    assert "请说明缺什么" in answer(client, xiazhai, "meals", "no").content.decode().replace(
        "没有到位的，", ""
    )
    answer(client, xiazhai, "meals", "no", note="食堂在修，9 月 20 日完工")
    for item in ReadyItem:
        if item != "meals":
            answer(client, xiazhai, item, scan=photo())
    assert DutyTask.objects.get().state == "done"
    page = client.get(reverse("dropout:ten_items"))
    assert figures(page) == [1, 10, 10, 1]
    client.force_login(basic)
    page = client.get(reverse("dropout:ten_items"))
    assert texts(page) == [
        ["城关镇下寨小学", "到位", "到位", "到位", "到位", "到位", "缺", "到位", "到位", "到位", "到位"]
    ]
    lacking = [[each["text"] for each in line["cells"]][:3] for line in page.context["panels"][0]["rows"]]
    assert lacking == [["城关镇下寨小学", "膳食", "食堂在修，9 月 20 日完工"]]
    client.force_login(clerk)
    answer(client, xiazhai, "meals", note="已完工")
    answer(client, xiazhai, "meals", note="已完工")
    assert (ReadyCheck.objects.count(), ReadyCheck.objects.filter(in_place=False).count()) == (10, 0)
    safety = ReadyCheck.objects.get(item="safety")
    assert b"".join(client.get(reverse("dropout:ready_file", args=[safety.pk]))) == b"\x89PNG"
    answer(client, xiazhai, "safety", note="再查")
    assert ReadyCheck.objects.get(item="safety").file == safety.file
    assert answer(client, xiazhai, "canteen").status_code == 404


def test_campaign_of_february_and_august_is_planned_held_and_photographed_once(
    client, on, clerk, township_officer, xiazhai
):
    assert CAMPAIGN_MONTHS == (2, 8)
    duty("campaign", 2)
    on("2026-02-10")
    daily()
    page_at = reverse("dropout:campaigns")
    client.force_login(clerk)
    assert texts(client.get(page_at)) == [["城关镇下寨小学", "", "做计划"]]
    plan = f"{reverse('dropout:campaign_plan')}?school={xiazhai.pk}&year=2026"
    typed = {"month": "2", "planned_on": "2026-02-12", "plan": "红星村、永丰村逐户讲解"}
    assert client.post(plan, typed | {"month": "3"}).status_code == 422
    client.post(plan, typed)
    client.post(plan, typed)
    campaign = Campaign.objects.get()
    assert texts(client.get(page_at)) == [["城关镇下寨小学", "2026-02-12 红星村、永丰村逐户讲解", "登记开展"]]
    address = reverse("dropout:campaign", args=[campaign.pk])
    nobody = {"held_on": "2026-02-10", "villages": "0", "households": "0", "classes": "0", "people": "0"}
    assert client.post(address, nobody).status_code == 422
    assert client.post(address, nobody | {"held_on": "2026-02-11", "people": "1"}).status_code == 422
    client.post(address, nobody | {"villages": "2", "households": "86", "classes": "6", "people": "240"})
    token = str(uuid.uuid4())
    for _ in range(2):
        client.post(address, {"token": token, "scan": photo()})
    assert CampaignPhoto.objects.count() == 1
    assert (
        b"".join(client.get(reverse("dropout:campaign_photo", args=[CampaignPhoto.objects.get().pk])))
        == b"\x89PNG"
    )
    assert DutyTask.objects.get().state == "done"
    assert texts(client.get(page_at, {"tab": "held"})) == [
        [campaign.place, "2026-02-10", "2", "86", "6", "240"]
    ]
    client.force_login(township_officer)
    page = client.get(page_at)
    assert (texts(page), figures(page)) == ([["城关镇", "", "做计划"]], [2, 1, 1])


def warned_of(child, term, points: int, level: str) -> None:
    WarningScore.objects.create(
        student=child, term=term, since=dt.date(2021, 1, 4), points=points, level=level, items=[]
    )


def test_families_are_visited_poor_and_struggling_first(client, on, clerk, teacher, xiazhai, autumn, basic):
    duty("spring_visits", 2)
    on("2021-02-10")
    daily()
    poor = int(HardshipCategory.REGISTERED_POOR)
    factories.student("甲平", at=xiazhai, during=autumn)
    factories.student("乙守", at=xiazhai, during=autumn, is_left_behind=True)
    struggling = factories.student("乙困", at=xiazhai, during=autumn, is_left_behind=True)
    warned_of(struggling, autumn, 30, "watch")
    factories.student("丙贫", at=xiazhai, during=autumn, categories=poor)
    away = factories.student("丁辍", at=xiazhai, during=autumn, categories=poor)
    open_case(
        by=basic.as_actor(),
        student=away,
        term=autumn,
        origin="report",
        kind="suspected",
        since=dt.date(2021, 1, 4),
    )
    client.force_login(teacher)
    page = client.get(reverse("dropout:home_visits"))
    assert page.context["note"].startswith("2021年春节")
    assert [(line[0], line[3]) for line in texts(page)] == [
        ("丁辍", "控辍个案、建档立卡"), ("丙贫", "建档立卡"), ("乙困", "预警、留守儿童"), ("乙守", "留守儿童"), ("甲平", ""),
    ]  # fmt: skip
    typed = {
        "visited_on": "2021-02-09",
        "visitor": "罗雪",
        "result": "hardship",
        "thoughts": "wants_work",
        "text": "祖母患病",
    }
    for child in [away, *type(away).objects.exclude(pk=away.pk)]:
        address = (
            f"{reverse('dropout:home_visit', args=[child.enrolments.get().pk])}?year=2021&holiday=spring"
        )
        early = client.post(address, typed | {"visited_on": "2021-02-11"})
        assert early.status_code == 422
        client.post(address, typed | {"scan": photo()})
        told = client.post(address, typed | {"scan": photo()}, follow=True)
        assert "没有再记一遍" in told.content.decode()
    assert (HomeVisit.objects.count(), DutyTask.objects.get().state) == (5, "done")
    shown = client.get(
        f"{reverse('dropout:home_visit', args=[away.enrolments.get().pk])}?year=2021&holiday=spring"
    )
    text = shown.content.decode()
    assert (
        "祖母患病" in text,
        "想外出打工" in text,
        AccessEvent.objects.filter(fields="家访情况、思想状态").count(),
    ) == (True, True, 1)
    client.force_login(clerk)
    page = client.get(reverse("dropout:home_visits"))
    assert (texts(page), figures(page)) == (
        [["城关镇下寨小学", "5", "5", "4", "4", "100.0%"]],
        ["5", "5", "0", "100.0%"],
    )
    # facts row 9: winter and summer holidays and Spring Festival
    assert Holiday.labels == ["寒假", "春节", "暑假"]


def test_centre_phone_and_proxy_mother_are_asked_of_every_township_and_a_room_of_every_special_school(
    client, on, basic, township_officer
):
    on("2026-05-01")
    factories.township("529901101", "青石镇")
    special = factories.school("云岭县特殊教育学校", kind="special")
    client.force_login(township_officer)
    form = {
        "kind": "centre",
        "area": "529901100",
        "name": "城关镇关爱中心",
        "contact": "何明 139",
        "opened_on": "2026-03-01",
    }
    address = reverse("dropout:care_new")
    assert client.post(address, form).status_code == 302
    assert client.post(address, form).status_code == 422
    assert client.post(address, form | {"area": "529901101"}).status_code == 422
    room = client.post(address, form | {"kind": "living_room", "name": "生活室"})
    assert (room.status_code, "特校生活室要选学校" in room.content.decode()) == (422, True)
    for kind in ("phone", "mother"):
        client.post(address, form | {"kind": kind, "name": f"{kind}1"})
    client.force_login(basic)

    def missing(page):
        return [[each["text"] for each in line["cells"]] for line in page.context["panels"][0]["rows"]]

    page = client.get(reverse("dropout:care"))
    # facts row 49: at least one of each in each township, a living room in each special school
    assert missing(page) == [
        ["青石镇", "留守儿童关爱中心"], ["青石镇", "亲情电话"], ["青石镇", "代理妈妈"], ["云岭县特殊教育学校", "特校生活室"],
    ]  # fmt: skip
    towns = [[each["text"] for each in line["cells"]] for line in page.context["panels"][1]["rows"]]
    assert towns == [["城关镇", "1", "1", "1", "0"], ["青石镇", "0", "0", "0", "0"]]
    for kind in ("centre", "phone", "mother"):
        client.post(address, form | {"kind": kind, "area": "529901101", "name": f"青石镇{kind}"})
    client.post(address, form | {"kind": "living_room", "name": "生活室", "school": special.pk})
    assert missing(client.get(reverse("dropout:care"))) == []
    centre = CareFacility.objects.get(name="城关镇关爱中心")
    client.post(reverse("dropout:care_edit", args=[centre.pk]), form | {"closed_on": "2026-04-30"})
    assert missing(client.get(reverse("dropout:care"))) == [["城关镇", "留守儿童关爱中心"]]


@pytest.fixture
def entrants(xiazhai):
    """A sixth-grader whose 对口初中 is 城关镇中学, a kindergarten child of 红星村, where 下寨小学 stands."""
    spring = factories.term("2021-spring")
    village = factories.village()
    type(xiazhai).objects.filter(pk=xiazhai.pk).update(area=village)
    junior = factories.school("城关镇中学", kind="junior")
    Feeder.objects.create(from_school=xiazhai, to_school=junior)
    nursery = factories.school("城关镇幼儿园", kind="kindergarten")
    return {
        "junior": junior, "six": factories.student("罗娜", at=xiazhai, during=spring, grade=6),
        "big": factories.student("小宝", at=nursery, during=spring, stage="preschool", grade=3),
        "five": factories.student("五年", at=xiazhai, during=spring, grade=5),
    }  # fmt: skip


def test_notices_go_to_who_enters_primary_and_junior_once_and_are_tracked(
    client, on, basic, clerk, entrants, xiazhai
):
    duty("notices", 8)
    on("2021-08-10")
    daily()
    client.force_login(basic)
    page_at = reverse("dropout:notices")
    assert "没有这样的通知书" in client.get(page_at).content.decode()
    client.post(reverse("dropout:notices_make"))
    client.post(reverse("dropout:notices_make"))
    assert sorted((line[0], line[1], line[2], line[3]) for line in texts(client.get(page_at))) == [
        ("小宝", "小学", "城关镇下寨小学", "罗丽浩"), ("罗娜", "初中", "城关镇中学", "罗丽浩"),
    ]  # fmt: skip
    client.force_login(clerk)  # of the primary school
    assert [line[0] for line in texts(client.get(page_at))] == ["小宝"]
    written = docx.Document(io.BytesIO(client.get(reverse("dropout:notices_docx")).content))
    text = "\n".join(paragraph.text for paragraph in written.paragraphs)
    assert "请于 2021 年秋季学期开学前，送小宝到城关镇下寨小学报到入学" in text
    notice = EntryNotice.objects.get(student__name="小宝")
    track = reverse("dropout:notices_track")
    other = EntryNotice.objects.get(student__name="罗娜")
    for _ in range(2):
        client.post(track, {"pick": [notice.pk, other.pk], "on": "2021-08-09", "do": "delivered"})
    notice.refresh_from_db(), other.refresh_from_db()
    assert (str(notice.delivered_on), notice.delivered_by, other.delivered_on) == ("2021-08-09", "杨丽", None)
    assert DutyTask.objects.get(school=xiazhai).state == "done"
    late = client.post(track, {"pick": [notice.pk], "on": "2021-08-11", "do": "returned"}, follow=True)
    assert "不能晚于今天" in late.content.decode()
    client.post(track, {"pick": [notice.pk], "on": "2021-08-10", "do": "returned"})
    assert [line[0] for line in texts(client.get(page_at, {"tab": "returned"}))] == ["小宝"]
    on("2021-09-02")
    factories.term("2021-autumn")
    client.force_login(basic)
    assert sorted(line[0] for line in texts(client.get(page_at, {"tab": "not_come"}))) == ["小宝", "罗娜"]


def test_neighbour_reads_and_writes_nothing_of_it(
    client, on, neighbour, clerk, xiazhai, autumn, entrants, basic
):
    on("2021-02-10")
    child = factories.student("甲平", at=xiazhai, during=autumn)
    client.force_login(clerk)
    answer(client, xiazhai, "safety", scan=photo())
    plan = reverse("dropout:campaign_plan")
    client.post(
        f"{plan}?school={xiazhai.pk}&year=2021", {"month": "2", "planned_on": "2021-02-12", "plan": "逐户"}
    )
    client.post(reverse("dropout:notices_make"))
    officer = factories.user("别镇", ("township_officer", factories.township("529901101", "青石镇")))
    check, campaign = ReadyCheck.objects.get(), Campaign.objects.get()
    addresses = [
        reverse("dropout:ten_items_of", args=[xiazhai.pk]), reverse("dropout:ten_items_answer", args=[xiazhai.pk, "safety"]),
        reverse("dropout:ready_file", args=[check.pk]), reverse("dropout:campaign", args=[campaign.pk]),
        reverse("dropout:home_visit", args=[child.enrolments.get().pk]),
    ]  # fmt: skip
    for user in (neighbour, officer):
        client.force_login(user)
        assert {client.get(address).status_code for address in addresses} == {404}
        assert client.post(addresses[3], {"held_on": "2021-02-10"}).status_code == 404
        assert client.post(f"{plan}?school={xiazhai.pk}", {"month": "2"}).status_code == 302
        for name in ("ten_items", "campaigns", "home_visits", "notices"):
            assert "下寨小学" not in client.get(reverse(f"dropout:{name}")).content.decode()
        client.post(
            reverse("dropout:notices_track"),
            {
                "pick": list(EntryNotice.objects.values_list("pk", flat=True)),
                "on": "2021-02-10",
                "do": "delivered",
            },
        )
    assert not EntryNotice.objects.exclude(delivered_on=None).exists()


def test_database_refuses_what_is_not_so(xiazhai, autumn):
    area, day = Area.objects.get(pk="529901100"), dt.date(2026, 2, 1)
    campaign = {"year": 2026, "planned_on": day, "plan": "x", "by_name": "y"}
    wrong = [
        (Campaign, campaign | {"month": 3, "school": xiazhai}), (Campaign, campaign | {"month": 2}),
        (Campaign, campaign | {"month": 2, "school": xiazhai, "held_on": day}),
        (ReadyCheck, {"school": xiazhai, "term": autumn, "item": "canteen", "in_place": True, "checked_on": day, "checked_by": "y"}),
        (ReadyCheck, {"school": xiazhai, "term": autumn, "item": "meals", "in_place": False, "checked_on": day, "checked_by": "y"}),
        (CareFacility, {"kind": "living_room", "area": area, "name": "室", "opened_on": day, "by_name": "y"}),
    ]  # fmt: skip
    for model, fields in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            model.objects.create(**fields)


def test_pages_take_the_same_queries_for_one_and_for_thirty(client, on, basic, xiazhai, autumn):
    on("2021-02-10")
    factories.student("甲平", at=xiazhai, during=autumn, grade=1)
    client.force_login(basic)
    client.post(reverse("dropout:notices_make"), {"year": 2021})
    of_class = f"{reverse('dropout:home_visits')}?class={factories.school_class(xiazhai, grade=1).pk}"
    pages = [
        *(
            reverse(f"dropout:{name}")
            for name in ("ten_items", "campaigns", "home_visits", "notices", "care")
        ),
        of_class,
    ]

    def queries() -> list[int]:
        found = []
        for page in pages:
            with CaptureQueriesContext(connection) as caught:
                assert client.get(page).status_code == 200
            found.append(len(caught))
        return found

    few = queries()
    for number in range(30):
        factories.student(f"学生{number}", at=xiazhai, during=autumn, grade=1)
        factories.school(f"第{number}小学")
    assert queries() == few
