"""无责任人名单: the children whose chains lead to nobody at some link."""

from urllib.parse import urlencode

from django.db.models import Q
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from dropout.enums import Lack, Line
from dropout.forms import GapsFilter
from dropout.queries import gaps as queries
from dropout.queries.chains import Register
from povertyedu.accounts.access import needs, working_term
from povertyedu.accounts.permissions import Permission as P
from povertyedu.ui.listing import PRINTED_AT_MOST
from students.queries import READINGS, usual_reading

from .chain import HOME

CRUMBS = [HOME, ("控辍保学", None), ("无责任人名单", None)]


@needs(P.VIEW_CHAINS)
@require_GET
def gaps(request):
    """Count the children by what is missing and where, and name them."""
    user, term = request.user, working_term(request)
    if term is None:
        return render(request, "students/no_term.html", {"crumbs": CRUMBS})
    form = GapsFilter(request.GET, user=user, permission=P.VIEW_CHAINS)
    wanted, printing = _wanted(form, user), "print" in request.GET
    register = Register(near=Q(student=None))  # posts held for children are asked of the database
    after = request.GET.get("after", "")
    after = int(after) if after.isascii() and after.isdigit() and len(after) < 19 else 0
    most = PRINTED_AT_MOST if printing else queries.PER_PAGE
    found = queries.gaps_in(
        queries.enrolments_for(term, user, wanted), register, wanted, after=after, most=most
    )
    context = {
        "crumbs": CRUMBS,
        "term": term,
        "form": form,
        "applied": form.in_force(),
        "has_links": bool(register.links),
        "gaps": found,
        "figures": _figures(found),
        "links": [_link(request, link, found) for link in register.links],
        "places": _places(request, found),
        "lines": list(Line.labels),
        "line_sums": [sum(place.lines[line] for place in found.places.values()) for line in Line.values],
        "rows": queries.names_of(found),
        "total_text": f"共 {found.matching:,} 人",
        "printing": printing,
        "readings": [
            {"text": text, "url": f"?{_query(request, by=name)}", "active": name == wanted.reading}
            for name, text in READINGS.items()
        ],
        "first_url": f"?{_query(request)}" if after else "",
        "next_url": f"?{_query(request)}&after={found.keys[-1]}" if found.has_more else "",
        "print_url": f"?{_query(request)}&print=1",
    }  # fmt: skip
    return render(request, "dropout/gaps.html", context)


def _wanted(form, user) -> queries.Wanted:
    data = form.wanted
    school, link = data.get("school"), data.get("link")
    return queries.Wanted(
        reading=data.get("by") or usual_reading(user.scope(P.VIEW_CHAINS)),
        township=data.get("township"),
        school=school.pk if school else None,
        stage=data.get("stage") or "",
        link=link.pk if link else None,
        lack=data.get("lack") or "",
    )


def _query(request, **changes) -> str:
    names = ("term", "by", "township", "school", "stage", "link", "lack")
    kept = {name: value for name in names if (value := request.GET.get(name))} | changes
    return urlencode({name: value for name, value in kept.items() if value})


def _figures(found: queries.Gaps) -> list[dict]:
    return [
        {"label": "学生", "value": f"{found.children:,}", "unit": "人"},
        {"label": "两条线都齐", "value": f"{found.complete:,}", "unit": "人"},
        {
            "label": "有缺口",
            "value": f"{found.with_gap:,}",
            "unit": "人",
            "s": "bad" if found.with_gap else "ok",
        },
    ]


def _link(request, link, found: queries.Gaps) -> dict:
    """Return one link's counts, where they are named, and where they are mended."""
    cells = [
        {"count": found.counts[link.pk, lack], "url": f"?{_query(request, link=link.pk, lack=lack)}"}
        for lack in Lack
    ]
    return {
        "link": link,
        "cells": cells,
        "posts_url": f"{reverse('dropout:posts')}?link={link.pk}&tab=vacant",
    }


def _places(request, found: queries.Gaps) -> list[dict]:
    names = queries.township_names(found.places)
    return [
        {
            "name": names.get(code, "县外或不详"),
            "url": f"?{_query(request, township=code)}" if code in names else "",
            "children": place.children,
            "with_gap": place.with_gap,
            "lines": [place.lines[line] for line in Line.values],
        }
        for code, place in sorted(found.places.items(), key=lambda item: (item[0] not in names, item[0]))
    ]
