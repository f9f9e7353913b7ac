"""名单核查 in a real browser: a long page of people is picked at once, and the button is in sight."""

import pytest
from django.urls import reverse

from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_all_people_of_the_page_are_picked_at_once(open_page, aid_officer, autumn):
    people = [(f"何{number}", factories.id_number(number)) for number in range(60)]
    factories.listed(*people, during=autumn)
    page = open_page(aid_officer)
    page.goto(reverse("students:identification"))
    button = page.get_by_role("button", name="登记所选人的处置")
    box = button.bounding_box()
    assert box["y"] + box["height"] <= 768

    page.get_by_label("全选本页").check()

    assert page.locator("[data-picked-count]").inner_text() == "50"
    page.get_by_label("勾选何3", exact=True).uncheck()
    assert page.locator("[data-picked-count]").inner_text() == "49"
    button.click()
    page.get_by_role("heading", name="登记处置").wait_for()
    assert page.url.count("pk=") == 49
