"""应助尽助: the coverage equation against plain loops, its names, places and scope, disposals, the workbook."""

import datetime as dt
import io
from collections import Counter
from dataclasses import replace

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.audit.models import AccessEvent, AuditEvent
from povertyedu.orgs.models import Person
from povertyedu.sealing import keyed_hash
from povertyedu.workbooks.cells import birth_date_of
from povertyedu.workflow.flow import SYSTEM
from students.enums import HardshipCategory
from students.models import Disposal, Enrolment, HardshipStatus, Household, Student, TargetListEntry
from subsidies.actions.policies import load_policy, pack_text
from subsidies.actions.recalculation import recalculate
from subsidies.enums import CoveragePart
from subsidies.queries.coverage import Equation, counted, equation
from subsidies.queries.coverage_names import all_names, within
from subsidies.queries.coverage_rows import Wanted, sources
from tests import factories
from tests.factories import subsidies

from . import coverage_oracle
from .coverage_county import County, people
from .exchanging import load_sample

pytestmark = pytest.mark.django_db
PAGE, NAMES, EXPORT, DISPOSE = (
    reverse(f"subsidies:coverage{tail}") for tail in ("", "_names", "_export", "_dispose")
)


@pytest.mark.sql
@pytest.mark.parametrize("seed", range(8))
def test_equation_of_a_random_county_is_that_of_plain_loops(aid_officer, seed):
    rows = people(seed)
    county = County(rows, aid_officer)
    term = county.term
    expected, stands = coverage_oracle.equation(rows, starts=term.starts_on, ends=term.ends_on, year=2020)
    wanted = Wanted(term, aid_officer, without_rule=county.without_rule)
    found = equation(wanted)
    by_reason = {}
    for (part, reason, _), n in found.counts.items():
        by_reason[str(part), str(reason)] = by_reason.get((str(part), str(reason)), 0) + n
    assert by_reason == dict(expected)
    assert (found.difference, found.total) == (0, sum(expected.values()))
    assert counted(sources(wanted)) == found.counts  # child by child, as pages of names ask
    by_school = equation(replace(wanted, reading="school_area"))
    assert (by_school.difference, by_school.total) == (0, found.total)
    by_name = {}
    for part in CoveragePart:
        for name in all_names(term, within(sources(wanted), part)):
            kept = rows[int(name.name[1:])]
            kept = coverage_oracle.keeper_of(kept, rows)
            assert kept["name"] not in by_name
            by_name[kept["name"]] = (str(name.part), str(name.reason))
    assert by_name == stands


@pytest.fixture
def county_of_six(xiazhai, qingshi, autumn):
    """Six people on the lists: paid for here, a meal alone, nothing owed, away unanswered, absent, of the poverty list."""
    factories.school("城关镇中心小学")
    poor = HardshipCategory.REGISTERED_POOR
    cash = factories.student("罗娜", at=xiazhai, during=autumn, categories=poor)
    subsidies.entitle(cash, 50_000)
    meals = factories.student("严宇", at=xiazhai, during=autumn, categories=poor)
    subsidies.entitle(meals, 4_000, of=subsidies.programme("nutrition", "营养膳食补助", "in_kind"))
    factories.student(
        "阳梓平", at=qingshi, during=autumn, categories=poor, home=factories.village("529901101001", "大田村")
    )
    factories.away("何欣", autumn, categories=poor)
    factories.listed(
        ("何处", factories.id_number(77, birth="20090101")), during=autumn, school="城关镇下寨小学"
    )
    on_poverty_list("石小丽", home="529901101001")
    factories.student("不困难", at=xiazhai, during=autumn)
    return autumn


def on_poverty_list(name, *, home: str, birth="20100512"):
    number = factories.id_number(birth=birth)
    household = Household.objects.create(number=f"户{number}", area=factories.village(home, "大田村"))
    return HardshipStatus.objects.create(
        id_hash=keyed_hash(number), id_number=number, name=name, birth_date=birth_date_of(number), category=1,
        since=dt.date(2016, 1, 1), source="poverty_office", household=household,
    )  # fmt: skip


def names(response) -> list[tuple[str, str]]:
    return [(row.name, row.reason.label) for row in response.context["rows"]]


