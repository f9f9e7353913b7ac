"""Every main page of every role in a real browser: it fits a desk and a phone, axe finds nothing, the console is clean."""

import pytest
from django.urls import reverse

from povertyedu.accounts.permissions import ROLES, Role
from povertyedu.home.navigation import navigation_for
from subsidies.models import Line
from tests import factories
from tests.factories import subsidies
from tests.test_routes import World, address, place_for

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("real_commits")]
SIZES = ((1366, 768), (390, 844))

# Pages that no navigation leads to at once, by a role that works on them.
PAGES = {
    Role.CLASS_TEACHER: ("dropout:attendance_day", "dropout:follow_ups", "dropout:follow_up_new"),
    Role.SCHOOL_CLERK: (
        "students:create", "students:detail", "students:edit", "students:history", "subsidies:batch", "subsidies:sheet", "subsidies:line",
        "subsidies:why", "publicity:notice", "students:change", "students:correction", "students:correction_new", "students:move",
        "students:move_of", "students:grid", "students:promotion", "students:departure", "subsidies:letters", "students:note_add",
        "students:take_in", "students:correction_use", "students:export", "findings:step", "indicators:step",
        "projects:accept", "projects:acceptance", "projects:asset",
    ),
    Role.AID_OFFICER: (
        "subsidies:batch_open", "subsidies:batch_lines", "subsidies:batch_step", "publicity:notice", "publicity:answer",
        "subsidies:recovery", "subsidies:recovery_new", "subsidies:letter", "subsidies:exchange", "subsidies:inquiry", "subsidies:draft",
        "subsidies:draft_rule", "subsidies:draft_figures", "subsidies:draft_ratio", "subsidies:draft_publish", "subsidies:what_if", "subsidies:policy_version",
        "subsidies:what_if_schools", "subsidies:what_if_children", "subsidies:selection_schools", "subsidies:selection",
        "students:proof_add", "students:dispose", "students:feedback", "students:mark_false", "students:lift_block",
    ),
    Role.FINANCE: (
        "teachers:allowance_repay", "teachers:allowance_repay_reverse",
        "subsidies:payout_return", "subsidies:payout_download", "subsidies:receipt_new", "subsidies:receipt", "subsidies:receipt_reverse",
        "subsidies:scan_add", "subsidies:funds_balance", "subsidies:reconciliation", "subsidies:allocations", "subsidies:allocation",
        "subsidies:allocation_of", "subsidies:allocation_edit", "subsidies:allocation_step",
    ),
    Role.BASIC_EDUCATION_OFFICER: (
        "dropout:warning_rules", "dropout:warning_rule_new", "dropout:attendance_panel",
        "dropout:cases", "dropout:case_duties", "dropout:case", "dropout:case_step", "dropout:plan", "dropout:visit", "dropout:lessons",
        "dropout:dossier", "dropout:papers", "dropout:paper_new", "dropout:paper", "dropout:paper_step", "dropout:case_new", "dropout:case_unenrolled", "dropout:case_panel",
        "dropout:chain", "dropout:link_new", "dropout:link_remove", "dropout:post_end", "dropout:person", "dropout:student_panel",
        "findings:new", "findings:detail",
        "dropout:duties", "dropout:duty_edit", "dropout:tasks", "dropout:task", "dropout:care", "dropout:care_edit", "dropout:weak_schools", "dropout:weak_school", "dropout:reports",
        "dropout:report", "dropout:campaigns", "dropout:campaign", "dropout:home_visits", "dropout:home_visit", "dropout:notices",
        "dropout:ten_items", "dropout:ten_items_of", "dropout:ten_items_answer",
        "dropout:screening", "dropout:screening_row", "dropout:handover", "dropout:population", "indicators:detail", "indicators:names", "indicators:notices",
        "indicators:notice",
        "indicators:targets", "indicators:target_set", "indicators:changes", "home:appraisal",
        "dropout:pledge_levels", "dropout:pledge_level_edit", "dropout:pledge_level_new", "dropout:pledge_sign",
    ),
    Role.PROJECT_OFFICER: (
        "projects:new", "projects:detail", "projects:edit", "projects:act", "projects:entry_reverse", "projects:programme",
        "projects:programme_new", "projects:target_new", "projects:request", "projects:gap_new", "projects:inspect", "projects:gaps_reckon", "projects:gap", "projects:gap_step",
        "projects:school_plan", "projects:conditions", "projects:standards", "projects:standard_new",
        "projects:purchase_new", "projects:purchase", "projects:item_new", "projects:item", "projects:acceptance",
        "projects:acceptance_step", "projects:asset", "projects:asset_new", "projects:asset_step", "projects:asset_labels",
        "projects:charts", "projects:programme_charts", "projects:base_table", "projects:disclosure", "projects:targets",
    ),
    Role.PERSONNEL_OFFICER: (
        "teachers:detail", "teachers:new", "teachers:edit", "teachers:act", "teachers:post_correct", "teachers:post_withdraw", "teachers:school_establishment", "teachers:authorise",
        "teachers:place", "teachers:excesses", "teachers:excess", "teachers:excess_new", "teachers:school_need", "teachers:standards",
        "teachers:standard_edit", "teachers:hours", "teachers:deployment", "teachers:deployment_new", "teachers:deployment_step",
        "teachers:rotation_due", "teachers:head_terms", "teachers:head_term_new", "teachers:head_term_edit", "teachers:head_term_remove",
        "teachers:suggested", "teachers:suggested_new", "teachers:suggested_change", "teachers:suggested_pin", "teachers:suggested_move",
        "teachers:suggested_adopt", "teachers:plan", "teachers:plan_new", "teachers:target_new", "teachers:plan_lines", "teachers:plan_draw",
        "teachers:post_line_new", "teachers:candidates", "teachers:candidate", "teachers:recruitment_years", "teachers:hire_list",
        "teachers:service_term_end", "teachers:training_target_new", "teachers:courses", "teachers:course", "teachers:course_enrol",
        "teachers:course_edit", "teachers:trainee_step", "teachers:training_coverage", "teachers:training_untrained", "teachers:allowance_roll",
        "teachers:allowance_rates", "teachers:allowance_rate_new", "teachers:allowance_sheet", "teachers:allowance_balances",
        "teachers:building_new", "teachers:room_new", "teachers:move_in", "teachers:health_invite", "teachers:health_step", "teachers:health_reveal",
        "teachers:aid", "teachers:aid_new", "teachers:insure", "teachers:insurance_end", "teachers:tilt", "teachers:tilt_new",
        "teachers:tilt_candidate_new", "teachers:civil_new", "teachers:teacher_pay_new", "teachers:help_new", "teachers:help_activity",
        "teachers:help_counts", "teachers:help_step", "home:staffing",
    ),
    Role.SCHOOL_HEAD: ("teachers:detail", "teachers:deployment_new", "teachers:deployment", "teachers:school_need"),
    Role.APPROVER: ("projects:purchase_step", "teachers:plan_step", "teachers:hire_list_step", "teachers:excess_step", "teachers:allowance_roll"),
    Role.LEADER: ("home:dashboard_area", "home:dashboard_school", "home:dashboard_class", "home:manual"),
    Role.DATA_ADMINISTRATOR: (
        "imports:upload", "imports:detail", "students:column_sets", "students:column_set", "office:school_edit", "office:classes",
        "office:term_edit", "office:calendar", "office:area_edit", "office:area_merge", "office:area_unmerge", "office:class_edit", "office:person_edit",
        "students:household", "students:pair", "students:comparison", "students:proof", "imports:columns", "imports:absent", "students:ends",
        "students:compare", "students:feeders", "imports:fix", "imports:seconds", "imports:second", "imports:aliases", "students:county_fact",
    ),
    Role.SYSTEM_ADMINISTRATOR: ("office:account_new", "office:account_edit", "office:account_import"),
    Role.SECURITY_ADMINISTRATOR: ("office:account_grants", "office:grant_add", "office:hand_over"),
    Role.AUDIT_ADMINISTRATOR: ("office:audit_event", "office:access_log"),
}  # fmt: skip


