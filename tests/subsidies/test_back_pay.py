"""Back-pay: children left out of past terms are found, computed at each term's standard, paid once in one batch.

The case is Luxi's (芦溪, 三): registered-poor children missed in 2016 spring, 2016 autumn and 2017 spring.
"""

import datetime as dt

import openpyxl
import pytest
from django.urls import reverse

from povertyedu.jobs.progress import NO_PROGRESS
from povertyedu.orgs.models import Term
from povertyedu.workflow.flow import SYSTEM
from students.actions.hardship import derive_categories
from students.enums import HardshipCategory
from students.models import FactChange, HardshipStatus
from subsidies import tasks
from subsidies.actions import ledgers
from subsidies.actions.batches import open_batch, opening_of
from subsidies.actions.policies import load_policy
from subsidies.actions.recalculation import recalculate
from subsidies.models import Balance, Line, Programme, TermLedger
from tests import factories
from tests.factories import subsidies

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
POOR = HardshipCategory.REGISTERED_POOR
PAST = ("2016-spring", "2016-autumn", "2017-spring")
# 500 yuan a term in 2016, 625 from 2017 on
PACK = """
name = "luxi-case"
title = "补发案例"
document = "《补发案例》"
first_term = "2016-spring"
[[programme]]
code = "boarding_living"
label = "寄宿生生活补助"
kind = "cash"
stages = ["primary"]
[[rule]]
code = "boarding"
programme = "boarding_living"
label = "寄宿生生活补助"
clause = "三"
quote = "做好对2016年春至2017年春的补发工作"
amount = [
  { yuan = 1000, per = "year", last_term = "2016-autumn" },
  { yuan = 1250, per = "year", first_term = "2017-spring" },
]
funding = { sources = ["county"] }
[rule.when]
stage = "primary"
categories = ["registered_poor"]
"""


@pytest.fixture
def people(clerk, aid_officer, approver, finance):
    return subsidies.People(clerk=clerk, aid=aid_officer, approver=approver, finance=finance)


@pytest.fixture
def missed(xiazhai):
    """罗娜 was at school all three terms and autumn 2017, and on nobody's list; 严宇 was paid all along."""
    load_policy(text=PACK, by=SYSTEM)
    factories.student("罗娜", at=xiazhai, during=Term.objects.named(PAST[0]))
    known = factories.student("严宇", at=xiazhai, during=Term.objects.named(PAST[0]), categories=POOR)
    luona = known.enrolments.model.objects.get(student__name="罗娜").student
    for code in (*PAST[1:], "2017-autumn"):
        for child, poor in ((luona, 0), (known, POOR)):
            enrolment = child.enrolments.get(term_id=PAST[0])
            enrolment.pk, enrolment.term, enrolment.categories = None, Term.objects.named(code), poor
            enrolment.save(force_insert=True)
    for code in (*PAST, "2017-autumn"):
        recalculate(term=Term.objects.get(pk=code), by=SYSTEM, trigger="开学")
    return luona


def found_poor_since(child, day: dt.date):
    """The poverty office's list of 2017 autumn says the household was registered earlier than anybody knew."""
    HardshipStatus.objects.create(
        id_hash=child.id_hash, id_number=child.id_number, name=child.name, category=POOR, since=day, source="poverty_office"
    )  # fmt: skip
    derive_categories(id_hashes=[child.id_hash])


def test_children_left_out_of_three_terms_are_paid_once_in_one_batch(
    missed, people, tmp_path, client, leader
):
    autumn = Term.objects.get(pk="2017-autumn")
    everything = Programme.objects.filter(kind="cash")
    for code in PAST:
        subsidies.batch_at("paid", people, term=Term.objects.get(pk=code), programmes=everything)
    before = tmp_path / "before.xlsx"
    spring = Term.objects.get(pk="2016-spring")
    kept = ledgers.freeze_ledger(term=spring, by=SYSTEM)

    found_poor_since(missed, dt.date(2016, 1, 15))
    assert set(FactChange.objects.filter(student=missed).values_list("term_id", flat=True)) == {
        *PAST,
        "2017-autumn",
    }
    for code in (*PAST, "2017-autumn"):
        recalculate(term=Term.objects.get(pk=code), by=SYSTEM, trigger="补认建档立卡", only_changed=True)

    owed = {b.term_id: b.outstanding_fen for b in Balance.objects.filter(student=missed)}
    assert owed == {
        "2016-spring": 50_000,
        "2016-autumn": 50_000,
        "2017-spring": 62_500,
        "2017-autumn": 62_500,
    }
    assert [row["fen"] for row in opening_of(autumn, with_past=True).by_programme()] == [225_000 + 62_500]

    batch = open_batch(by=people.aid, term=autumn, programmes=everything, title="补发", with_past=True)
    lines = Line.objects.filter(batch=batch, student=missed).order_by("term__starts_on")
    assert [(line.term_id, line.amount_fen) for line in lines] == [
        ("2016-spring", 50_000), ("2016-autumn", 50_000), ("2017-spring", 62_500), ("2017-autumn", 62_500),
    ]  # fmt: skip
    assert opening_of(autumn, with_past=True).by_programme() == []

    client.force_login(leader)
    letter = client.get(
        reverse("subsidies:letter", args=[missed.pk]), {"term": "2017-autumn"}
    ).content.decode()
    assert letter.count("（补发）") == 3
    assert "2,250.00" in letter

    ledgers.export_ledger(before, term=autumn)
    rows = list(
        openpyxl.load_workbook(before, data_only=True)["补发明细"].iter_rows(min_row=4, values_only=True)
    )
    assert [(row[3], row[4], row[6]) for row in rows if row[3] == "罗娜"] == [
        ("罗娜", "2015—2016学年 春季学期", 500), ("罗娜", "2016—2017学年 秋季学期", 500), ("罗娜", "2016—2017学年 春季学期", 625),
    ]  # fmt: skip

    kept.file.copy_to(tmp_path / "kept.xlsx")
    old = openpyxl.load_workbook(tmp_path / "kept.xlsx", data_only=True)["现金明细"]
    assert [row[4] for row in old.iter_rows(min_row=4, values_only=True) if row[4]] == ["严宇"]
    assert (kept.entitled_fen, kept.paid_fen) == (50_000, 50_000)


def test_closing_a_term_keeps_its_ledger(client, administrator, missed, leader, clerk):
    client.force_login(administrator)
    client.post(reverse("office:term_close", args=["2016-spring"]), {"closed": "yes"})
    job = administrator.jobs.get(kind="subsidies.freeze_ledger")
    assert job.arguments == {"term": "2016-spring"}
    tasks.freeze_ledger(job, NO_PROGRESS, **job.arguments)
    kept = TermLedger.objects.get()
    client.force_login(leader)
    assert "关账台账" in client.get(reverse("subsidies:ledgers")).content.decode()
    answer = client.post(reverse("subsidies:closed_ledger", args=[kept.pk]))
    assert b"".join(answer.streaming_content)[:2] == b"PK"
    client.force_login(clerk)
    assert client.post(reverse("subsidies:closed_ledger", args=[kept.pk])).status_code == 403


def test_letters_of_a_sheet_are_its_childrens_alone(client, missed, people, clerk, neighbour):
    batch = subsidies.batch_at("open", people, term=Term.objects.get(pk="2016-spring"))
    address = reverse("subsidies:letters", args=[batch.sheets.get().pk])
    client.force_login(clerk)
    page = client.get(address).content.decode()
    assert (page.count("致家长的一封信</h2>"), "严宇" in page, "罗娜" in page) == (1, True, False)
    client.force_login(neighbour)
    assert client.get(address).status_code == 404
