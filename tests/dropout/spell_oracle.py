"""What a child's runs and steps are, by plain loops over what was entered day by day. Imports nothing of the system."""

import datetime as dt

DAY = dt.timedelta(days=1)


def runs(entered: dict, day_of_count: dt.date, *, first: dt.date, last: dt.date) -> list[dict]:
    """Return the runs of one child in the term ``first`` to ``last``.

    ``entered``: date -> "away", "leave" or "there", for days that were entered.
    Walks every calendar day once and keeps in what state the child is known to be.
    """
    found: list[dict] = []
    run = None
    day = first
    while day <= min(last, max([day_of_count, *entered])):
        word = entered.get(day)
        if word == "there" and run is not None:
            run["ended_on"] = day
            run = None
        elif word == "leave" and run is not None:
            run["state"] = "leave"
        elif word == "away":
            if run is None:
                run = {"first_on": day, "days": 0, "away": [], "ended_on": None}
                found.append(run)
            run["state"] = "away"
            run["last_on"] = day
            run["days"] += 1
        if run is not None and run["state"] == "away":
            run["away"].append(day)
        day += DAY
    for run in found:
        run["out"] = len([day for day in run["away"] if run["ended_on"] or day <= day_of_count])
    return found


def step(run: dict) -> int:
    """facts.md 5: W9 day 1 teacher, day 2 head, day 3 bureau; W7 more than a week, a further month."""
    if run["out"] > 7 + 30:
        return 5
    if run["out"] > 7:
        return 4
    return min(run["days"], 3)


def counted_until(entered: dict, now: dt.date) -> dt.date:
    """Return the last day that counts on ``now``: the last weekday that is over, or a later one entered absent."""
    over = now - DAY
    while over.weekday() > 4:
        over -= DAY
    return max([over, *(day for day, word in entered.items() if word in ("away", "leave"))])