@pytest.fixture
def world(clerk, aid_officer, approver, finance, xiazhai, autumn, administrator):
    return World(clerk, aid_officer, approver, finance, xiazhai, autumn, administrator)


def faults(page, url: str) -> list:
    """Open ``url`` and return what is wrong with it at either size."""
    from axe_playwright_python.sync_playwright import Axe

    found = []
    page.set_viewport_size({"width": SIZES[0][0], "height": SIZES[0][1]})
    answer = page.goto(url)
    if answer.status != 200:
        found.append((url, answer.status))
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        if (wide := page.evaluate("document.documentElement.scrollWidth")) != width:
            found.append((url, width, f"{wide} wide"))
        for violation in Axe().run(page).response["violations"]:
            found.append((url, width, violation["id"], [node["html"] for node in violation["nodes"]]))
    if (heads := heads_on_paper(page)) != 1:
        found.append((url, "print", f"{heads} heads"))
    return found


def heads_on_paper(page) -> int:
    """Return how many heads a sheet printed from this page would bear: one, its own or that of the screen; labels are named each."""
    page.emulate_media(media="print")
    heads = (
        page.locator("h1, .print-title, .office-letter h2, .letter h2, .labels, .slips")
        .filter(visible=True)
        .count()
    )
    page.emulate_media(media="screen")
    return heads


def cut_off(page, selector: str) -> list[str]:
    """Return the words of what ``selector`` names and the screen shows only in part until it is scrolled sideways."""
    return page.evaluate(
        """selector => [...document.querySelectorAll(selector)]
            .filter(it => it.getBoundingClientRect().right > innerWidth)
            .map(it => it.innerText)""",
        selector,
    )


def test_pages_of_the_navigation_fit_and_are_accessible(open_page, world):
    """Each page once, by the first role that is led to it."""
    seen, found = set(), []
    for role in ROLES:
        user = factories.user("某人", (role, place_for(role, world)))
        entries = [item["url"] for part in navigation_for(user, "/") for item in part["items"]]
        if mine := [url for url in entries if url not in seen]:
            page = open_page(user)
            for url in mine:
                found += faults(page, url)
            seen.update(mine)
    assert found == []


