"""责任体系: at each link the places, who answers there, and where nobody does."""

from urllib.parse import urlencode

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from dropout.actions import posts as actions
from dropout.forms import AppointForm, EndForm, PlacesFilter
from dropout.models import ChainLink, Post, name_of
from dropout.queries import people as duties
from dropout.queries import places as queries
from povertyedu.accounts.access import actor, needs, working_term
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.calendar import today
from povertyedu.ui.listing import PRINTED_AT_MOST
from povertyedu.workflow.attempt import attempt
from students.queries import area_names
from students.queries.pages import key_page

from .chain import crumbs


@needs(P.VIEW_CHAINS)
@require_GET
def posts(request):
    """List the places of a link by whether somebody answers there; without vacancies those with a holder first."""
    user, term = request.user, working_term(request)
    links = list(ChainLink.objects.visible_to(user, P.VIEW_CHAINS).active())
    link = next(
        (each for each in links if str(each.pk) == request.GET.get("link")), links[0] if links else None
    )
    form = PlacesFilter(request.GET, user=user, permission=P.VIEW_CHAINS)
    context = {
        "crumbs": crumbs(),
        "term": term,
        "form": form,
        "link": link,
        "links": links,
        "may_manage": user.can(P.MANAGE_CHAINS),
        "has_person": user.person_id is not None,
    }
    if link:
        context |= _places(request, link, links, form, term)
    return render(request, "dropout/posts.html", context)


