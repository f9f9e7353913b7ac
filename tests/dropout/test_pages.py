"""责任体系、无责任人名单、责任人、学生页 panel: what they show to whom, with how many queries."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dropout.models import ChainLink, Post
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Person
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
POSTS, GAPS, CHAIN = (reverse(f"dropout:{name}") for name in ("posts", "gaps", "chain"))


@pytest.fixture
def luona(xiazhai, autumn):
    return factories.student("罗娜", at=xiazhai, during=autumn)


def posts_page(client, link, **query):
    return client.get(POSTS, {"link": link.pk} | query)


def names(page) -> list[str]:
    return [row.name for row in page.context["rows"]]


def panel(client, child):
    return client.get(reverse("dropout:student_panel", args=[child.pk]), headers={"HX-Request": "true"})


def person_page(client, person, **query):
    return client.get(reverse("dropout:person", args=[person.pk]), query)


def test_county_without_chains_is_led_to_pick_one(client, basic, clerk, luona):
    for user, button in ((basic, "选用责任制"), (clerk, None)):
        client.force_login(user)
        text = client.get(POSTS).content.decode()
        assert "还没有设责任层级" in text
        assert (f'href="{CHAIN}">{button}' in text) == bool(button)
        assert "还没有设责任层级" in client.get(GAPS).content.decode()
        assert "县里还没有设责任层级" in panel(client, luona).content.decode()
    client.force_login(basic)
    page = client.post(reverse("dropout:chain_pick"), {"code": "linxia"}, follow=True)
    assert "已选用“双线三级”" in page.content.decode()
    assert [link.label for _, links in page.context["lines"] for link in links] == [
        "县领导包乡镇", "乡镇领导包村", "村干部包户", "局长包学区", "校长包班级", "班主任包学生",
    ]  # fmt: skip
    assert client.post(reverse("dropout:chain_pick"), {"code": "nothing"}).status_code == 404


def test_links_are_added_renamed_moved_and_taken_away_on_the_page(client, basic, linxia, put):
    client.force_login(basic)
    new = {"line": "government", "place_kind": "county", "label": " 县长 "}
    assert client.post(reverse("dropout:link_new"), new).status_code == 302
    again = client.post(reverse("dropout:link_new"), new)
    assert (again.status_code, "已有同名的层级" in again.content.decode()) == (422, True)
    wrong = client.post(reverse("dropout:link_new"), new | {"label": "校长", "from_homeroom": "on"})
    assert (wrong.status_code, "应选“班级”" in wrong.content.decode()) == (422, True)
    top = ChainLink.objects.get(label="县长")
    for _ in range(3):
        client.post(reverse("dropout:link_move", args=[top.pk]), {"up": "1"})
    client.post(reverse("dropout:link_edit", args=[top.pk]), {"label": "县长包全县"})
    put(linxia["乡镇领导包村"], factories.village(), "石磊")
    for label in ("村干部包户", "乡镇领导包村"):
        client.post(reverse("dropout:link_remove", args=[linxia[label].pk]))
    page = client.get(CHAIN)
    assert [link.label for _, links in page.context["lines"] for link in links][:3] == [
        "县长包全县", "县领导包乡镇", "乡镇领导包村",
    ]  # fmt: skip
    assert "“乡镇领导包村”还有 1 人在任" in page.content.decode()


def test_vacancies_come_first_then_who_answers_with_phone_and_since(client, basic, linxia, put):
    village, other = factories.village(), factories.village("529901100002", "永丰村")
    client.force_login(basic)
    link = linxia["村干部包户"]
    page = posts_page(client, link)
    assert (page.context["tab"], names(page)) == ("vacant", ["红星村", "永丰村"])
    put(link, village, "韦明", title="村支书")
    assert names(posts_page(client, link)) == ["永丰村"]
    held = posts_page(client, link, tab="held")
    row = held.context["rows"][0]
    assert (row.name, row.above, row.holder.name, row.holder.title, f"{row.holder.since}") == (
        "红星村", "城关镇", "韦明", "村支书", "2020-09-01",
    )  # fmt: skip
    assert row.holder.phone in held.content.decode()
    put(link, other, "吴海")
    assert posts_page(client, link).context["tab"] == "held"
    assert [tab["count"] for tab in posts_page(client, link).context["tabs"]] == [0, 2, 0, 0]
    assert names(posts_page(client, link, tab="held", q="永丰")) == ["永丰村"]
    assert "没有空缺" in posts_page(client, link, tab="vacant").content.decode()


def test_term_that_is_over_and_terms_that_overlap_are_listed(client, basic, linxia, put):
    village, other = factories.village(), factories.village("529901100002", "永丰村")
    link, yesterday = linxia["村干部包户"], today() - dt.timedelta(days=1)
    put(link, village, "韦明", "2020-09-01", f"{yesterday}")
    first = put(link, other, "吴海", "2020-09-01", "2021-08-31")
    put(link, other, "王强", "2021-09-01")
    Post.objects.filter(pk=first.pk).update(until=dt.date(2021, 12, 31))
    client.force_login(basic)
    expired, overlap = (posts_page(client, link, tab=tab) for tab in ("expired", "overlap"))
    assert (names(expired), names(overlap)) == (["红星村"], ["永丰村"])
    assert f"原韦明，到 {yesterday} 任满" in expired.content.decode()
    assert [post.person.name for post in overlap.context["rows"][0].overlapping] == ["吴海", "王强"]


def test_class_without_a_teacher_is_a_vacancy_that_the_school_fills(client, basic, linxia, luona, xiazhai):
    client.force_login(basic)
    link = linxia["班主任包学生"]
    assert names(posts_page(client, link)) == ["五年级1班"]
    xiazhai.classes.update(homeroom_teacher=Person.objects.create(name="罗雪", phone="13900000001"))
    page = posts_page(client, link)
    assert (page.context["tab"], page.context["rows"][0].holder.name) == ("held", "罗雪")
    appoint = client.get(reverse("dropout:appoint"), {"link": link.pk, "place": xiazhai.classes.get().pk})
    assert appoint.status_code == 200
    sent = {"name": "王强", "phone": "13900000002", "since": "2020-09-01"}
    refused = client.post(appoint.request["PATH_INFO"] + "?" + appoint.request["QUERY_STRING"], sent)
    assert (refused.status_code, "请在“学校班级”里指定班主任" in refused.content.decode()) == (422, True)


def test_vacancy_is_filled_replaced_and_ended_on_the_page(client, basic, linxia):
    client.force_login(basic)
    village = factories.village()
    address = f"{reverse('dropout:appoint')}?link={linxia['村干部包户'].pk}&place={village.pk}"
    sent = {"name": "韦明", "phone": "139 0000 0001", "title": "村支书", "since": "2020-09-01"}
    bad = client.post(address, sent | {"phone": "12", "since": "昨天"})
    assert (bad.status_code, Post.objects.count()) == (422, 0)
    assert "村支书" in client.post(address, sent, follow=True).content.decode()
    assert "韦明（2020-09-01 起）" in client.get(address).content.decode()
    client.post(address, sent | {"name": "王强", "since": "2021-03-01"})
    overlap = client.post(address, sent | {"name": "石磊", "since": "2021-01-01"})
    assert (overlap.status_code, "重叠" in overlap.content.decode()) == (422, True)
    post = Post.objects.get(person__name="王强")
    assert (
        client.post(reverse("dropout:post_end", args=[post.pk]), {"until": "2021-06-30"}).status_code == 422
    )
    ended = client.post(
        reverse("dropout:post_end", args=[post.pk]), {"until": "2021-06-30", "reason": "调离"}
    )
    assert ended.status_code == 302
    assert [f"{p.person.name} {p.since} {p.until}" for p in Post.objects.order_by("pk")] == [
        "韦明 2020-09-01 2021-02-28", "王强 2021-03-01 2021-06-30",
    ]  # fmt: skip


@pytest.mark.parametrize("query", ["", "link=x", "link=1&place=9", "place=529901100001"])
def test_appointing_without_a_place_leads_back_to_the_list(client, basic, linxia, query):
    client.force_login(basic)
    answer = client.get(f"{reverse('dropout:appoint')}?{query}")
    assert (answer.status_code, answer.headers["Location"]) == (302, POSTS)


def test_gaps_are_counted_by_link_and_place_and_named_with_what_to_mend(
    client, basic, linxia, put, luona, qingshi, autumn
):
    factories.away("何欣", autumn)
    home = factories.village("529901101001", "青石村")
    factories.student("严宇", at=qingshi, during=autumn, home=home)
    for link, place in (
        ("县领导包乡镇", factories.township()),
        ("乡镇领导包村", factories.village()),
        ("村干部包户", factories.village()),
    ):
        put(linxia[link], place, link[:2])
    client.force_login(basic)
    page = client.get(GAPS, {"by": "home_area"})
    gaps = page.context["gaps"]
    assert (gaps.children, gaps.complete, gaps.with_gap) == (3, 0, 3)
    told = {row["link"].label: [cell["count"] for cell in row["cells"]] for row in page.context["links"]}
    assert told == {
        "县领导包乡镇": [1, 0], "乡镇领导包村": [1, 0], "村干部包户": [1, 0],
        "局长包学区": [2, 1], "校长包班级": [2, 1], "班主任包学生": [2, 1],
    }  # fmt: skip
    assert [(place["name"], place["children"], place["lines"]) for place in page.context["places"]] == [
        ("城关镇", 2, [0, 2]), ("青石镇", 1, [1, 1]),
    ]  # fmt: skip
    by_school = client.get(GAPS, {"by": "school_area"}).context["places"]
    assert [(place["name"], place["children"]) for place in by_school] == [
        ("城关镇", 1),
        ("青石镇", 1),
        ("县外或不详", 1),
    ]
    lacks = {row.enrolment.student.name: row.lacks for row in page.context["rows"]}
    assert lacks["何欣"] == ["局长包学区、校长包班级、班主任包学生：在县外就读"]
    assert lacks["罗娜"] == ["局长包学区：没有责任人", "校长包班级：没有责任人", "班主任包学生：没有责任人"]
    one = client.get(GAPS, {"by": "home_area", "link": linxia["村干部包户"].pk, "lack": "vacant"})
    assert [row.enrolment.student.name for row in one.context["rows"]] == ["严宇"]
    nobody = client.get(GAPS, {"school": luona.enrolments.get().school_id, "link": linxia["村干部包户"].pk})
    assert "没有缺口" in nobody.content.decode()


def test_gaps_go_on_over_pages_by_key(client, basic, linxia, xiazhai, autumn):
    for number in range(60):
        factories.student(f"孩{number}", at=xiazhai, during=autumn)
    client.force_login(basic)
    first = client.get(GAPS)
    second = client.get(GAPS + first.context["next_url"])
    assert (len(first.context["rows"]), len(second.context["rows"]), second.context["next_url"]) == (
        50,
        10,
        "",
    )
    assert len(client.get(GAPS, {"print": "1"}).context["rows"]) == 60
    assert client.get(GAPS, {"after": "²", "township": "x", "link": "y"}).status_code == 200


def test_page_of_a_person_tells_for_whom_it_answers_at_each_link(
    client, basic, linxia, put, luona, xiazhai, autumn
):
    factories.student("严宇", at=xiazhai, during=autumn, home=factories.village("529901100002", "永丰村"))
    township = put(linxia["县领导包乡镇"], factories.township(), "周县长").person
    put(linxia["局长包学区"], xiazhai, "周县长")
    cadre = put(linxia["村干部包户"], factories.village(), "韦明").person
    xiazhai.classes.update(homeroom_teacher=cadre)
    client.force_login(basic)
    page = person_page(client, cadre)
    assert [(d.place_name, d.link.label) for d, _ in page.context["duties"]] == [
        ("城关镇 红星村", "村干部包户"), ("城关镇下寨小学 五年级1班", "班主任包学生"),
    ]  # fmt: skip
    assert [row.student.name for row, _ in page.context["children"]] == ["罗娜"]
    of_class = person_page(client, cadre, duty=page.context["duties"][1][0].key)
    assert [row.student.name for row, _ in of_class.context["children"]] == ["罗娜", "严宇"]
    for duty, _ in person_page(client, township).context["duties"]:
        found = person_page(client, township, duty=duty.key).context["children"]
        assert [row.student.name for row, _ in found] == ["罗娜", "严宇"]
    assert person_page(client, cadre, duty="nonsense", after="x").status_code == 200


def test_all_children_of_a_person_are_printed(client, basic, linxia, put, xiazhai, autumn):
    cadre = put(linxia["村干部包户"], factories.village(), "韦明").person
    for number in range(51):
        factories.student(f"学生{number}", at=xiazhai, during=autumn)
    client.force_login(basic)
    page = person_page(client, cadre)
    assert (len(page.context["children"]), "打印全部" in page.content.decode()) == (50, True)
    assert (
        len(client.get(f"{page.request['PATH_INFO']}{page.context['print_url']}").context["children"]) == 51
    )


def test_own_duties_are_one_click_away(client, basic, linxia, put):
    client.force_login(basic)
    assert client.get(reverse("dropout:mine")).headers["Location"] == POSTS
    cadre = factories.user("韦明", ("village_cadre", factories.village()))
    cadre.person = put(linxia["村干部包户"], factories.village(), "韦明").person
    cadre.save()
    client.force_login(cadre)
    page = client.get(reverse("dropout:mine"), follow=True)
    assert [duty.place_name for duty, _ in page.context["duties"]] == ["城关镇 红星村"]


def test_childs_panel_shows_both_chains_the_one_responsible_and_the_guardian(
    client, clerk, linxia, put, luona, xiazhai
):
    put(linxia["村干部包户"], factories.village(), "韦明", title="村支书")
    teacher = Person.objects.create(name="罗雪", phone="13900000001", school=xiazhai)
    xiazhai.classes.update(homeroom_teacher=teacher)
    client.force_login(clerk)
    page = panel(client, luona)
    chains, text = page.context["chains"], page.content.decode()
    assert [(s.link.label, s.place, s.holder and s.holder.name) for _, steps in chains.lines for s in steps] == [
        ("县领导包乡镇", "城关镇", None), ("乡镇领导包村", "城关镇 红星村", None), ("村干部包户", "城关镇 红星村", "韦明"),
        ("局长包学区", "城关镇下寨小学", None), ("校长包班级", "城关镇下寨小学 五年级1班", None), ("班主任包学生", "城关镇下寨小学 五年级1班", "罗雪"),
    ]  # fmt: skip
    for shown in ("一生一责任人：<b>罗雪</b>", "13900000001", "没有责任人", "罗丽浩", "村支书"):
        assert shown in text
    assert page.context["linked"] == {teacher.pk}
    detail = client.get(reverse("students:detail", args=[luona.pk]))
    assert any("/dropout/student/" in url for url in detail.context["panels"])


def test_each_reads_the_own_places_alone_and_a_neighbours_officer_none(
    client, basic, linxia, put, luona, xiazhai, qingshi
):
    cadre = put(linxia["村干部包户"], factories.village(), "韦明").person
    put(linxia["村干部包户"], factories.village("529901101001", "青石村"), "吴海")
    head = put(linxia["校长包班级"], xiazhai.classes.get(), "吴国强").person
    people = {
        "township": ("township_officer", factories.township()), "village": ("village_cadre", factories.village()),
        "clerk": ("school_clerk", xiazhai), "head": ("school_head", xiazhai), "teacher": ("class_teacher", xiazhai.classes.get()),
        "neighbour_township": ("township_officer", factories.township("529901101", "青石镇")), "neighbour_clerk": ("school_clerk", qingshi),
    }  # fmt: skip
    seen = {}
    for name, grant in people.items():
        client.force_login(factories.user(name, grant))
        villages = names(posts_page(client, linxia["村干部包户"], tab="held"))
        pages = [
            panel(client, luona).status_code,
            *(person_page(client, p).status_code for p in (cadre, head)),
        ]
        seen[name] = (villages, pages, client.get(GAPS).context["gaps"].children)
    assert seen == {
        "township": (["红星村"], [200, 200, 200], 1), "village": (["红星村"], [200, 200, 404], 1), "clerk": ([], [200, 404, 200], 1),
        "head": ([], [200, 404, 200], 1), "teacher": ([], [200, 404, 200], 1),
        "neighbour_township": (["青石村"], [404, 404, 404], 0), "neighbour_clerk": ([], [404, 404, 404], 0),
    }  # fmt: skip
    client.force_login(factories.user("某人", ("finance", factories.county())))
    assert (
        client.get(POSTS).status_code,
        client.get(GAPS).status_code,
        panel(client, luona).status_code,
    ) == (403,) * 3


def test_pages_take_the_same_queries_for_one_and_for_thirty(client, basic, linxia, put, xiazhai, autumn):
    client.force_login(basic)
    factories.student("罗娜", at=xiazhai, during=autumn)
    person = put(linxia["村干部包户"], factories.village(), "韦明").person
    held = {"link": linxia["村干部包户"].pk, "tab": "held"}
    addresses = [
        (POSTS, held),
        (POSTS, {}),
        (GAPS, {}),
        (CHAIN, {}),
        (reverse("dropout:person", args=[person.pk]), {}),
    ]

    def counts() -> list[int]:
        found = []
        for address, query in addresses:
            with CaptureQueriesContext(connection) as captured:
                assert client.get(address, query).status_code == 200
            found.append(len(captured))
        return found

    few = counts()
    for number in range(30):
        home = factories.village(f"5299011000{number + 10}", f"村{number}")
        factories.student(f"孩{number}", at=xiazhai, during=autumn, home=home)
        put(linxia["村干部包户"], home, "韦明")
    assert counts() == few