def test_page_shows_the_equation_and_its_rate(client, leader, county_of_six):
    client.force_login(leader)
    response = client.get(PAGE)
    found = response.context["equation"]
    assert [(part["label"], part["count"]) for part in response.context["parts"]] == [
        ("本县资助", 2), ("就读地资助", 0), ("本县兜底", 0), ("不在校", 0), ("政策无对应项目", 0),
        ("待核实", 4),
    ]  # fmt: skip
    assert (found.total, found.difference, found.aided(), found.due(), found.rate()) == (6, 0, 2, 6, "33.3")
    assert response.context["money"] == {"cash": 50_000, "other": 4_000, "paid": 0}
    assert [(place["name"], place["total"], place["rate"]) for place in response.context["places"]] == [
        ("城关镇", 3, "66.6"), ("青石镇", 2, "0.0"), ("不详", 1, "0.0"),
    ]  # fmt: skip
    assert "相差 0 人" in response.content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"part": "aided_here"}, [("罗娜", "现金待发"), ("严宇", "只有减免或供餐")]),
        ({"part": "aided_here", "reason": "no_cash"}, [("严宇", "只有减免或供餐")]),
        ({"part": "aided_here", "township": "529901101"}, []),
        (
            {},
            [
                ("阳梓平", "本县在读，没有应享"), ("何欣", "县外就读，待去函核实"), ("何处", "花名册查不到，未登记处置"),
                ("石小丽", "花名册查不到，未登记处置"),
            ],
        ),
        ({"township": "529901101"}, [("阳梓平", "本县在读，没有应享"), ("石小丽", "花名册查不到，未登记处置")]),
        ({"township": "529901101", "by": "school_area"}, [("阳梓平", "本县在读，没有应享")]),
        ({"township": "529901100", "by": "school_area"}, [("何处", "花名册查不到，未登记处置")]),
        ({"part": "aided_elsewhere"}, []),
    ],
)  # fmt: skip
def test_names_of_each_term_of_the_equation(client, aid_officer, county_of_six, query, found):
    client.force_login(aid_officer)
    response = client.get(NAMES, query)
    assert names(response) == found
    assert "529901201" not in response.content.decode()


def test_child_without_any_place_and_one_from_elsewhere_are_counted_in_the_county(
    aid_officer, xiazhai, autumn
):
    Student.objects.filter(pk=factories.away("何欣", autumn).pk).update(home_area=None)
    factories.student("流入", at=xiazhai, during=autumn, categories=1)
    Enrolment.objects.filter(student__name="何欣").update(home_area="")
    Enrolment.objects.filter(student__name="流入").update(home_area="520103001001")
    for reading in ("home_area", "school_area"):
        found = equation(Wanted(autumn, aid_officer, reading))
        assert (found.total, found.of(), found.difference) == (2, 2, 0)


def test_names_of_a_school_and_of_a_filter_that_is_none(client, aid_officer, county_of_six, xiazhai):
    client.force_login(aid_officer)
    assert names(client.get(NAMES, {"part": "aided_here", "school": xiazhai.pk})) == [
        ("罗娜", "现金待发"),
        ("严宇", "只有减免或供餐"),
    ]
    assert names(client.get(NAMES, {"school": xiazhai.pk})) == [("何处", "花名册查不到，未登记处置")]
    assert client.get(NAMES, {"part": "nobody"}).status_code == 404
    wrong = {"township": "x", "school": "99999", "reason": "nothing", "after": "e9x", "by": "z"}
    assert len(names(client.get(NAMES, wrong))) == 4


def test_township_officer_sees_the_own_households_alone(client, county_of_six):
    officer = factories.user("吴干事", ("township_officer", factories.township("529901101")))
    client.force_login(officer)
    response = client.get(PAGE)
    assert (response.context["equation"].total, response.context["equation"].difference) == (2, 0)
    assert names(client.get(NAMES)) == [
        ("阳梓平", "本县在读，没有应享"),
        ("石小丽", "花名册查不到，未登记处置"),
    ]
    assert names(client.get(NAMES, {"by": "school_area"})) == [("阳梓平", "本县在读，没有应享")]
    assert names(client.get(NAMES, {"township": "529901100"})) == []
    assert client.get(EXPORT).status_code == 403
    assert client.get(DISPOSE).status_code == 403


def test_clerks_are_refused(client, clerk, county_of_six):
    client.force_login(clerk)
    assert [client.get(url).status_code for url in (PAGE, NAMES, EXPORT, DISPOSE)] == [403] * 4


