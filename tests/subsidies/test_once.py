"""Once in a lifetime: foretold, recalculated and listed for payment in one term only."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from povertyedu.jobs.models import Job
from povertyedu.jobs.tasks import run as run_job
from povertyedu.workflow.flow import SYSTEM, StepRefused
from students.actions.hardship import mark_changed
from students.models import FactChange
from subsidies.actions.batches import open_batch, opening_of
from subsidies.actions.recalculation import recalculate
from subsidies.actions.what_if import children_of, run_what_if
from subsidies.models import Entitlement, Line, Recalculation
from tests import factories
from tests.factories import policies, subsidies

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
ONCE = policies.TEXT.replace('per = "year"', 'per = "once"').replace("boarding = true\n", "")


@pytest.fixture
def spring(autumn):
    return factories.term("2021-spring")


@pytest.fixture
def luona(xiazhai, autumn, spring):
    """A child at school in both terms, and owed nothing: the county pays nothing to who is no boarder."""
    policies.published()
    child = factories.student("罗娜", at=xiazhai, during=autumn)
    again = child.enrolments.get()
    again.pk, again.term = None, spring
    again.save(force_insert=True)
    for term in (autumn, spring):
        recalculate(term=term, by=SYSTEM, trigger="测试")
    return child


@pytest.fixture
def writer(client, aid_officer):
    client.force_login(aid_officer)
    return client


def work() -> None:
    while job := Job.objects.filter(state="queued").order_by("pk").first():
        run_job(job.pk)


def gains(run) -> dict[str, int]:
    return {term.term_id: term.gain_fen for term in run.terms.all()}


def owed(child) -> dict[str, int]:
    return dict(Entitlement.objects.filter(student=child).values_list("term_id", "amount_fen"))


def test_what_if_counts_it_in_the_first_term_only(luona, xiazhai, autumn, spring):
    draft = policies.draft(ONCE)

    assert gains(run_what_if(policy=draft, by=SYSTEM)) == {"2020-autumn": 100_000, "2021-spring": 0}
    assert [change.student for change in children_of(draft, autumn, school=xiazhai.pk)] == [luona.pk]
    assert children_of(draft, spring, school=xiazhai.pk) == []


def test_what_if_counts_what_was_given_before_the_draft_begins(luona, autumn, spring):
    subsidies.entitle(luona, 100_000, of=subsidies.programme("living", "生活补助"), term=autumn)
    dated = policies.draft(ONCE, applies_from="2021-spring")

    assert gains(run_what_if(policy=dated, by=SYSTEM)) == {"2021-spring": 0}
    assert gains(run_what_if(policy=policies.draft(ONCE + "# 2\n"), by=SYSTEM)) == {
        "2020-autumn": 0, "2021-spring": 0,
    }  # fmt: skip


def test_what_if_in_pieces_is_whole(luona, xiazhai, autumn, settings):
    settings.RECALCULATION_CHUNK = 1
    factories.student("严宇", at=xiazhai, during=autumn)

    run = run_what_if(policy=policies.draft(ONCE), by=SYSTEM)

    assert gains(run) == {"2020-autumn": 200_000, "2021-spring": 0}
    assert {term.term_id: term.students for term in run.terms.all()} == {"2020-autumn": 2, "2021-spring": 1}


def test_publishing_recalculates_the_terms_in_one_job_oldest_first(writer, luona, autumn, spring):
    draft = policies.draft(ONCE)
    run = run_what_if(policy=draft, by=SYSTEM)
    Recalculation.objects.all().delete()

    answer = writer.post(
        reverse("subsidies:draft_publish", args=[draft.pk]), {"what_if": run.pk}, follow=True
    )
    job = Job.objects.get()
    for term in (autumn, spring):
        page = writer.get(reverse("subsidies:calculation"), {"term": term.pk}).text
        assert reverse("jobs:detail", args=[job.pk]) in page
    work()

    assert "2 个学期已开始重算" in answer.text
    assert list(Recalculation.objects.order_by("pk").values_list("term", "cause")) == [
        ("2020-autumn", "policy"), ("2021-spring", "policy"),
    ]  # fmt: skip
    assert owed(luona) == {"2020-autumn": 100_000}
    assert not FactChange.objects.exists()
    job.refresh_from_db()
    assert (job.state, job.result["created"], job.result["ended"]) == ("done", 1, 0)


# --- listed for payment -----------------------------------------------------------------------------


@pytest.fixture
def people(clerk, aid_officer, approver, finance):
    return subsidies.People(clerk=clerk, aid=aid_officer, approver=approver, finance=finance)


@pytest.fixture
def living(luona, autumn, spring):
    """The programme, given in both terms for now: the later term was recalculated before the earlier one."""
    policies.published(ONCE)
    for term in (spring, autumn):
        recalculate(term=term, by=SYSTEM, trigger="测试")
    assert owed(luona) == {"2020-autumn": 100_000, "2021-spring": 100_000}
    return subsidies.programme("living")


def listed(batch) -> list[tuple]:
    return list(batch.lines.order_by("term__starts_on").values_list("term_id", "amount_fen", "once"))


def test_child_marked_in_a_term_is_left_out_and_told(writer, people, living, xiazhai, spring):
    page = reverse("subsidies:batch_open")
    told = "资料有变动、待重算的学生，金额可能变化，本批不列入"

    shown = writer.get(page, {"term": spring.pk, "with_past": 1})
    asked = {"term": spring.pk, "with_past": 1, "programme": living.pk, "title": "补发"}
    confirmed = writer.get(reverse("subsidies:batch_open_confirm"), asked)
    batch = open_batch(by=people.aid, term=spring, programmes=[living], title="补发", with_past=True)

    for answer in (shown, confirmed):
        assert told in answer.text
        assert answer.context["left_out"] == {"marked": [(spring, 1)]}
    assert [row["fen"] for row in shown.context["owed"]] == [100_000]
    assert confirmed.context["fen"] == 100_000
    assert listed(batch) == [("2020-autumn", 100_000, True)]


def test_who_is_marked_is_not_listed_whatever_the_benefit_is(people, luona, autumn, aid_officer, client):
    of = subsidies.programme()
    subsidies.entitle(luona, of=of, term=autumn)
    mark_changed(autumn, [luona.pk])

    with pytest.raises(StepRefused, match="学生待重算"):
        open_batch(by=people.aid, term=autumn, programmes=[of], title="")
    client.force_login(aid_officer)
    page = client.get(reverse("subsidies:batch_open"), {"term": autumn.pk}).text
    assert "没有待发的现金项目" in page
    assert "本批不列入" in page
    FactChange.objects.all().delete()
    assert [row["fen"] for row in opening_of(autumn).by_programme()] == [50_000]


def test_paid_or_in_hand_in_another_term_it_is_not_listed_again(
    writer, people, living, luona, autumn, spring
):
    first = open_batch(by=people.aid, term=autumn, programmes=[living], title="")
    FactChange.objects.all().delete()  # as where the later term is closed: nothing is recalculated there

    with pytest.raises(StepRefused, match="没有待发资金可以列入"):
        open_batch(by=people.aid, term=spring, programmes=[living], title="")
    shown = writer.get(reverse("subsidies:batch_open"), {"term": spring.pk})
    assert "一次性资助已在别的学期发放或在途的学生" in shown.text
    assert (shown.context["owed"], shown.context["left_out"]) == ([], {"had": [(spring, 1)]})
    first.lines.update(state="removed", settled_at=first.opened_at)
    assert listed(open_batch(by=people.aid, term=spring, programmes=[living], title="")) == [
        ("2021-spring", 100_000, True)
    ]


def test_given_in_two_terms_it_is_listed_in_the_first(people, living, spring):
    FactChange.objects.all().delete()

    batch = open_batch(by=people.aid, term=spring, programmes=[living], title="", with_past=True)

    assert listed(batch) == [("2020-autumn", 100_000, True)]
    assert batch.sheets.get().amount_fen == 100_000


def test_database_lets_no_child_stand_on_two_open_lines(people, living, autumn, spring):
    line = open_batch(by=people.aid, term=autumn, programmes=[living], title="").lines.get()
    line.pk, line.term = None, spring

    with pytest.raises(IntegrityError, match="once_in_a_lifetime|UNIQUE"), transaction.atomic():
        line.save(force_insert=True)
    line.once = False
    line.save(force_insert=True)
    assert Line.objects.count() == 2
