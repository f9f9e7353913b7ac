"""The coverage equation by plain loops over plain rows: what the set-based queries must agree with."""

import datetime as dt
from collections import Counter

NOT_HERE = {
    "dropped_out", "graduated", "not_of_age", "exempt", "home_taught", "moved_away", "deceased", "wrong_data", "other", "working",
}  # fmt: skip
WENT = {"working": "working", "excused": "exempt", "deceased": "deceased", "outside": "other_county"}


def keeper_of(person: dict, people: list[dict]) -> dict:
    while person["merged_into"] is not None:
        person = people[person["merged_into"]]
    return person


def age_on_31_august(birth: dt.date, year: int) -> int:
    return year - birth.year - ((birth.month, birth.day) > (8, 31))


def is_poor(person: dict, starts: dt.date, ends: dt.date) -> bool:
    return any(
        s["counts"] and s["since"] <= ends and (s["until"] is None or s["until"] >= starts)
        for s in person["statuses"]
    )


def absent_because(person: dict, missing: str) -> str:
    if person["disposals"]:
        code = max(person["disposals"], key=lambda d: d[0])[1]
        return "unclear" if code == "to_verify" else code
    return WENT.get(person["left_for"], missing)


def classed(person: dict, *, paid: int = 0) -> tuple[str, str]:
    """Return (part, reason) of somebody on the lists; ``person`` is the record that was kept."""
    enrolment = person["enrolment"]
    if enrolment is None or enrolment["status"] == "left":
        if enrolment is None:
            reason = absent_because(person, "undisposed")
        else:
            reason = absent_because(person | {"left_for": None}, "left")
        return ("not_in_school" if reason in NOT_HERE else "to_verify"), reason
    if enrolment["status"] == "suspended":
        return "not_in_school", "suspended"
    if enrolment["status"] == "graduated":
        return "not_in_school", "leaver"
    away = enrolment["place"] != "in_county"
    if away and enrolment["aided_elsewhere"] == "yes":
        return "aided_elsewhere", enrolment["place"]
    cash = sum(fen for kind, fen in person["owed"] if kind == "cash")
    other = sum(fen for kind, fen in person["owed"] if kind in ("waiver", "in_kind"))
    if cash or other:
        if not cash:
            reason = "no_cash"
        elif paid >= cash:
            reason = "paid"
        else:
            reason = "part_paid" if paid else "unpaid"
        return ("fallback" if away and enrolment["aided_elsewhere"] == "no" else "aided_here"), reason
    if not away and person["without_rule"]:
        return "no_programme", "without_rule"
    if not away:
        return "to_verify", "nothing_owed"
    return "to_verify", "refused_there" if enrolment["aided_elsewhere"] == "no" else enrolment["question"]


def equation(people: list[dict], *, starts: dt.date, ends: dt.date, year: int) -> tuple[Counter, dict]:
    """Return (part, reason) -> people, and who stands where: name of the kept record -> (part, reason)."""
    stands = {}
    for kept in people:
        if kept["merged_into"] is not None:
            continue
        records = [p for p in people if keeper_of(p, people) is kept]
        named = any(p["on_target"] for p in records)
        if kept["enrolment"] is not None:
            if kept["enrolment"]["poor"] or named:
                stands[kept["name"]] = classed(kept, paid=sum(fen for p in records for fen in p["paid"]))
            continue
        poor = [
            p for p in records if is_poor(p, starts, ends) and 6 <= age_on_31_august(p["birth"], year) <= 15
        ]
        if named or poor:
            speaking = next((p for p in records if p["on_target"]), None) or poor[0]
            stands[kept["name"]] = classed(speaking | {"enrolment": None})
    return Counter(stands.values()), stands