def _places(request, link, links, form, term) -> dict:
    wanted = form.wanted
    rows = queries.places_of(link, term, user=request.user)
    rows = queries.narrowed(rows, link, township=wanted.get("township"), text=wanted.get("q", ""))
    counts = queries.counts_of(rows, link)
    asked = request.GET.get("tab")
    tab = asked if asked in queries.TABS else "vacant" if counts["vacant"] else "held"
    rows = queries.in_tab(rows, link, tab)
    printing = "print" in request.GET
    if printing:
        places, page = list(rows.order_by("pk")[: queries.PRINTED_AT_MOST]), None
    else:
        page = key_page(rows, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
        places = page.rows
    return {
        "tab": tab,
        "tab_word": queries.TABS[tab],
        "counts": counts,
        "rows": queries.rows_of(places, link),
        "page": page,
        "printing": printing,
        "today": today(),
        "applied": form.in_force(),
        "keep": {"link": link.pk, "tab": tab},
        "levels": [
            {"text": each, "url": f"?{_query(request, link=each.pk, tab='')}", "active": each == link} for each in links
        ],
        "tabs": [
            {"text": text, "count": counts[name], "bad": name != "held" and counts[name] > 0, "active": name == tab,
             "url": f"?{_query(request, link=link.pk, tab=name)}"}
            for name, text in queries.TABS.items()
        ],
        "previous_url": page and page.previous and f"?{_query(request, before=page.previous)}",
        "next_url": page and page.following and f"?{_query(request, after=page.following)}",
        "print_url": f"?{_query(request, link=link.pk, tab=tab)}&print=1",
        "bare_url": f"{reverse('dropout:posts')}?link={link.pk}",
    }  # fmt: skip


def _query(request, **changes) -> str:
    names = ("link", "tab", "township", "q", "term")
    kept = {name: value for name in names if (value := request.GET.get(name))} | changes
    return urlencode({name: value for name, value in kept.items() if value})


@needs(P.MANAGE_CHAINS)
@require_http_methods(["GET", "HEAD", "POST"])
def appoint(request):
    """Put somebody in office at ``?place=`` of ``?link=``, in place of whoever is there."""
    links = ChainLink.objects.visible_to(request.user, P.MANAGE_CHAINS).active()
    link = next((each for each in links if str(each.pk) == request.GET.get("link")), None)
    place = link and queries.place_at(link, request.GET.get("place", ""), user=request.user)
    if place is None:
        messages.info(request, "请先在名单里选择负责的地方，再指定责任人。")
        return redirect("dropout:posts")
    form = AppointForm(request.POST or None)
    back = f"{reverse('dropout:posts')}?link={link.pk}"
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        whom = actions.Whom(data["name"], data["phone"], data["title"])
        by = actor(request, P.MANAGE_CHAINS)
        made = attempt(
            form,
            actions.appoint,
            clash="刚有人在这里指定了责任人，请刷新后再看。",
            by=by,
            link=link,
            place=place,
            whom=whom,
            since=data["since"],
            until=data["until"],
        )
        if made:
            messages.success(
                request, f"“{link.label}”{name_of(place)}：{made.person.name}，{made.since} 起。"
            )
            return redirect(back)
    now = (
        Post.objects.visible_to(request.user, P.MANAGE_CHAINS)
        .at(link, place)
        .on(today())
        .select_related("person")
    )
    context = {
        "crumbs": crumbs((link.label, back), ("指定责任人", None)),
        "title": f"指定责任人：{name_of(place)}",
        "note": link.label,
        "now": now.first(),
        "form": form,
        "back_url": back,
    }
    return render(request, "dropout/form.html", context, status=422 if form.errors else 200)


@needs(P.MANAGE_CHAINS)
@require_http_methods(["GET", "HEAD", "POST"])
def post_end(request, pk):
    """End a post on a day, with the reason."""
    seen = Post.objects.visible_to(request.user, P.MANAGE_CHAINS).with_place()
    post = get_object_or_404(seen, pk=pk)
    form = EndForm(request.POST or None)
    back = f"{reverse('dropout:posts')}?link={post.link_id}"
    if form.is_bound and form.is_valid():
        by = actor(request, P.MANAGE_CHAINS)
        if attempt(form, actions.end, by=by, post=post, **form.cleaned_data):
            messages.success(request, f"{post.person.name}的任期已办结；请尽快指定接任的人。")
            return redirect(back)
    context = {
        "crumbs": crumbs((post.link.label, back), ("结束任期", None)),
        "title": f"结束任期：{post.person.name}",
        "note": f"{post}，{post.since} 起",
        "form": form,
        "button": "结束任期",
        "back_url": back,
    }
    return render(request, "dropout/form.html", context, status=422 if form.errors else 200)


@needs(P.VIEW_CHAINS)
@require_GET
def mine(request):
    """Lead to the user's own duties."""
    if request.user.person_id:
        return redirect("dropout:person", request.user.person_id)
    messages.info(request, "您的账号没有对应的人员，看不出负责谁；请系统管理员在“账号”里补上。")
    return redirect("dropout:posts")


@needs(P.VIEW_CHAINS)
@require_GET
def person(request, pk):
    """Whom a person answers for: the duties, and the children of the chosen one."""
    user, term = request.user, working_term(request)
    found = get_object_or_404(duties.people_seen_by(user).select_related("school", "area__parent"), pk=pk)
    held = duties.duties_of(found, user=user)
    asked = request.GET.get("duty")
    duty = next((each for each in held if each.key == asked), held[0] if held else None)
    page, children, printing = None, [], "print" in request.GET
    if duty and term:
        rows = duties.children_of(duty, term, user=user)
        rows = rows.select_related("student", "school", "school_class")
        if printing:
            children = list(rows.order_by("school_area", "school", "school_class", "pk")[:PRINTED_AT_MOST])
        else:
            page = key_page(rows, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
            children = page.rows
    address = f"?{urlencode({'duty': duty.key})}" if duty else ""
    context = {
        "crumbs": crumbs((found.name, None)),
        "person": found,
        "term": term,
        "duties": [(each, f"?{urlencode({'duty': each.key})}") for each in held],
        "duty": duty,
        "page": page,
        "children": _children(children),
        "printed": children,
        "printing": printing,
        "print_url": f"{address}&print=1",
        "previous_url": page and page.previous and f"{address}&before={page.previous}",
        "next_url": page and page.following and f"{address}&after={page.following}",
    }
    return render(request, "dropout/person.html", context)


def _children(rows: list) -> list[tuple]:
    """Return the children, each with its household's place."""
    names = area_names(row.home_area for row in rows)
    return [(row, names.get(row.home_area, "")) for row in rows]
