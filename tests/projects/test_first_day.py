"""Every page of projects on a county's first day: it says that nothing is there yet, and where to begin."""

import pytest
from django.urls import reverse

from tests import factories

pytestmark = pytest.mark.django_db
PAGES = (
    "list", "programmes", "targets", "gaps", "standards", "purchases", "deliveries", "assets", "ratios", "inspections", "ledgers", "base_tables",
    "map", "disclosures", "funds", "requests",
)  # fmt: skip
POSTED = {"standards": "加入常用标准", "base_tables": "填报 "}  # a button at the head of the page


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("role", ["officer", "clerk", "cadre", "approver", "leader"])
def test_page_without_anything_says_so_and_leads_on(client, request, role, name, autumn):
    users = {
        "cadre": lambda: factories.user(
            "田镇长", ("township_officer", factories.township()), username="cadre"
        )
    }
    user = users[role]() if role in users else request.getfixturevalue(role)
    client.force_login(user)
    answer = client.get(reverse(f"projects:{name}"))
    page = answer.content.decode()
    assert (answer.status_code, 'class="empty-state' in page) == (200, True), page[-1500:]


@pytest.mark.parametrize("name", PAGES)
def test_officer_is_led_to_the_first_step(client, officer, name, autumn):
    client.force_login(officer)
    page = client.get(reverse(f"projects:{name}")).content.decode()
    _, _, empty = page.partition('class="empty-state"')
    if name in POSTED:
        assert POSTED[name] in page.partition('class="empty-state"')[0]
    else:
        assert '<a class="btn btn-sm' in empty.partition("</div>")[0]
