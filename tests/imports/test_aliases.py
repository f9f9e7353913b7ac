"""The county's own words for headings: kept on a page, used by reading."""

import pytest
from django.core.management.base import CommandError
from django.urls import reverse

from povertyedu.imports.models import HeadingAlias
from students.models import Student

from .conftest import ROSTER, roster_row, workbook
from .test_samples import TERM

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
PAGE = reverse("imports:aliases")


def test_word_of_the_county_is_used_by_reading_and_forgotten_when_taken_away(
    run, village, xiazhai, client, administrator
):
    header = ["学员称呼" if heading == "姓名" else heading for heading in ROSTER]
    content = workbook(("花名册", [header, roster_row(xiazhai, 1)]))
    with pytest.raises(CommandError, match="没有找到必需的列：姓名"):
        run("roster", content, *TERM)
    client.force_login(administrator)

    client.post(f"{PAGE}?kind=roster", {"column": "name", "text": "学员称呼 ★"})

    assert run("roster", content, *TERM)["created"] == 1
    assert Student.objects.get().name == "罗二"
    client.post(reverse("imports:alias_delete", args=[HeadingAlias.objects.get().pk]))
    with pytest.raises(CommandError, match="没有找到必需的列：姓名"):
        run("roster", content, *TERM)


@pytest.mark.parametrize("text", ["姓名", "学生姓名", " 班级★", "★"])
def test_word_that_is_known_or_none_is_refused(client, administrator, text):
    client.force_login(administrator)

    answer = client.post(f"{PAGE}?kind=roster", {"column": "name", "text": text})

    assert answer.status_code == 422
    assert not HeadingAlias.objects.exists()


def test_page_shows_built_in_and_own_words_of_a_kind(client, administrator):
    HeadingAlias.objects.create(
        kind="schools", column="name", text="学堂名", normal="学堂名", added_by="陈数据"
    )
    client.force_login(administrator)

    schools = client.get(PAGE, {"kind": "schools"}).content.decode()
    roster = client.get(PAGE, {"kind": "roster"}).content.decode()

    assert "学堂名" in schools
    assert "学校全称" in schools
    assert "学堂名" not in roster


def test_page_is_for_those_who_import_lists(client, clerk, administrator):
    client.force_login(clerk)
    assert client.get(PAGE).status_code == 403
    client.force_login(administrator)
    assert client.get(PAGE, {"kind": "nothing"}).status_code == 404