def test_names_page_by_page_and_back(client, aid_officer, autumn, xiazhai):
    for number in range(53):
        factories.student(f"学生{number:02}", at=xiazhai, during=autumn, categories=1)
    for number in range(53):
        factories.listed((f"名单{number:02}", factories.id_number(number, birth="20110101")), during=autumn)
        on_poverty_list(
            f"农户{number:02}", home="529901100001", birth=f"2009{1 + number // 27:02}{1 + number % 27:02}"
        )
    client.force_login(aid_officer)
    expected = [f"{kind}{number:02}" for kind in ("学生", "名单", "农户") for number in range(53)]
    seen, address, back = [], "", []
    for _ in range(4):
        response = client.get(NAMES + address)
        seen += [name for name, _ in names(response)]
        back.append(address)
        address = response.context["next_url"]
    assert (seen, address, response.context["total_text"]) == (expected, "", "共 159 人")
    for _ in range(3):
        response = client.get(NAMES + response.context["previous_url"])
    assert [name for name, _ in names(response)] == expected[:50]
    assert response.context["previous_url"] == ""


@pytest.mark.parametrize("page", [PAGE, NAMES])
def test_pages_take_the_same_queries_for_one_and_for_many(client, aid_officer, xiazhai, autumn, page):
    client.force_login(aid_officer)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(page).status_code == 200
        return len(captured)

    def add(name):
        subsidies.entitle(factories.student(name, at=xiazhai, during=autumn, categories=1))
        factories.student(name, at=xiazhai, during=autumn, categories=1)
        factories.listed((name, factories.id_number()), during=autumn)
        on_poverty_list(name, home="529901100001")

    add("甲一")
    client.get(page)  # the session's own first queries
    few = queries()
    for number in range(11):  # 48 people: a page
        add(f"甲{number}")
    assert queries() == few


def test_home_page_loads_the_rate_and_the_dashboard_shows_it(client, leader, clerk, county_of_six):
    client.force_login(leader)
    url = reverse("subsidies:coverage_rate")
    assert f'hx-get="{url}"' in client.get("/").content.decode()
    assert client.get(url).headers["Location"] == PAGE
    line = client.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "<b>33.3</b>" in line
    assert "已资助 2 ÷ 应资助 6 人" in line
    shown = client.get(reverse("home:dashboard")).context["coverage"]
    assert (shown.rate(), shown.fraction) == ("33.3", "2÷6")
    client.force_login(clerk)
    assert "应助尽助率" not in client.get("/").content.decode()


def test_home_page_of_a_county_without_a_term_stays_the_home_page(client, db):
    client.force_login(factories.user("李局长", ("leader", factories.county())))

    answer = client.get(reverse("subsidies:coverage_rate"), headers={"HX-Request": "true"})

    assert (answer.status_code, answer.content) == (200, b"")


def test_rate_is_never_rounded_up_to_everybody():
    found = Equation(Counter({("aided_here", "", ""): 1999, ("to_verify", "", ""): 1}), 2000)
    assert (found.rate(), Equation(Counter(), 0).rate()) == ("99.9", "—")


def test_equation_tells_a_difference(client, leader, county_of_six, monkeypatch):
    monkeypatch.setattr("subsidies.queries.coverage.people_on_lists", lambda wanted: 7)
    client.force_login(leader)
    assert "名单人数与各项之和相差 1 人" in client.get(PAGE).content.decode()


@pytest.fixture
def owner(db):
    """Who follows up what a disposal leaves open."""
    return Person.objects.create(name="石主任", area=factories.township()).pk


def test_disposal_moves_a_person_out_of_what_is_to_be_verified(client, aid_officer, county_of_six, owner):
    client.force_login(aid_officer)
    keys = [row.key for row in client.get(NAMES).context["rows"] if row.may_be_disposed]
    assert [key[0] for key in keys] == ["t", "p"]
    address = f"{DISPOSE}?part=to_verify&" + "&".join(f"row={key}" for key in keys)
    assert "何处" in client.get(address).content.decode()
    assert client.post(address, {"code": "deceased", "decided_on": "2999-01-01"}).status_code == 422
    answer = client.post(address, {"code": "moved_away", "note": "全家迁往外省", "decided_on": "2020-10-09"})
    assert answer.headers["Location"] == f"{NAMES}?part=to_verify"
    found = client.get(NAMES, {"part": "not_in_school"})
    assert names(found) == [("何处", "户口迁出"), ("石小丽", "户口迁出")]
    assert {row.note for row in found.context["rows"]} == {"全家迁往外省"}
    client.post(f"{DISPOSE}?row={keys[1]}", {"code": "to_verify", "owner": owner, "decided_on": "2020-10-09"})
    assert Disposal.objects.count() == 2
    assert names(client.get(NAMES, {"reason": "unclear"})) == [("石小丽", "处置为待核实")]
    log = AuditEvent.objects.filter(action="disposal.set").order_by("pk").last()
    assert log.changes["处置"] == ["户口迁出", "待核实"]