@pytest.mark.parametrize("role", PAGES)
def test_pages_of_one_thing_fit_and_are_accessible(open_page, world, role):
    user = factories.user("某人", (role, place_for(role, world)))
    world.own(user)
    page = open_page(user)
    assert [fault for name in PAGES[role] for fault in faults(page, address(name, world))] == []


@pytest.mark.parametrize("name", ["students:ends", "students:changes"])
def test_tables_to_decide_on_do_not_scroll_sideways_on_a_phone(open_page, world, aid_officer, name):
    page = open_page(aid_officer)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(reverse(name))
    assert page.locator("tbody tr").count() > 0
    assert cut_off(page, ".data-table th, .data-table td") == []


def test_pages_without_login_fit_and_are_accessible(open_page, world):
    page = open_page()
    found = [faults(page, url) for url in (reverse("accounts:login"), address("publicity:public", world))]
    assert found == [[], []]


def tab_to(page, selector: str) -> None:
    """Press Tab until what ``selector`` names has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"Tab never comes to {selector}")


@pytest.fixture
def queue(open_page, clerk, aid_officer, approver, finance, xiazhai, autumn):
    """The aid office's queue of three children owed 500, 300 and 200 yuan, in a browser."""
    for name, fen in (("罗娜", 50_000), ("严宇", 30_000), ("阳梓平", 20_000)):
        subsidies.entitle(factories.student(name, at=xiazhai, during=autumn), fen)
    people = subsidies.People(clerk=clerk, aid=aid_officer, approver=approver, finance=finance)
    batch = subsidies.batch_at("submitted", people, term=autumn)
    page = open_page(aid_officer)
    page.goto(reverse("subsidies:batch_lines", args=[batch.pk]))
    return page


def picked(page) -> tuple[str, str]:
    return page.inner_text("[data-picked-count]"), page.inner_text("[data-picked-yuan]")


def test_queue_is_worked_by_keyboard_alone(queue):
    names = queue.locator("tbody th").all_inner_texts()
    tab_to(queue, "[data-pick]")
    queue.keyboard.press("Space")
    first = Line.objects.get(student_name=names[0]).amount_fen
    assert picked(queue) == ("1", f"{first / 100:.2f}")
    tab_to(queue, "[data-pick]")
    queue.keyboard.press("Space")
    second = Line.objects.get(student_name=names[1]).amount_fen
    assert picked(queue) == ("2", f"{(first + second) / 100:.2f}")

    tab_to(queue, "a[hx-get]")
    queue.keyboard.press("Enter")
    queue.locator("#drawer-title:focus").wait_for()
    assert names[1] in queue.inner_text("#drawer")
    queue.keyboard.press("Escape")
    queue.locator(f"a[aria-label='查看 {names[1]} 的金额依据']:focus").wait_for()
    assert picked(queue) == ("2", f"{(first + second) / 100:.2f}")

    tab_to(queue, ".sticky-bar button")
    queue.keyboard.press("Enter")
    queue.get_by_role("heading", name="暂缓发放").wait_for()
    tab_to(queue, "button[type=submit].btn-primary")
    queue.keyboard.press("Enter")
    queue.locator("[data-error-summary]:focus").wait_for()
    tab_to(queue, "#id_reason")
    queue.keyboard.type("开户人待核对")
    tab_to(queue, "button[type=submit].btn-primary")
    queue.keyboard.press("Enter")
    queue.locator("[data-queue]").wait_for()
    assert set(Line.objects.filter(state="held").values_list("student_name", flat=True)) == set(names[:2])


def test_drawer_goes_to_the_next_and_the_previous_child(queue):
    names = queue.locator("tbody th").all_inner_texts()
    drawer = queue.locator("#drawer")
    queue.locator("a[hx-get]").first.click()
    queue.locator("#drawer-title:focus").wait_for()
    assert drawer.get_by_role("button", name="上一人").is_disabled()
    for name in names[1:]:
        drawer.get_by_role("button", name="下一人").click()
        drawer.locator(".who-line", has_text=name).wait_for()
        assert queue.locator("tr.current th").inner_text() == name
    assert drawer.get_by_role("button", name="下一人").is_disabled()
    drawer.get_by_role("button", name="上一人").click()
    drawer.locator(".who-line", has_text=names[1]).wait_for()
    queue.keyboard.press("Escape")
    queue.locator(f"a[aria-label='查看 {names[1]} 的金额依据']:focus").wait_for()


def test_queue_counts_what_is_ticked_after_going_back(queue):
    queue.locator("[data-pick-all]").check()
    assert picked(queue) == ("3", "1,000.00")
    queue.locator("tbody th a").first.click()
    queue.wait_for_load_state()
    queue.go_back()
    queue.locator("[data-pick]").first.wait_for()
    assert picked(queue) == (str(queue.locator("[data-pick]:checked").count()), "1,000.00")
