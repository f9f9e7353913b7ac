"""What any app makes public: text and tables by value, versions of a series, nobody's numbers, gone or archived by the date."""

import datetime as dt

import pytest
from django.urls import reverse

from povertyedu.publicity import publications
from povertyedu.publicity.models import Publication
from povertyedu.workflow.flow import StepRefused
from tests import factories

pytestmark = pytest.mark.django_db
TABLE = {
    "title": "资金", "heads": [["来源", "text"], ["金额", "money"], ["件数", "int"], ["比例", "percent"]],
    "rows": [["中央<资金>", 123_456_000, 1_234, None]], "total": ["合计", 123_456_000, 1_234, 50],
}  # fmt: skip


def put_up(by, series="某项:2020", **more) -> Publication:
    usual = {
        "title": "资金公开",
        "paragraphs": ["专款专用。"],
        "sections": [TABLE],
        "phone": "0000-5290101",
        "days": 10,
        "keep": True,
    }
    return publications.publish(
        by=by.as_actor(), area=factories.county(), about="某项:1", series=series, **usual | more
    )


def test_paper_shows_text_and_tables_to_anyone(client, approver):
    paper = put_up(approver)
    answer = client.get(paper.get_absolute_url())
    html = answer.content.decode()
    for shown in ("专款专用。", "中央&lt;资金&gt;", "123.46", "1,234", "50%", "0000-5290101", "第 1 版"):
        assert shown in html, shown
    assert "no-store" in answer.headers["Cache-Control"]
    assert "noarchive" in html


def test_list_says_when_nothing_is_public(client, db):
    assert "现在没有公开的内容" in client.get(reverse("publicity:publications")).content.decode()


def test_unknown_paper_is_not_found(client, db):
    assert client.get(reverse("publicity:publication", args=["nichts"])).status_code == 404


@pytest.mark.parametrize(
    "sections",
    [
        [TABLE | {"heads": [["来源", "html"]] * 4}],
        [TABLE | {"rows": [["中央", 1]]}],
        [TABLE | {"rows": [["中央", 1.5, 1, 1]]}],
        [TABLE | {"rows": [["中央", {"name": "x"}, 1, 1]]}],
    ],
)
def test_table_that_does_not_fit_its_heads_is_an_error_of_the_programme(approver, sections):
    with pytest.raises(ValueError, match=r"kind of column|fit its heads|argument"):
        put_up(approver, sections=sections)


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("13912342716", True), ("电话139 1234 2716", True), ("529901201005120014", True), ("52990119760102001X", True),
        ("6217-0000-1234-5678", True), ("云政发〔2020〕3号", False), ("2020-00001", False), ("2020-09-01 至 2021-08-31", False),
        ("836.49万元", False), ("0000-5290101", False),
    ],
)  # fmt: skip
def test_persons_numbers_are_told_from_days_codes_and_documents(text, refused):
    if refused:
        with pytest.raises(StepRefused, match="不能公开"):
            publications.refuse_personal([text], [])
    else:
        publications.refuse_personal([text], [])


def test_versions_follow_each_other_and_one_is_public(approver):
    first, second, other = put_up(approver), put_up(approver), put_up(approver, series="另一项:2020")
    first.refresh_from_db()
    assert [(p.version, p.state) for p in (first, second, other)] == [
        (1, "replaced"),
        (2, "public"),
        (1, "public"),
    ]


def test_older_version_that_is_not_kept_is_gone(client, approver):
    first = put_up(approver, keep=False)
    assert client.get(first.get_absolute_url()).status_code == 200
    put_up(approver, keep=False)
    assert client.get(first.get_absolute_url()).status_code == 410


def test_paper_without_end_stays(client, approver, on_day):
    paper = put_up(approver, days=None)
    on_day("2040-01-01")
    assert publications.end_expired() == 0
    assert client.get(paper.get_absolute_url()).status_code == 200


def test_withdrawn_once_with_a_reason(approver):
    paper = put_up(approver)
    with pytest.raises(StepRefused, match="理由"):
        publications.withdraw(by=approver.as_actor(), publication=paper, reason=" ")
    publications.withdraw(by=approver.as_actor(), publication=paper, reason="有误")
    with pytest.raises(StepRefused, match="已经撤下"):
        publications.withdraw(by=approver.as_actor(), publication=paper, reason="有误")
    assert paper.ended_at.date() >= dt.date(2020, 1, 1)
