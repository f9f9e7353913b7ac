"""试算和发布: what a draft would change, down to each child; and its publication, with those figures before one's eyes."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.jobs.models import Job
from povertyedu.jobs.tasks import start
from povertyedu.orgs.models import School, Term
from povertyedu.workflow.flow import StepRefused
from students.actions.recalculating import KIND, lock_of
from students.models import Enrolment
from subsidies import engine
from subsidies.actions import averages, drafting
from subsidies.actions.figures import unsettled
from subsidies.actions.policies import giving_way, pack_of
from subsidies.actions.ratios import unearmarked
from subsidies.actions.releasing import Overtakes, release
from subsidies.actions.what_if import children_of, current_what_if, terms_of, tried_on, why_stale
from subsidies.enums import Kind, RunCause
from subsidies.models import Policy, WhatIfCell, WhatIfTerm
from subsidies.queries import FactUnread
from subsidies.queries.policies import known_programmes, township_names, tried_terms
from subsidies.views.drafts import crumbs_of, draft_of, get_or_post
from subsidies.views.versions import what_changed

PER_PAGE = 50
_RECALCULATES = "发布后这一版不能再改，各学期按下表重算应享；以前学期增加的金额成为待补发，减少而已发的成为多发，是否追回另行决定。"
_APPLIES_LATER = (
    "发布后这一版不能再改。它适用的学期还没有建立，现有学期都不重算；下表按最近一个学期的学生试算，只供参考。"
)


def job_lock(policy: Policy) -> str:
    return f"what_if:{policy.pk}"


@needs(P.LOAD_POLICY)
@get_or_post
def what_if(request, pk: int):
    """What the last run found out, term by term; POST starts another."""
    policy = _policy(request, pk)
    if request.method == "POST":
        _start(request, draft_of(request, pk))
        return redirect("subsidies:what_if", pk)
    run = policy.what_ifs.first()
    context = {
        "crumbs": crumbs_of(policy, "试算"),
        "policy": policy,
        "run": run,
        "stale": why_stale(run, policy) if run and policy.is_draft else "",
        "job": Job.objects.live().filter(lock=job_lock(policy)).order_by("-pk").first(),
        "open": _open(policy),
    }
    if run:
        terms = list(run.terms.select_related("term", "policy"))
        asked = request.GET.get("term", "")
        chosen = next((term for term in terms if term.term_id == asked), terms[0] if terms else None)
        context |= {"terms": terms, "chosen": chosen}
        if chosen:
            context |= _of_term(request, policy, chosen)
    return render(request, "subsidies/policy/what_if.html", context)


def _policy(request, pk: int) -> Policy:
    """Return a draft, or a published policy whose last run is still to be read."""
    seen = Policy.objects.visible_to(request.user, P.LOAD_POLICY).exclude(state="dropped")
    return get_object_or_404(seen.select_related("based_on"), pk=pk)


def _open(policy: Policy) -> list[str]:
    """Return the figures nobody has filled in, by name; nothing while the text is no pack."""
    try:
        return [parameter.label for parameter in unsettled(pack_of(policy), policy.figures)]
    except engine.PackError:
        return []


def _start(request, policy: Policy) -> None:
    lock = job_lock(policy)
    try:
        pack_of(policy)
    except engine.PackError:
        messages.error(request, "规则文本还有错误，请先改正再试算。")
        return
    if Job.objects.live().filter(lock=lock).exists():
        messages.info(request, "正在试算，请等它完成。")
        return
    start(
        "subsidies.what_if", label=f"试算 {policy.title}"[:120], by=request.user, lock=lock,
        url=reverse("subsidies:what_if", args=[policy.pk]), arguments={"policy": policy.pk},
    )  # fmt: skip
    messages.success(request, "已开始试算，完成后会有消息。")


def _of_term(request, policy: Policy, chosen: WhatIfTerm) -> dict:
    """Return the figures of one term by programme and township, and those whose money changes most."""
    cells = WhatIfCell.objects.visible_to(request.user, P.LOAD_POLICY).filter(
        what_if=chosen.what_if_id, term=chosen.term_id
    )
    names = township_names()
    towns = cells.of_children().summed("area").order_by("area")
    programmes = cells.of_programmes().summed("programme", "kind")
    called = programme_names(policy)
    by_programme = [
        row | {"name": called.get(row["programme"], row["programme"]), "kind_name": Kind(row["kind"]).label,
               "url": _url("what_if_schools", policy, term=chosen.term_id, programme=row["programme"])}
        for row in sorted(programmes, key=lambda row: list(called).index(row["programme"]) if row["programme"] in called else 999)
    ]  # fmt: skip
    by_town = [
        row | {"name": names.get(row["area"], "（未填）"),
               "url": _url("what_if_schools", policy, term=chosen.term_id, area=row["area"])}
        for row in towns
    ]  # fmt: skip
    return {"by_programme": by_programme, "by_town": by_town, "most": _named(request, chosen)}


def _named(request, chosen: WhatIfTerm) -> list[dict]:
    """Return the children that change most with their names, as far as the reader may see them."""
    seen = Enrolment.objects.visible_to(request.user, P.VIEW_SUBSIDIES).filter(
        term=chosen.term_id, student__in=[entry[0] for entry in chosen.most]
    )
    found = {e.student_id: e for e in seen.select_related("student", "school")}
    return [
        {"enrolment": found[student], "before": before, "after": after, "difference": after - before, "back": back, "over": over}
        for student, before, after, back, over in chosen.most
        if student in found
    ]  # fmt: skip


def programme_names(policy: Policy) -> dict[str, str]:
    """Return {code: name} of the programmes there are and of those of the draft."""
    try:
        return known_programmes() | {
            programme.code: programme.label for programme in pack_of(policy).programmes
        }
    except engine.PackError:
        return known_programmes()


def _url(name: str, policy: Policy, **wanted) -> str:
    kept = {key: value for key, value in wanted.items() if value not in (None, "")}
    return f"{reverse(f'subsidies:{name}', args=[policy.pk])}?{urlencode(kept)}"


def _asked(request, policy: Policy) -> WhatIfTerm:
    """Return the term of the last run that the address names, the newest where it names none."""
    terms = tried_terms(policy)
    found = terms.filter(term=request.GET["term"]).first() if "term" in request.GET else terms.first()
    if found is None:
        raise Http404
    return found


@needs(P.LOAD_POLICY)
@require_GET
def what_if_schools(request, pk: int):
    """A township or a programme of a term, school by school."""
    policy = _policy(request, pk)
    chosen = _asked(request, policy)
    area, programme = request.GET.get("area", "")[:9], request.GET.get("programme", "")[:60]
    cells = WhatIfCell.objects.visible_to(request.user, P.LOAD_POLICY).filter(
        what_if=chosen.what_if_id,
        term=chosen.term_id,
        programme=programme,
        **({"area": area} if area else {}),
    )
    rows = cells.summed("school", "school__name", "area").order_by("area", "school__code")
    for row in rows:
        row["name"] = row["school__name"] or "县外就读"
        row["url"] = _url(
            "what_if_children", policy, term=chosen.term_id, school=row["school"], area=row["area"], programme=programme
        )  # fmt: skip
    title = programme_names(policy).get(programme) or township_names().get(area) or "各校"
    context = {
        "crumbs": [
            *crumbs_of(policy, "试算")[:-1],
            ("试算", _url("what_if", policy, term=chosen.term_id)),
            (title, None),
        ],
        "policy": policy,
        "chosen": chosen,
        "rows": rows,
        "title": title,
    }
    return render(request, "subsidies/policy/what_if_schools.html", context)


@needs(P.LOAD_POLICY)
@require_GET
def what_if_children(request, pk: int):
    """The children of a cell by name, found out anew on the facts as they are now."""
    policy = _policy(request, pk)
    chosen = _asked(request, policy)
    wanted = {name: request.GET.get(name, "")[:60] for name in ("school", "area", "programme", "after")}
    school = None
    if wanted["school"]:
        schools = School.objects.visible_to(request.user, P.VIEW_SUBSIDIES)
        school = get_object_or_404(schools, pk=_number(wanted["school"]))
    try:
        found = children_of(
            policy, chosen.term, school=school.pk if school else None, area=wanted["area"], programme=wanted["programme"],
            after=_number(wanted["after"]), limit=PER_PAGE + 1,
        )  # fmt: skip
    except (engine.PackError, FactUnread):
        messages.error(request, "规则文本还有错误，请先改正再试算。")
        return redirect("subsidies:draft", pk)
    next_url = ""
    if len(found) > PER_PAGE:
        kept = wanted | {"term": chosen.term_id, "after": found[PER_PAGE - 1].student}
        next_url = _url("what_if_children", policy, **kept)
    title = school.name if school else f"{township_names().get(wanted['area'], '')}县外就读"
    context = {
        "crumbs": [
            *crumbs_of(policy, "试算")[:-1],
            ("试算", _url("what_if", policy, term=chosen.term_id)),
            (title, None),
        ],
        "policy": policy,
        "chosen": chosen,
        "title": title,
        "rows": _children(request, chosen.term, found[:PER_PAGE], policy),
        "next_url": next_url,
        "back_url": _url(
            "what_if_schools", policy, term=chosen.term_id, area=wanted["area"], programme=wanted["programme"]
        ),
    }
    return render(request, "subsidies/policy/what_if_children.html", context)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _children(request, term: Term, changes, policy: Policy) -> list[dict]:
    seen = Enrolment.objects.visible_to(request.user, P.VIEW_SUBSIDIES).filter(
        term=term, student__in=[change.student for change in changes]
    )
    found = {e.student_id: e for e in seen.select_related("student", "school_class")}
    names = programme_names(policy)
    return [
        {
            "enrolment": found[change.student],
            "change": change,
            "programmes": [
                {"name": names.get(code, code), "money": money, "kind": Kind(money.kind).label}
                for code, money in change.programmes.items()
            ],
        }
        for change in changes
        if change.student in found
    ]


@needs(P.LOAD_POLICY)
@get_or_post
def draft_publish(request, pk: int):
    """发布: says once more what will change, then fixes the policy and starts the recalculations."""
    policy = draft_of(request, pk)
    if request.method == "POST":
        return _publish(request, policy)
    if drafting.problems_of(policy.text):
        messages.error(request, "规则文本还有错误，请先改正。")
        return redirect("subsidies:draft", pk)
    if left := _open(policy):
        messages.error(request, f"还有{len(left)}项金额没有填：{'、'.join(left)}。填好再发布。")
        return redirect("subsidies:draft_figures", pk)
    run = current_what_if(policy)
    if run is None and tried_on(policy):
        messages.error(request, "发布前须先试算：还没有试算过，或试算后有变化。")
        return redirect("subsidies:what_if", pk)
    terms = list(run.terms.select_related("term", "policy")) if run else []
    context = {
        "crumbs": crumbs_of(policy, "发布"),
        "policy": policy,
        "run": run,
        "terms": terms,
        "undecided": [row for row in averages.told(pack_of(policy)) if not row["text"]],
        "unearmarked": unearmarked(pack_of(policy), [term.pk for term in terms_of(policy)]),
        "giving_way": giving_way(policy.since),
        "text": _RECALCULATES if terms_of(policy) else _APPLIES_LATER,
        "button": "发布并重算" if terms_of(policy) else "发布",
    } | what_changed(policy)
    return render(request, "subsidies/policy/draft_publish.html", context)


def _publish(request, policy: Policy):
    try:
        terms = release(
            by=actor(request, P.LOAD_POLICY), policy=policy, what_if=_number(request.POST.get("what_if", "")),
            overtaking=[_number(key) for key in request.POST.getlist("overtaking")],
        )  # fmt: skip
    except engine.PackError:
        messages.error(request, "规则文本还有错误，请先改正。")
        return redirect("subsidies:draft", policy.pk)
    except StepRefused as refusal:
        messages.error(request, str(refusal))
        page = "draft_publish" if isinstance(refusal, Overtakes) else "what_if"
        return redirect(f"subsidies:{page}", policy.pk)
    policy.refresh_from_db()
    if terms:
        _recalculate(request, policy, terms)
    started = f"，{len(terms)} 个学期已开始重算" if terms else ""
    messages.success(request, f"已发布“{policy}”{started}。")
    return redirect("subsidies:policy_versions")


def _recalculate(request, policy: Policy, terms: list[Term]) -> None:
    """Start one job for all ``terms``, the oldest first: side by side a later one would not know what an earlier gives."""
    first, *then = [term.pk for term in terms]
    start(
        KIND, label=f"政策发布：{policy.title[:35]} 第{policy.version}版", by=request.user,
        url=f"{reverse('subsidies:calculation')}?term={terms[-1].pk}", lock=lock_of(terms[0]),
        arguments={"term": first, "then": then, "only_changed": False, "cause": RunCause.POLICY},
    )  # fmt: skip