def test_disposal_of_who_left_and_of_nobody(client, aid_officer, luona, owner):
    Enrolment.objects.update(status="left", categories=1)
    client.force_login(aid_officer)
    (row,) = client.get(NAMES).context["rows"]
    assert (row.reason, row.may_be_disposed) == ("left", True)
    client.post(
        f"{DISPOSE}?row={row.key}", {"code": "dropped_out", "owner": owner, "decided_on": "2020-10-09"}
    )
    assert names(client.get(NAMES, {"part": "not_in_school"})) == [("罗娜", "辍学")]
    assert client.get(DISPOSE).headers["Location"].startswith(NAMES)
    assert client.get(f"{DISPOSE}?row=x1&row=t999999&row=p").status_code == 404


def test_a_child_studying_here_is_not_disposed_of(client, aid_officer, luona):
    client.force_login(aid_officer)
    assert client.post(f"{DISPOSE}?row=e{luona.enrolments.get().pk}", {"code": "deceased"}).status_code == 404
    assert not Disposal.objects.exists()


def test_export_asks_why_and_is_logged(client, aid_officer, administrator, county_of_six):
    client.force_login(aid_officer)
    address = f"{EXPORT}?part=aided_here"
    assert client.get(address).context["count"] == 2
    assert client.post(address, {"numbers": "full"}).status_code == 422
    answer = client.post(address, {"numbers": "full", "reason": "报县扶贫办核对"})
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    rows = [list(row) for row in sheet.iter_rows(min_row=4, values_only=True)]
    luona = Student.objects.get(name="罗娜")
    assert rows[0] == [
        "罗娜", luona.id_number, "城关镇 红星村", "城关镇下寨小学", "小学 五年级", "现金待发", "", 500, 0, 0,
    ]  # fmt: skip
    assert [row[0] for row in rows] == ["罗娜", "严宇"]
    event = AccessEvent.objects.get()
    assert (event.reason, event.fields) == (
        "报县扶贫办核对",
        "应助尽助名单（本县资助）2 人，完整证件号；全部",
    )
    client.force_login(administrator)  # may not reveal numbers
    assert client.post(address, {"numbers": "full", "reason": "核对"}).status_code == 422
    answer = client.post(f"{EXPORT}?part=to_verify", {"numbers": "masked", "reason": "核对"})
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert {row[1][6:16] for row in sheet.iter_rows(min_row=4, values_only=True)} == {"*" * 10}


@pytest.mark.samples
@pytest.mark.sql
def test_sample_county_balances(shared_samples, aid_officer, monkeypatch):
    load_sample(shared_samples / "county-a", monkeypatch)
    term = factories.term("2020-autumn")
    load_policy(text=pack_text("guiding"), by=SYSTEM)
    recalculate(term=term, by=SYSTEM, trigger="测试")
    found = equation(Wanted(term, aid_officer))
    listed = set(TargetListEntry.objects.values_list("id_hash", flat=True))
    enrolled = Enrolment.objects.filter(term=term).select_related("student")
    on_lists = {row.student.id_hash for row in enrolled if row.categories & 1} | listed
    here = {row.student.id_hash for row in enrolled}
    for status in HardshipStatus.objects.filter(category=1, counts=True):
        if (
            status.id_hash not in here
            and 6 <= coverage_oracle.age_on_31_august(birth_date_of(status.id_number), 2020) <= 15
        ):
            on_lists.add(status.id_hash)
    assert (found.total, found.difference) == (len(on_lists), 0)
    answers = [row for row in enrolled if row.student.id_hash in on_lists and row.place != "in_county"]
    assert found.of("aided_elsewhere") == sum(row.aided_elsewhere == "yes" for row in answers)
