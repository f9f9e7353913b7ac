"""试算和发布 on the page: started in the background, read down to the child, published with what it foretold."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.jobs.models import Job
from povertyedu.jobs.tasks import run as run_job
from povertyedu.workflow.flow import SYSTEM
from students.models import Enrolment
from subsidies.actions.policies import policy_for
from subsidies.actions.recalculation import recalculate
from subsidies.actions.what_if import children_of, run_what_if, why_stale
from subsidies.models import Entitlement, Policy, Recalculation
from tests import factories
from tests.factories import policies
from tests.factories.policies import TEXT
from tests.subsidies.test_load_policy import OPEN

pytestmark = pytest.mark.django_db
MORE = TEXT.replace("yuan = 1000", "yuan = 1250")


@pytest.fixture
def luona(xiazhai, autumn):
    policies.published()
    child = factories.student("罗娜", at=xiazhai, during=autumn, boarding=True)
    recalculate(term=autumn, by=SYSTEM, trigger="测试")
    return child


@pytest.fixture
def draft(luona):
    return policies.draft(MORE)


@pytest.fixture
def writer(client, aid_officer):
    client.force_login(aid_officer)
    return client


def address(name: str, draft, query: str = "") -> str:
    return reverse(f"subsidies:{name}", args=[draft.pk]) + query


def text(answer) -> str:
    return answer.content.decode()


def work() -> None:
    """Do what waits in the queue, as a worker would."""
    for job in Job.objects.filter(state="queued").order_by("pk"):
        run_job(job.pk)


def test_started_in_the_background_once_and_read_term_by_term(writer, draft):
    writer.post(address("what_if", draft))
    again = writer.post(address("what_if", draft), follow=True)
    assert "正在试算，请等它完成" in text(again)
    job = Job.objects.get()
    assert (job.kind, job.label, job.url) == (
        "subsidies.what_if",
        "试算 云岭县方案",
        address("what_if", draft),
    )
    work()
    assert Job.objects.get().state == "done"
    shown = text(writer.get(address("what_if", draft)))
    assert "125.00" in shown
    assert "城关镇" in shown
    assert "罗娜" in shown
    assert Entitlement.objects.get().amount_fen == 50_000


def test_cells_lead_down_to_the_child(writer, draft, xiazhai, autumn):
    run_what_if(policy=draft, by=SYSTEM)
    page = text(writer.get(address("what_if", draft)))
    for query in ("?term=2020-autumn&amp;area=529901100", "?term=2020-autumn&amp;programme=living"):
        assert address("what_if_schools", draft, query) in page
        schools = text(writer.get(address("what_if_schools", draft, query.replace("&amp;", "&"))))
        assert "城关镇下寨小学" in schools
        assert f"school={xiazhai.pk}" in schools
    children = text(writer.get(address("what_if_children", draft, f"?term=2020-autumn&school={xiazhai.pk}")))
    assert "罗娜" in children
    assert "625.00" in children


@pytest.mark.parametrize("query", ["?term=2031-autumn", "?term=", "?term=x&school=abc"])
def test_cells_of_a_term_that_was_not_tried_are_not_found(writer, draft, query):
    run_what_if(policy=draft, by=SYSTEM)
    for name in ("what_if_schools", "what_if_children"):
        assert writer.get(address(name, draft, query)).status_code == 404


def test_cell_of_no_school_is_not_found(writer, draft):
    run_what_if(policy=draft, by=SYSTEM)
    for school in ("999999", "abc", "9" * 30):
        answer = writer.get(address("what_if_children", draft, f"?school={school}"))
        assert answer.status_code == 404


def test_published_with_what_was_foretold_and_recalculated_by_name(writer, draft, autumn):
    run = run_what_if(policy=draft, by=SYSTEM)
    confirm = text(writer.get(address("draft_publish", draft)))
    assert "125.00" in confirm
    answer = writer.post(address("draft_publish", draft), {"what_if": run.pk}, follow=True)
    assert "已发布“云岭县方案 第2版”，1 个学期已开始重算" in text(answer)
    assert policy_for(autumn) == draft
    work()
    done = Recalculation.objects.first()
    assert (done.trigger, done.policy, done.updated) == ("政策发布：云岭县方案 第2版", draft, 1)
    assert Entitlement.objects.get().amount_fen == 62_500
    draft.refresh_from_db()
    assert (draft.state, draft.published_by) == ("published", "周敏")


def test_recalculation_somebody_else_began_is_told_and_not_asked_after(writer, draft, administrator):
    run = run_what_if(policy=draft, by=SYSTEM)
    writer.post(address("draft_publish", draft), {"what_if": run.pk})
    job = reverse("jobs:detail", args=[Job.objects.get().pk])
    assert job in text(writer.get(reverse("subsidies:calculation")))
    writer.force_login(administrator)
    theirs = text(writer.get(reverse("subsidies:calculation")))
    assert "周敏已开始重算本学期" in theirs
    assert job not in theirs  # a job is its starter's: asking after it would be answered 404


def test_second_click_publishes_nothing_more(writer, draft):
    run = run_what_if(policy=draft, by=SYSTEM)
    writer.post(address("draft_publish", draft), {"what_if": run.pk})
    assert writer.post(address("draft_publish", draft), {"what_if": run.pk}).status_code == 404
    assert (Policy.objects.published().count(), Job.objects.count()) == (2, 1)


def test_not_published_without_a_what_if_of_this_very_draft(writer, draft):
    assert writer.get(address("draft_publish", draft)).status_code == 302
    refused = writer.post(address("draft_publish", draft), follow=True)
    assert "发布前须先试算" in text(refused)
    old = run_what_if(policy=draft, by=SYSTEM)
    run_what_if(policy=draft, by=SYSTEM)
    refused = writer.post(address("draft_publish", draft), {"what_if": old.pk}, follow=True)
    assert "刚才又试算过一次" in text(refused)
    sent = {"revision": 1, "applies_from": "", "text": MORE + "# 改\n"}
    writer.post(reverse("subsidies:draft", args=[draft.pk]), sent)
    stale = text(writer.get(address("what_if", draft)))
    assert "试算后草稿又改过" in stale
    assert "发布…" not in stale
    refused = writer.post(address("draft_publish", draft), {"what_if": draft.what_ifs.get().pk}, follow=True)
    assert "发布前须先试算" in text(refused)
    assert Policy.objects.published().count() == 1


def test_first_policy_of_a_county_without_terms_needs_no_what_if(writer):
    draft = policies.draft()
    assert writer.get(address("draft_publish", draft)).status_code == 200
    writer.post(address("draft_publish", draft))
    draft.refresh_from_db()
    assert draft.state == "published"


def test_text_with_errors_is_not_tried_nor_published(writer, luona):
    draft = policies.draft_of_nothing()
    answer = writer.post(address("what_if", draft), follow=True)
    assert "规则文本还有错误" in text(answer)
    assert not Job.objects.exists()
    assert writer.get(address("draft_publish", draft)).url == address("draft", draft)
    writer.post(address("draft_publish", draft))
    draft.refresh_from_db()
    assert draft.state == "draft"


# --- figures ----------------------------------------------------------------------------------------


@pytest.fixture
def open_draft(luona):
    return policies.draft(TEXT + OPEN)


def fill(writer, draft, code: str, **sent):
    draft.refresh_from_db()
    return writer.post(address("draft_figure", draft, f"?code={code}"), {"revision": draft.revision} | sent)


def test_open_figures_keep_a_draft_from_being_published(writer, open_draft):
    run = run_what_if(policy=open_draft, by=SYSTEM)
    shown = text(writer.get(address("what_if", open_draft)))
    assert "还有 2 项金额没有填（早餐标准、住宿费标准）" in shown
    assert writer.get(address("draft_publish", open_draft)).url == address("draft_figures", open_draft)
    refused = writer.post(address("draft_publish", open_draft), {"what_if": run.pk}, follow=True)
    assert "须由教育局确定的金额还没有填：“早餐标准”、“住宿费标准”" in text(refused)


def test_figures_are_filled_for_the_county_by_school_or_not_carried_out(writer, open_draft, xiazhai, qingshi):
    listed = text(writer.get(address("draft_figures", open_draft)))
    assert "须在 2.00 元至 3.50 元之间" in listed
    assert "参考数 3.00 元" in listed
    assert fill(writer, open_draft, "meal", answer="one", one="3.5").status_code == 302
    by_school = {"answer": "schools", f"school_{xiazhai.code}": "120", f"school_{qingshi.code}": "off"}
    assert fill(writer, open_draft, "lodging", **by_school).status_code == 302
    open_draft.refresh_from_db()
    assert open_draft.figures == {"meal": 350, "lodging": {xiazhai.code: 12000, qingshi.code: None}}
    form = text(writer.get(address("draft_figure", open_draft, "?code=lodging")))
    assert 'value="120.00"' in form
    assert "2 所学校分别确定" in text(writer.get(address("draft_figures", open_draft)))
    fill(writer, open_draft, "meal", answer="off")
    fill(writer, open_draft, "lodging", answer="open")
    open_draft.refresh_from_db()
    assert open_draft.figures == {"meal": None}
    assert "不执行" in text(writer.get(address("draft_figures", open_draft)))


@pytest.mark.parametrize(
    ("code", "sent", "says"),
    [
        ("meal", {"answer": "one", "one": "4"}, "须在 2.00 元至 3.50 元之间"),
        ("meal", {"answer": "one", "one": ""}, "请填写金额"),
        ("meal", {"answer": "one", "one": "off"}, "请在上面选“不执行”"),
        ("meal", {"answer": "one", "one": "三元"}, "应为元数"),
        ("meal", {"answer": "schools"}, "选择一个有效的选项"),
        ("meal", {}, "请选择怎样确定"),
        ("lodging", {"answer": "schools"}, "请至少填一所学校"),
    ],
)
def test_wrong_figure_is_not_saved(writer, open_draft, code, sent, says):
    answer = fill(writer, open_draft, code, **sent)
    assert answer.status_code == 422
    assert says in text(answer)
    open_draft.refresh_from_db()
    assert open_draft.figures == {}


def test_version_tells_which_figures_changed(writer, open_draft):
    first = policies.published(TEXT + OPEN, figures={"meal": 200, "lodging": None})
    second = policies.published(TEXT + OPEN, figures={"meal": 300, "lodging": None})
    shown = text(writer.get(reverse("subsidies:policy_version", args=[second.pk])))
    assert "2.00 元</del>" in shown
    assert "3.00 元</ins>" in shown
    assert "两份文本相同" in shown
    assert second.based_on == first


def test_figure_that_is_none_is_not_found(writer, open_draft):
    assert writer.get(address("draft_figure", open_draft, "?code=none")).status_code == 404


def test_figure_of_an_outdated_page_is_not_saved(writer, open_draft):
    fill(writer, open_draft, "meal", answer="one", one="3")
    answer = writer.post(address("draft_figure", open_draft, "?code=meal"), {"revision": 1, "answer": "off"})
    assert answer.status_code == 422
    assert "保存过这份草稿" in text(answer)
    open_draft.refresh_from_db()
    assert open_draft.figures == {"meal": 300}


def test_figure_out_of_a_range_that_was_narrowed_is_open_again(writer, open_draft):
    fill(writer, open_draft, "meal", answer="one", one="3.5")
    fill(writer, open_draft, "lodging", answer="off")
    open_draft.refresh_from_db()
    narrow = (TEXT + OPEN).replace("range = [2, 3.5]", "range = [2, 3]")
    sent = {"revision": open_draft.revision, "applies_from": "", "text": narrow}
    writer.post(reverse("subsidies:draft", args=[open_draft.pk]), sent)
    assert "还有 1 项金额没有填（早餐标准）" in text(writer.get(address("what_if", open_draft)))


def test_pages_take_the_same_number_of_queries_for_one_and_many(writer, draft, xiazhai, autumn):
    pages = ("what_if", ""), ("what_if_schools", "?term=2020-autumn"), ("what_if_children", f"?term=2020-autumn&school={xiazhai.pk}")  # fmt: skip

    def counts() -> list[int]:
        found = []
        for name, query in pages:
            with CaptureQueriesContext(connection) as queries:
                assert writer.get(address(name, draft, query)).status_code == 200
            found.append(len(queries))
        return found

    run_what_if(policy=draft, by=SYSTEM)
    counts()
    few = counts()
    for number in range(30):
        factories.student(f"学生{number}", at=xiazhai, during=autumn, boarding=True)
        factories.student(f"邻校{number}", at=factories.school(f"小学{number}"), during=autumn, boarding=True)
    run_what_if(policy=draft, by=SYSTEM)
    assert counts() == few


# --- for a term that is not there yet ---------------------------------------------------------------


def test_draft_for_a_term_to_come_is_tried_on_the_newest_and_says_so(writer, draft, autumn):
    """Its rule of the spring counts, not that of the autumn it is tried on; nothing is back-pay."""
    dearer = TEXT.replace(
        '{ yuan = 1000, per = "year" }',
        '[{ yuan = 1000, per = "year", last_term = "2020-autumn" }, { yuan = 1250, per = "year", first_term = "2021-spring" }]',
    )
    later = policies.draft(dearer, applies_from="2021-spring")
    refused = writer.get(address("draft_publish", later), follow=True)
    run = run_what_if(policy=later, by=SYSTEM)
    term = run.terms.get()
    shown = writer.get(address("what_if", later)).text
    confirm = writer.get(address("draft_publish", later))
    [change] = children_of(later, autumn, school=Enrolment.objects.get().school_id)

    assert "发布前须先试算" in refused.text
    assert (term.term, term.to_come) == (autumn, "2021年春季学期")
    assert (term.before_fen, term.after_fen) == (50_000, 62_500)
    assert (term.gain_fen, term.back_fen, term.over_fen) == (12_500, 0, 0)
    assert change.after_fen == 62_500
    assert "2021年春季学期还没有建立" in shown
    assert "用来试算还没有建立的2021年春季学期" in confirm.text
    assert "现有学期都不重算" in confirm.text
    assert "发布并重算" not in confirm.text
    answer = writer.post(address("draft_publish", later), {"what_if": run.pk}, follow=True)
    assert "已发布“云岭县方案 第2版”。" in answer.text
    assert not Job.objects.exists()


def test_what_was_tried_before_the_draft_was_put_off_is_not_shown_on_publishing(writer, draft):
    run = run_what_if(policy=draft, by=SYSTEM)
    writer.post(
        reverse("subsidies:draft", args=[draft.pk]),
        {"revision": draft.revision, "applies_from": "2021-spring", "text": MORE},
    )

    answer = writer.get(address("draft_publish", draft))
    posted = writer.post(address("draft_publish", draft), {"what_if": run.pk}, follow=True)

    assert answer.url == address("what_if", draft)
    assert "发布前须先试算" in posted.text
    assert Policy.objects.published().count() == 1


def test_what_if_of_a_term_to_come_is_stale_when_that_term_is_there(writer, draft):
    later = policies.draft(MORE, applies_from="2021-spring")
    run = run_what_if(policy=later, by=SYSTEM)
    assert why_stale(run, later) == ""

    factories.term("2021-spring")

    assert why_stale(run, later) == "试算后又有了新的学期"
    assert [(term.term_id, term.to_come) for term in run_what_if(policy=later, by=SYSTEM).terms.all()] == [
        ("2021-spring", "")
    ]


# --- policies that begin later ----------------------------------------------------------------------


def test_policy_that_begins_later_gives_way_only_when_that_is_confirmed(writer, draft):
    """Published for a term to come, then a correction for all terms: the newest one would govern that term as well."""
    later = policies.published(TEXT.replace("云岭县方案", "和平县方案"), applies_from="2021-spring")
    run = run_what_if(policy=draft, by=SYSTEM)
    shown = writer.get(address("draft_publish", draft)).text
    refused = writer.post(address("draft_publish", draft), {"what_if": run.pk}, follow=True)
    still = policy_for("2021-spring")
    writer.post(address("draft_publish", draft), {"what_if": run.pk, "overtaking": [later.pk]})
    versions = writer.get(reverse("subsidies:policy_versions")).text

    assert "“云岭县方案 第1版”（自始适用）从本版执行的学期起由本版接替" in shown
    assert "“和平县方案 第2版”（2021年春季学期起）不再适用" in shown
    assert f'name="overtaking" value="{later.pk}"' in shown
    assert refused.redirect_chain[-1][0] == address("draft_publish", draft)
    assert "“和平县方案 第2版”（2021年春季学期起）在全部学期都不再适用" in refused.text
    assert still == later
    assert policy_for("2021-spring") == draft
    assert "不再适用，由“云岭县方案 第3版”取代" in versions


def test_policy_that_gave_way_before_is_not_asked_about_again(writer, draft):
    policies.published(TEXT + "# 2\n", applies_from="2021-spring")
    last = policies.published(TEXT + "# 3\n", applies_from="2020-autumn")
    waiting = policies.published(TEXT + "# 4\n", applies_from="2022-autumn")
    own = policies.draft(MORE, applies_from="2020-autumn")
    run_what_if(policy=own, by=SYSTEM)

    asked = writer.get(address("draft_publish", own)).context["giving_way"]
    versions = writer.get(reverse("subsidies:policy_versions")).text

    assert (asked.replaced, asked.overtaken) == (last, [waiting])
    assert "执行的学期还没有建立" in versions


@pytest.mark.parametrize("sent", ["", "abc", "9" * 30, "0"])
def test_confirmation_of_something_else_confirms_nothing(writer, draft, sent):
    later = policies.published(TEXT + "# 2\n", applies_from="2021-spring")
    run = run_what_if(policy=draft, by=SYSTEM)

    writer.post(address("draft_publish", draft), {"what_if": run.pk, "overtaking": sent})

    assert policy_for("2021-spring") == later
