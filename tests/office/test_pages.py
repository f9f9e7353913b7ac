"""Who may open the pages of housekeeping, and what a list costs."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.accounts.actions import propose_grant
from povertyedu.audit.models import AccessEvent, AuditEvent
from povertyedu.orgs.models import Area, CalendarDay, Person
from povertyedu.workflow.flow import SYSTEM
from tests import factories

LISTS = {
    "office:accounts": "system_administrator",
    "office:grants": "security_administrator",
    "office:proposals": "security_administrator",
    "office:areas": "administrator",
    "office:schools": "administrator",
    "office:people": "administrator",
    "office:terms": "administrator",
    "office:calendar": "administrator",
    "office:audit": "audit_administrator",
    "office:access_log": "audit_administrator",
}
OTHERS = {
    "office:account_new": "system_administrator",
    "office:account_import": "system_administrator",
    "office:account_template": "system_administrator",
    "office:area_new": "administrator",
    "office:school_new": "administrator",
    "office:person_new": "administrator",
    "office:options": "administrator",
}


def furnish(count: int) -> None:
    """Make ``count`` of everything that the lists show."""
    place = factories.county()
    for number in range(count):
        town = factories.township(f"529901{300 + factories.next_number()}", f"乡{number}")
        school = factories.school(f"第{number}小学", area=town)
        person = Person.objects.create(name=f"教师{number}", school=school)
        school_class = factories.school_class(school)
        school_class.homeroom_teacher = person
        school_class.save()
        user = factories.user(f"某某{number}", ("school_clerk", school))
        user.person = person
        user.save()
        propose_grant(user=user, role="class_teacher", place=school_class, by=SYSTEM)
        factories.term(f"{2001 + factories.next_number() % 95}-autumn")
        CalendarDay.objects.get_or_create(
            date=dt.date.today().replace(month=1, day=1) + dt.timedelta(days=number), is_working=False
        )
        AccessEvent.objects.create(
            by_name="杨丽",
            kind="reveal",
            subject_type="students.student",
            subject_label="罗娜",
            reason="核对",
        )
        AuditEvent.objects.create(
            by_name="杨丽", action="area.update", subject_type="orgs.area", subject_label=str(place)
        )


@pytest.mark.parametrize(("name", "role"), [*LISTS.items(), *OTHERS.items()])
def test_page_opens_for_its_role_only(client, request, clerk, name, role):
    url = reverse(name)
    anonymous = client.get(url)
    client.force_login(clerk)
    refused = client.get(url)
    client.force_login(request.getfixturevalue(role))
    opened = client.get(url)

    assert anonymous.status_code == 302
    assert anonymous.url.startswith("/accounts/login/?next=")
    assert refused.status_code == 403
    assert opened.status_code == 200
    assert opened.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("role", ["system_administrator", "security_administrator", "audit_administrator"])
def test_three_administrators_see_no_page_of_another(client, request, role):
    client.force_login(request.getfixturevalue(role))

    answers = {name: client.get(reverse(name)).status_code for name in [*LISTS, *OTHERS]}

    assert answers == {
        name: 200 if needed == role else 403 for name, needed in [*LISTS.items(), *OTHERS.items()]
    }


@pytest.mark.parametrize(("name", "role"), LISTS.items())
def test_list_costs_the_same_queries_at_one_row_and_at_thirty(client, request, name, role):
    client.force_login(request.getfixturevalue(role))
    furnish(1)
    with CaptureQueriesContext(connection) as at_one:
        client.get(reverse(name))
    furnish(29)
    with CaptureQueriesContext(connection) as at_thirty:
        response = client.get(reverse(name))

    assert response.status_code == 200
    assert len(at_thirty) == len(at_one)


@pytest.mark.parametrize(
    ("name", "arguments", "role"),
    [
        ("office:account_edit", [987654], "system_administrator"),
        ("office:account_reset", [987654], "system_administrator"),
        ("office:account_grants", [987654], "security_administrator"),
        ("office:grant_add", [987654], "security_administrator"),
        ("office:hand_over", [987654], "security_administrator"),
        ("office:grant_end", [987654], "security_administrator"),
        ("office:area_edit", ["529902"], "administrator"),
        ("office:school_edit", [987654], "administrator"),
        ("office:classes", [987654], "administrator"),
        ("office:class_edit", [987654], "administrator"),
        ("office:person_edit", [987654], "administrator"),
        ("office:term_edit", ["1999-autumn"], "administrator"),
        ("office:audit_event", [987654], "audit_administrator"),
    ],
)
def test_object_that_is_not_there_is_not_found(client, request, name, arguments, role):
    client.force_login(request.getfixturevalue(role))

    assert client.get(reverse(name, args=arguments)).status_code == 404


def test_list_pages_forward_and_back_by_key(client, administrator):
    for number in range(120):
        factories.township(f"529901{300 + number}", f"乡{number:03}")
    client.force_login(administrator)

    first = client.get(reverse("office:areas")).context["page"]
    second = client.get(reverse("office:areas") + first.next_url).context["page"]
    third = client.get(reverse("office:areas") + second.next_url).context["page"]
    back = client.get(reverse("office:areas") + second.previous_url).context["page"]

    assert [row.code for row in first.rows] == ["529901", *[f"529901{300 + n}" for n in range(49)]]
    assert len(second.rows) == 50
    assert [row.code for row in third.rows] == [f"529901{300 + n}" for n in range(99, 120)]
    assert (first.previous_url, third.next_url) == ("", "")
    assert [row.code for row in back.rows] == [row.code for row in first.rows]
    assert first.total_text == "共 121 个区划"


@pytest.mark.parametrize("key", ["x", "~", "%FF", "9" * 40, "名字~12x"])
def test_key_nobody_gave_out_shows_a_page_all_the_same(client, administrator, key):
    client.force_login(administrator)

    for name in ("office:areas", "office:people", "office:terms"):
        assert client.get(f"{reverse(name)}?after={key}").status_code == 200


@pytest.mark.parametrize(
    "name", [name for name in LISTS if name not in ("office:terms", "office:calendar", "office:proposals")]
)
def test_filter_filled_with_nonsense_is_no_fault(client, request, name):
    client.force_login(request.getfixturevalue(LISTS[name]))

    wild = dict.fromkeys(
        ("q", "role", "state", "level", "township", "school", "since", "action"), "不存在\x7f"
    )
    response = client.get(reverse(name), wild)

    assert response.status_code == 200


def test_administrators_of_another_county_find_nothing_of_ours(client, clerk, xiazhai):
    elsewhere = Area.objects.create(code="529902", name="邻县", level="county")
    person = Person.objects.create(name="王老师", school=xiazhai)
    ours = {
        "data_administrator": [
            reverse("office:area_edit", args=["529901"]),
            reverse("office:school_edit", args=[xiazhai.pk]),
            reverse("office:classes", args=[xiazhai.pk]),
            reverse("office:class_edit", args=[factories.school_class(xiazhai).pk]),
            reverse("office:person_edit", args=[person.pk]),
        ],
        "system_administrator": [reverse("office:account_edit", args=[clerk.pk])],
        "security_administrator": [
            reverse("office:account_grants", args=[clerk.pk]),
            reverse("office:grant_end", args=[clerk.grants.get().pk]),
            reverse("office:hand_over", args=[clerk.pk]),
        ],
    }

    answers = {}
    for role, urls in ours.items():
        client.force_login(factories.user("邻县管理员", (role, elsewhere)))
        answers |= {url: client.get(url).status_code for url in urls}

    assert set(answers.values()) == {404}
