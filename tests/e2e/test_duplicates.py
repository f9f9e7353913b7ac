"""The queue of duplicates in a real browser: proposed by one person, merged by another; every page at both sizes."""

import datetime as dt

import pytest
from django.urls import reverse

from students.models import DuplicatePair
from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BIRTH = dt.date(2010, 5, 12)


@pytest.fixture
def pair(xiazhai, qingshi, autumn):
    """One girl with two records: her number at one school, a temporary one at the other."""
    one = factories.student("罗娜", at=xiazhai, during=autumn, birth_date=BIRTH)
    return factories.pair(one, factories.student("罗娜", at=qingshi, during=autumn, birth_date=BIRTH))


def violations(page):
    from axe_playwright_python.sync_playwright import Axe

    return [
        (found["id"], [node["html"] for node in found["nodes"]])
        for found in Axe().run(page).response["violations"]
    ]


def test_two_people_merge_a_pair(open_page, pair, aid_officer, administrator):
    page = open_page(administrator)
    page.goto("/")
    page.get_by_role("link", name="待判定的重复学生").first.click()
    page.get_by_role("row").get_by_role("link", name="罗娜").click()
    page.get_by_role("heading", name="是不是同一个学生").wait_for()
    page.get_by_text("两份档案都在读").wait_for()
    page.get_by_label("甲：罗娜").check()
    page.get_by_role("button", name="是同一人，提请合并").click()
    page.get_by_text("已办理：是同一人，提请合并").wait_for()

    page.goto(reverse("students:pair", args=[pair.pk]))
    page.get_by_text("这是您提请的，须由另一人复核。").wait_for()
    assert page.get_by_role("button", name="复核并合并").count() == 0

    second = open_page(aid_officer)
    second.goto(reverse("students:duplicates") + "?tab=proposed")
    second.get_by_role("row").get_by_role("link", name="罗娜").click()
    second.get_by_role("button", name="复核并合并").click()
    second.get_by_text("已办理：复核并合并").wait_for()
    merged = DuplicatePair.objects.get()
    assert (merged.state, merged.second.merged_into) == ("merged", pair.first)


@pytest.mark.parametrize("size", [(1366, 768), (390, 844)], ids=["desk", "phone"])
def test_pages_are_accessible_and_fit(open_page, pair, aid_officer, autumn, size):
    enrolment = pair.first.enrolments.get()
    factories.listed(
        ("何处", factories.id_number(77)), (pair.first.name, pair.first.id_number), during=autumn
    )
    proof = factories.proof(enrolment, by=aid_officer)
    comparison = factories.comparison(during=autumn)
    page = open_page(aid_officer, width=size[0], height=size[1])
    entry = autumn.target_list.first()
    addresses = [
        *(reverse("students:identification") + f"?tab={tab}" for tab in ("missing", "here", "off", "proofs")),
        reverse("students:dispose") + f"?pk={entry.pk}",
        reverse("students:proof_add", args=[enrolment.pk]),
        reverse("students:proof", args=[proof.pk]),
        reverse("students:feedback", args=["province"]),
        reverse("students:comparisons"),
        reverse("students:compare"),
        reverse("students:comparison", args=[comparison.pk]),
        reverse("students:comparison_export", args=[comparison.pk]),
        reverse("students:duplicates"),
        reverse("students:pair", args=[pair.pk]),
        reverse("students:mark_false", args=[enrolment.pk]),
    ]
    for address in addresses:
        page.goto(address)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") == size[0], address
        assert violations(page) == [], address
