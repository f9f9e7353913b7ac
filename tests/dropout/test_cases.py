"""控辍个案: opened once, every step in order, every end with evidence and by two people (facts.md 2 rows 7 and 22, 5)."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from dropout.actions import case_steps as steps
from dropout.actions import cases as actions
from dropout.enums import CaseState
from dropout.models import Case, CaseDecision, CaseProposal, CaseReason
from dropout.states import CASE_FLOW, MAY_END
from povertyedu.audit.models import AuditEvent
from povertyedu.options.registry import set_option
from povertyedu.orgs.calendar import today
from povertyedu.workflow.flow import StepRefused
from tests import factories

from .cases import CADRE, OFFICER, TEACHER, TOWNSHIP, away, day, evidence, opened, persuading

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


@pytest.fixture
def case(xiazhai, autumn) -> Case:
    return away(xiazhai, autumn)


def ended(case: Case, outcome: str = "not_dropout", **fields) -> Case:
    steps.propose(
        by=TEACHER, case=case, outcome=outcome, reason="已到校，请假条遗失", evidence=evidence(), **fields
    )
    return steps.confirm(by=OFFICER, case=case)


def verbs(case: Case) -> list[str]:
    return list(case.decisions.values_list("verb", flat=True))


def test_case_stands_where_the_child_stands_and_is_opened_once(xiazhai, autumn):
    child = factories.student("罗娜", at=xiazhai, during=autumn)
    first = opened(child, autumn, note="一周没有到校")
    again = opened(child, autumn, kind="dropout", since="2020-11-01")
    assert (again.pk, again.kind, again.since) == (first.pk, "suspected", day("2020-10-12"))
    assert (first.school, first.school_area, first.home_area, first.grade) == (
        xiazhai, "529901100000", "529901100001", 5,
    )  # fmt: skip
    assert (first.state, verbs(first), CaseDecision.broken_link(first)) == ("suspected", ["open"], None)
    assert list(AuditEvent.objects.filter(action="case.open").values_list("by_name", "subject_label")) == [
        ("罗雪", "罗娜 疑似辍学")
    ]


def test_child_without_enrolment_stands_at_its_village(autumn):
    child = factories.student("罗娜", at=factories.school(), during=factories.term("2021-spring"))
    never = opened(child, autumn, kind="never_enrolled", since="2020-09-01")
    assert (never.school, never.school_area, never.home_area, never.place_name) == (
        None, "", "529901100001", "没有学籍",
    )  # fmt: skip


def test_record_that_was_merged_leads_to_the_one_that_was_kept(xiazhai, autumn):
    keeper = factories.student("罗娜", at=xiazhai, during=autumn)
    other = factories.student("罗娜", at=xiazhai, during=autumn)
    type(other).objects.filter(pk=other.pk).update(merged_into=keeper)
    rows = [actions.Found(child.pk, "suspected", day("2020-10-12")) for child in (keeper, other)]
    found = actions.open_cases(rows, by=TEACHER, term=autumn, origin="screening")
    assert found == {keeper.pk: Case.objects.get().pk, other.pk: Case.objects.get().pk}


def test_queries_do_not_grow_with_children(xiazhai, autumn):
    counts = []
    for many in (1, 30):
        rows = [
            actions.Found(
                factories.student(f"学生{many}", at=xiazhai, during=autumn).pk, "suspected", day("2020-10-12")
            )
            for _ in range(many)
        ]
        with CaptureQueriesContext(
            connection,
        ) as queries:
            found = actions.open_cases(rows, by=TEACHER, term=autumn, origin="comparison")
        with CaptureQueriesContext(connection) as raising:
            assert actions.raise_kinds(found.values(), by=TEACHER) == many
        counts.append((len(queries), len(raising)))
    assert counts[0] == counts[1]
    assert (Case.objects.filter(kind="dropout").count(), CaseDecision.objects.count()) == (31, 62)
    assert {CaseDecision.broken_link(case) for case in Case.objects.all()} == {None}


def test_suspected_becomes_dropout_once_and_stays_where_it_is(case):
    persuading(case)
    assert [actions.raise_kinds([case.pk], by=TEACHER) for _ in range(2)] == [1, 0]
    case.refresh_from_db()
    assert (case.kind, case.state, verbs(case)) == (
        "dropout",
        "persuading",
        ["open", "verify", "persuade", "raise"],
    )


def test_way_of_a_case_from_found_to_closed(case):
    persuading(case)
    steps.return_to_school(by=CADRE, case=case, on=today())
    with pytest.raises(StepRefused, match="由登记人以外的人核实"):
        steps.monitor(by=CADRE, case=case)
    steps.monitor(by=OFFICER, case=case)
    assert case.monitored_until == today() + dt.timedelta(days=120)
    with pytest.raises(StepRefused, match=f"监测期到 {case.monitored_until}"):
        steps.propose(by=TEACHER, case=case, outcome="returned", reason="稳定", evidence=evidence())
    Case.objects.filter(pk=case.pk).update(monitored_until=today())
    case.refresh_from_db()
    ended(case, "returned")
    assert (case.state, case.outcome, case.closed_on, case.proposed_by_id, case.closed_by_id) == (
        "closed", "returned", today(), TEACHER.id, OFFICER.id,
    )  # fmt: skip
    assert verbs(case) == ["open", "verify", "persuade", "return", "monitor", "propose", "close"]
    assert CaseDecision.broken_link(case) is None


def test_days_of_the_watch_are_the_countys(case):
    set_option("case_monitor_days", "30", by_name="宋静")
    steps.return_to_school(by=CADRE, case=case, on=today())
    steps.monitor(by=OFFICER, case=case)
    assert case.monitored_until == today() + dt.timedelta(days=30)


def test_return_that_is_not_watched_closes_nothing(case):
    with pytest.raises(StepRefused, match="只有返校监测期满"):
        steps.propose(by=TEACHER, case=case, outcome="returned", reason="已返校", evidence=evidence())
    assert (case.state, CaseProposal.objects.count()) == ("suspected", 0)


def test_who_proposes_does_not_confirm(case):
    steps.propose(by=TEACHER, case=case, outcome="abroad", reason="随父母出国", evidence=evidence())
    with pytest.raises(StepRefused, match="提出人不能复核自己的提请"):
        steps.confirm(by=TEACHER, case=case)
    case.refresh_from_db()
    assert (case.state, case.outcome) == ("proposed_closed", "")


def test_refusal_leads_back_to_where_the_case_was(case):
    persuading(case)
    steps.propose(by=TEACHER, case=case, outcome="abroad", reason="听说出国", evidence=evidence())
    steps.refuse(by=OFFICER, case=case, reason="证明上没有章")
    answers = list(CaseProposal.objects.values_list("answer", "answered_by"))
    assert (case.state, answers) == ("persuading", [("refused", "宋静")])
    ended(case)
    assert case.state == "closed"


@pytest.mark.parametrize(
    ("outcome", "fields", "says"),
    [
        ("exempt", {}, "县残疾人教育专家委员会的评估"),
        ("delayed", {"delay_kind": "leave"}, "写明到哪一天"),
        ("delayed", {"delay_kind": "later", "until": day("2020-10-01")}, "在今天以后"),
        ("transferred", {}, "转到哪所学校"),
        ("over_age", {}, "没有出生日期"),
    ],
)
def test_outcome_without_what_it_needs_is_refused(case, outcome, fields, says):
    with pytest.raises(StepRefused, match=says):
        steps.propose(by=TEACHER, case=case, outcome=outcome, reason="说明", evidence=evidence(), **fields)
    case.refresh_from_db()
    assert case.state == "suspected"


@pytest.mark.parametrize(
    ("outcome", "fields", "state"),
    [
        ("not_dropout", {}, "closed"),
        ("deceased", {}, "closed"),
        ("abroad", {}, "closed"),
        ("transferred", {"where_to": "青石镇中心小学"}, "closed"),
        ("home_taught", {}, "home_taught"),
        ("delayed", {"delay_kind": "leave", "until": day("2199-08-31")}, "delayed"),
    ],
)
def test_every_other_outcome_takes_two_people_and_evidence(case, outcome, fields, state):
    ended(case, outcome, **fields)
    assert (case.state, case.outcome, case.evidence.name) == (state, outcome, "返校证明.jpg")
    assert (case.closed_on is None) == (state != "closed")


def test_exemption_keeps_its_assessment(case):
    ended(case, "exempt", assessed_on=day("2020-10-20"), assessment=evidence("评估意见.pdf"))
    assert (case.state, case.proposals.get().assessment.name) == ("closed", "评估意见.pdf")


@pytest.mark.parametrize(("over", "closes"), [(16, True), (15, False)])
def test_over_age_is_reckoned_on_the_last_of_august(case, over, closes):
    """School age ends with 15; a child of 16 on 31 August of the school year is over age."""
    year = today().year if today().month >= 9 else today().year - 1
    type(case.student).objects.filter(pk=case.student_id).update(birth_date=dt.date(year - over, 8, 31))
    case = Case.objects.get()
    if closes:
        assert ended(case, "over_age").state == "closed"
    else:
        with pytest.raises(StepRefused, match="15 周岁，没有超过 15 周岁"):
            ended(case, "over_age")


def test_reopened_case_keeps_its_history(case):
    ended(case)
    steps.ask_reopen(by=CADRE, case=case, reason="又在外务工", evidence=evidence("照片.jpg"))
    with pytest.raises(StepRefused, match="提出人不能复核"):
        steps.reopen(by=CADRE, case=case)
    steps.reopen(by=TOWNSHIP, case=case)
    assert (case.state, case.outcome, case.evidence, case.closed_on) == ("persuading", "", None, None)
    assert verbs(case) == ["open", "propose", "close", "ask_reopen", "reopen"]
    assert [(p.kind, p.evidence.name, p.answer) for p in case.proposals.order_by("pk")] == [
        ("end", "返校证明.jpg", "confirmed"), ("reopen", "照片.jpg", "confirmed"),
    ]  # fmt: skip


def test_reopening_may_be_refused_and_never_makes_two_open_cases(case, autumn):
    ended(case)
    steps.ask_reopen(by=CADRE, case=case, reason="听说", evidence=evidence())
    steps.keep_closed(by=OFFICER, case=case, reason="查无此事")
    assert (case.state, case.outcome) == ("closed", "not_dropout")
    assert opened(case.student, autumn, since="2020-12-01").pk != case.pk
    with pytest.raises(StepRefused, match="另有一件没有销号的个案"):
        steps.ask_reopen(by=CADRE, case=case, reason="又走了", evidence=evidence())


def test_child_away_again_while_watched_is_taken_up_anew(case, autumn):
    steps.return_to_school(by=CADRE, case=case, on=day("2020-11-02"))
    assert opened(case.student, autumn, since="2020-10-20").state == "returned"  # the same absence, told late
    again = opened(case.student, autumn, since="2020-11-09", note="又有一周没有到校")
    assert (again.pk, again.state, again.since, again.returned_on) == (
        case.pk,
        "persuading",
        day("2020-11-09"),
        None,
    )
    assert verbs(again) == ["open", "return", "relapse"]


def test_reasons_are_kept_with_the_decision_and_out_of_the_log(case):
    steps.propose(by=TEACHER, case=case, outcome="exempt", reason="重度脑瘫", evidence=evidence(), assessed_on=day("2020-10-20"), assessment=evidence())  # fmt: skip
    said = CaseReason.objects.get()
    assert (said.text, said.decision.verb, said.is_untouched) == ("重度脑瘫", "propose", True)
    logged = AuditEvent.objects.get(action="case.propose")
    assert "脑瘫" not in f"{logged.reason}{logged.changes}{said.decision.reason}"
    with pytest.raises(IntegrityError), transaction.atomic():
        CaseReason.objects.update(text="好了")
    with pytest.raises(IntegrityError), transaction.atomic():
        CaseDecision.objects.filter(verb="propose").delete()


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"state": "closed", "closed_on": day("2020-12-01")}, "case_ends_with_evidence"),
        ({"state": "closed", "closed_on": day("2020-12-01"), "outcome": "abroad", "proposed_by_id": 1, "closed_by_id": 2},
         "case_ends_with_evidence"),
        ({"state": "home_taught", "outcome": "home_taught"}, "case_ends_with_evidence"),
        ({"state": "returned"}, "returned_case_has_a_day"),
        ({"state": "monitored", "returned_on": day("2020-12-01")}, "monitored_case_has_an_end"),
        ({"closed_on": day("2020-12-01")}, "closed_case_has_a_day"),
    ],
)  # fmt: skip
def test_database_refuses_what_no_step_leads_to(case, changes, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Case.objects.filter(pk=case.pk).update(**changes)


def test_database_refuses_one_person_for_both(case):
    ended(case)
    with pytest.raises(IntegrityError, match="case_ends_with_evidence"), transaction.atomic():
        Case.objects.filter(pk=case.pk).update(proposed_by_id=OFFICER.id)
    with pytest.raises(IntegrityError, match="proposal_of_a_case_takes_two_people"), transaction.atomic():
        CaseProposal.objects.update(answered_by_id=TEACHER.id)
    with pytest.raises(IntegrityError, match="case_is_closed_by_what_closes"), transaction.atomic():
        Case.objects.filter(pk=case.pk).update(outcome="delayed")


def test_database_refuses_a_second_open_case(case, autumn):
    with pytest.raises(IntegrityError), transaction.atomic():
        Case.objects.create(
            student=case.student, term=autumn, kind="dropout", origin="report", since=today(), opened_on=today(), state_since=today()
        )  # fmt: skip


@pytest.mark.usefixtures("real_commits")
def test_two_who_find_a_child_at_once_open_one_case(xiazhai, autumn):
    child = factories.student("罗娜", at=xiazhai, during=autumn)

    def deed(_):
        try:
            return opened(child, autumn).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(deed, range(2)))
    assert (found[0] == found[1], Case.objects.count(), CaseDecision.objects.count()) == (True, 1, 1)


@given(st.lists(st.sampled_from(CASE_FLOW.transitions), max_size=12))
def test_no_way_through_the_table_closes_without_a_proposal(way):
    """Whatever steps are tried in whatever order: closed comes right after proposed, or after a reopening refused."""
    state, before = None, None
    for step in way:
        if step.sources == () and state is None or state in step.sources:
            if step.target == CaseState.CLOSED:
                assert state in (CaseState.PROPOSED_CLOSED, CaseState.PROPOSED_REOPEN)
            before, state = state, step.target
    assert state != CaseState.PROPOSED_CLOSED or before in MAY_END
