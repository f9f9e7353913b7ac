"""The national standards of each term against the baseline."""

import json

from subsidies.engine import Form, Term
from tests.subsidies.packs import pack, shared

BASELINE = {
    ("boarding_living_allowance", "primary"): ["national-boarding-primary"],
    ("boarding_living_allowance", "junior"): ["national-boarding-junior"],
    ("non_boarding_living_allowance", "primary"): ["national-nonboarding-primary"],
    ("nutrition", "compulsory"): ["national-nutrition"],
    ("national_grant", "senior_high"): ["national-senior-nsg"],
    ("tuition_waiver", "senior_high"): ["national-senior-tuition-public", "national-senior-tuition-private"],
    ("tuition_waiver", "secondary_vocational"): [
        "national-voc-tuition-public",
        "national-voc-tuition-private",
    ],
    ("national_grant", "secondary_vocational"): ["national-voc-nsg", "national-voc-nsg-2025"],
    ("national_grant", "higher"): ["national-he-nsg"],
    ("student_loan_cap", "higher"): ["national-loan-ug"],
    ("preschool_care_fee_exemption", "preschool"): ["national-care-fee-public", "national-care-fee-private"],
}
WRITTEN = {"2014-10": "2014-autumn", "2014-11": "2015-spring", "2018": "2018-autumn", "2019": "2019-spring"}


def test_national_standards_are_those_of_the_baseline_term_by_term():
    rows = json.loads(shared("domain/national_baseline.json").read_text(encoding="utf-8"))
    for row in rows:
        if row["programme"] == "yulu_programme":
            continue  # paid by another department
        rules = [pack("national").rule_of[code] for code in BASELINE[row["programme"], row["stage"]]]
        begun = WRITTEN.get(row["from_term"], row["from_term"]) or "2011-autumn"
        ended = WRITTEN.get(row["to_term"], row["to_term"])
        for term in filter(None, (begun, ended)):
            (*_, rule) = [rule for rule in rules if rule.in_force(Term.parse(term))]
            amount = rule.amount_at(Term.parse(term))
            if row["amount"] is not None:
                assert amount.fen == row["amount"] * 100, (rule.code, term)
            elif row["unit"].startswith("50%"):
                assert (amount.form, amount.rate) == (Form.PERCENT, 50_00)
            else:
                assert amount.form is Form.ACTUAL, (rule.code, term)
        if row["from_term"] and begun != "2011-autumn":
            (rule, *_) = rules
            before = Term.parse(begun).ordinal - 1
            was = rule.amount_at(Term(before // 2, before % 2))
            changed = min(rule.first_term for rule in rules) == Term.parse(begun) or was is None
            assert changed or was.fen != (row["amount"] or 0) * 100, (rule.code, begun)


def test_loans_of_postgraduates_follow_the_same_dates():
    rule = pack("national").rule_of["national-loan-pg"]

    caps = {str(one.first_term or rule.first_term): one.fen // 100 for one in rule.amounts}

    assert caps == {"2014-autumn": 12000, "2021-autumn": 16000, "2023-autumn": 20000, "2024-autumn": 25000}


def test_every_national_standard_says_how_firm_it_is():
    parts = [*pack("national").rules, *pack("national").unpaid]

    assert [one.code for one in parts if not one.citation.quote.startswith("整理：")] == []
    assert [one.code for one in parts if "见到" not in one.citation.quote] == []
    by_heart = {one.code for one in parts if "凭记忆" in one.citation.quote}
    assert by_heart == {"national-senior-nsg", "national-he-nsg"}
    weighted = [one for one in pack("national").rules if one.funding.weights]
    assert all("凭记忆" in one.funding.quote for one in weighted)
