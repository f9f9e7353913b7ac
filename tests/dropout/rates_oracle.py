"""What the rates must be, by loops over raw events; imports nothing of the app (facts.md 5).

A county is plain data: ``children`` with ``seats`` {term number: (school, nine, status, place)}, ``nine`` being the grade of the nine
years, ``born`` the year of birth (on 1 January), ``moved_out``/``came_in`` days, ``first_school`` where a transfer within the
autumn term took it from, ``cases`` of (kind, since, returned_on, closed_on, outcome, state). Terms are numbered from 0, two a school
year, autumn first.
"""

import datetime as dt

FIRST_YEAR = 2012


def year_of(term: int) -> int:
    return FIRST_YEAR + term // 2


def begins(term: int) -> dt.date:
    year = year_of(term)
    return dt.date(year, 9, 1) if term % 2 == 0 else dt.date(year + 1, 2, 15)


def is_out(child: dict, day: dt.date, kinds=("dropout", "never_enrolled")) -> bool:
    for kind, since, returned_on, closed_on, outcome, state in child["cases"]:
        if kind not in kinds or since > day:
            continue
        if state == "closed" and outcome == "not_dropout":
            continue  # a false alarm
        if state == "home_taught" or state == "delayed":
            continue
        if returned_on and returned_on <= day:
            continue
        if closed_on and closed_on <= day and outcome != "over_age":
            continue
        return True
    return False


def may_stay_away(child: dict, day: dt.date) -> bool:
    """Whether the child's delay runs, or it was exempted for physical reasons (免学) by ``day``."""
    for _, since, returned_on, closed_on, outcome, state in child["cases"]:
        if since > day or (returned_on and returned_on <= day):
            continue
        if state == "delayed" or (state == "closed" and outcome == "exempt" and closed_on <= day):
            return True
    return False


def is_gone(child: dict, day: dt.date) -> bool:
    """Whether a case ended with the child dead, elsewhere or abroad, and no move since says where its place is now."""
    moves = [child["moved_out"], *(begins(term) + dt.timedelta(days=30) for term in child["first_school"])]
    if child["came_in"] and child["came_in"][0] in child["seats"]:
        moves.append(child["came_in"][1])
    return any(
        state == "closed"
        and closed_on <= day
        and outcome in ("deceased", "transferred", "abroad")
        and not any(moved and since <= moved <= day for moved in moves)
        for _, since, _, closed_on, outcome, state in child["cases"]
    )


def newest_term(county: dict, year: int, day: dt.date) -> int | None:
    terms = [term for term in range(county["terms"]) if year_of(term) == year and begins(term) <= day]
    return max(terms) if terms else None


def dropout_rate(county: dict, year: int, day: dt.date) -> dict[int, tuple[bool, int, str]]:
    """Return child -> (dropped out, school, home) of all who were in primary or junior school when the year began."""
    start = next((term for term in range(county["terms"]) if year_of(term) == year and term % 2 == 0), None)
    found = {}
    for number, child in enumerate(county["children"]):
        seat = start is not None and child["seats"].get(start)
        if not seat or seat[1] > 9 or seat[3] != "in_county":
            continue
        if child["came_in"] and child["came_in"][0] == start and child["came_in"][1] > begins(start):
            continue
        school = child["first_school"].get(start, seat[0])
        this_year = [case for case in child["cases"] if begins(start) <= case[1] <= day]
        gone = is_out(child | {"cases": this_year}, day, ("dropout",)) and is_out(child, day, ("dropout",))
        found[number] = (gone, school, child["home"])
    return found


def retention(
    county: dict, year: int, day: dt.date, first: int, last: int
) -> dict[int, tuple[bool, int, str]]:
    """Return child -> (held out, last school, home) of the cohort that should be in grade ``last`` in ``year``."""
    newest = newest_term(county, year, day)
    found = {}
    if newest is None:
        return found
    for number, child in enumerate(county["children"]):
        seats = [
            (term, *seat)
            for term, seat in sorted(child["seats"].items())
            if begins(term) <= day and seat[3] == "in_county"
        ]
        in_stage = [seat for seat in seats if first <= seat[2] <= last]
        if not in_stage:
            continue
        term, _, grade, *_ = in_stage[0]
        entered = year_of(term) - (grade - first)
        if entered + (last - first) != year:
            continue
        term, school, grade, status, _ = seats[-1]
        held = (
            term == newest
            and grade >= last
            and status in ("studying", "graduated")
            and not is_out(child, day)
            and not is_gone(child, day)
        )
        gone = (
            child["moved_out"]
            and child["moved_out"] <= day
            or child["died"]
            and child["died"] <= day
            or status == "left"
            or is_gone(child, day)
        )
        if held or not gone:
            found[number] = (held, school, child["home"])
    return found


def is_followed(child: dict, day: dt.date) -> bool:
    """Whether a case says that the child is out on ``day``, though no roster may; not of who moved away or died."""
    if child["moved_out"] and child["moved_out"] <= day or child["died"] and child["died"] <= day:
        return False
    if is_gone(child, day):
        return False
    return is_out(child, day, ("suspected", "dropout", "never_enrolled")) or may_stay_away(child, day)


def entry_rate(county: dict, year: int, day: dt.date) -> dict[int, bool]:
    """Return child -> whether it is in school, of all who are 6 to 15 on 31 August and the county knows of."""
    newest = newest_term(county, year, day)
    found = {}
    if newest is None:
        return found
    for number, child in enumerate(county["children"]):
        age = year - child["born"]  # on 31 August, born on 1 January
        if (
            not 6 <= age <= 15
            or child["moved_out"]
            and child["moved_out"] <= day
            and newest not in child["seats"]
        ):
            continue
        seat = child["seats"].get(newest)
        if seat and seat[2] == "graduated":
            continue
        if is_followed(child, day) and (not seat or seat[2] == "left"):
            found[number] = False
            continue
        if seat:
            if seat[2] == "left" or is_gone(child, day):
                continue
            found[number] = seat[2] == "studying" and not is_out(child, day) and not may_stay_away(child, day)
            continue
        before = [
            term
            for term in child["seats"]
            if term < newest
            and year - year_of(term) <= 1
            and child["seats"][term][2] in ("studying", "suspended")
        ]
        if not before or child["died"] and child["died"] <= day or is_gone(child, day):
            continue
        school, grade, status, place = child["seats"][max(before)]
        if place != "in_county" or (grade >= 9 and year_of(max(before)) < year):
            continue
        found[number] = False
    return found
