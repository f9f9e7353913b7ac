"""A real browser on a real server with a real worker."""

import pytest


def is_problem(message) -> bool:
    """Whether a console message is an error; a form sent back with what is wrong (422) is none."""
    return message.type == "error" and "422 (Unprocessable Entity)" not in message.text


@pytest.fixture
def open_page(chromium, live_server):
    """Return a function that opens a fresh browser window, logged in as ``user`` or as nobody.

    A window fails its test on a console error or an answer of 500.
    """
    from tests.factories import PASSWORD

    contexts, problems = [], []

    def opened(user=None, *, width=1366, height=768):
        context = chromium.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": height},
            locale="zh-CN",
            accept_downloads=True,
            reduced_motion="reduce",  # a colour half-way to another has no contrast worth measuring
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: problems.append(message.text) if is_problem(message) else None)
        page.on(
            "response",
            lambda answer: problems.append(f"{answer.status} {answer.url}") if answer.status >= 500 else None,
        )
        if user is not None:
            page.goto("/accounts/login/")
            page.locator("[name=username]").fill(user.username)
            page.locator("[name=password]").fill(PASSWORD)
            page.get_by_role("button", name="登录").click()
            page.wait_for_url(live_server.url + "/")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert problems == []
