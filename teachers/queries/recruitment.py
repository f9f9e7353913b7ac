"""Reads of recruitment: plan against actual, what schools lack in order, posts against targets."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from povertyedu.orgs.enums import SchoolKind, Setting, Stage
from povertyedu.orgs.models import School
from teachers.enums.recruitment import HOLDING, CandidateState, HireListState, PlanState
from teachers.enums.registry import Origin, Remoteness, Subject
from teachers.models import Candidate, ChannelTarget, HireList, PostLine, RecruitmentPlan

REMOTE_FROM = Remoteness.SECOND
PLAN_TABS = {
    "open": ("进行中", Q(state__in=[PlanState.DRAFT, PlanState.SUBMITTED, PlanState.APPROVED])),
    "submitted": ("待审批", Q(state=PlanState.SUBMITTED)),
    "done": ("已结束、作废", Q(state__in=[PlanState.CLOSED, PlanState.CANCELLED])),
    "all": ("全部", Q()),
}
CANDIDATE_TABS = {
    "all": ("全部", Q()),
    "registered": ("已报名", Q(state=CandidateState.REGISTERED)),
    "checking": ("体检考察", Q(state__in=[CandidateState.CHECKING, CandidateState.CLEARED])),
    "listed": ("公示中", Q(state=CandidateState.LISTED)),
    "hired": ("待到岗", Q(state=CandidateState.HIRED)),
    "posted": ("已到岗", Q(state=CandidateState.POSTED)),
    "out": ("未录用、放弃", Q(state__in=[CandidateState.OUT, CandidateState.WITHDRAWN])),
}


@dataclass
class ChannelLine:
    """One channel of a plan: what was planned, what posts were placed, how far its people are."""

    target: ChannelTarget
    placed: int = 0
    placed_remote: int = 0
    applied: int = 0
    holding: int = 0
    posted: int = 0
    posted_remote: int = 0

    @property
    def short(self) -> int:
        """How many posts are not placed yet; negative when too many are."""
        return self.target.posts - self.placed

    @property
    def short_remote(self) -> int:
        return max(0, self.target.remote_posts - self.placed_remote)


def channels_of(targets: QuerySet[ChannelTarget], on: dt.date | None = None) -> list[ChannelLine]:
    """Return the channels with their posts and people, as of ``on`` for who is posted; three queries."""
    found = {
        target.pk: ChannelLine(target) for target in targets.select_related("plan").order_by("plan", "pk")
    }
    lines = PostLine.objects.filter(target__in=found).order_by().values("target", "is_remote")
    for row in lines.annotate(posts=Sum("posts")):
        found[row["target"]].placed += row["posts"]
        found[row["target"]].placed_remote += row["posts"] if row["is_remote"] else 0
    here = Q(state=CandidateState.POSTED) & (Q(posted_on__lte=on) if on else Q())
    people = Candidate.objects.filter(line__target__in=found).order_by()
    for row in people.values("line__target", "line__is_remote").annotate(
        applied=Count("pk"), holding=Count("pk", filter=Q(state__in=HOLDING)), posted=Count("pk", filter=here)
    ):
        line = found[row["line__target"]]
        line.applied += row["applied"]
        line.holding += row["holding"]
        line.posted += row["posted"]
        line.posted_remote += row["posted"] if row["line__is_remote"] else 0
    return list(found.values())


def disagreements(channels: Sequence[ChannelLine]) -> list[str]:
    """Return a sentence for each channel whose posts do not add up to its target, with both figures."""
    told = []
    for line in channels:
        if line.short:
            way = f"还差 {line.short}" if line.short > 0 else f"多出 {-line.short}"
            told.append(f"{line.target}计划 {line.target.posts} 人，岗位合计 {line.placed} 个，{way} 个。")
        if line.short_remote:
            told.append(
                f"{line.target}计划到边远学校 {line.target.remote_posts} 人，边远学校岗位合计 {line.placed_remote} 个，还差 {line.short_remote} 个。"
            )
    return told


@dataclass
class YearLine:
    """A year's recruitment of one channel over all its plans."""

    year: int
    channel: str
    posts: int = 0
    remote_posts: int = 0
    placed: int = 0
    holding: int = 0
    posted: int = 0

    @property
    def label(self) -> str:
        return Origin(self.channel).label


@dataclass
class YearTable:
    year: int
    lines: list[YearLine] = field(default_factory=list)

    @property
    def title(self) -> str:
        return f"{self.year}年"

    def total(self, name: str) -> int:
        return sum(getattr(line, name) for line in self.lines)

    @property
    def posts(self) -> int:
        return self.total("posts")

    @property
    def remote_posts(self) -> int:
        return self.total("remote_posts")

    @property
    def placed(self) -> int:
        return self.total("placed")

    @property
    def holding(self) -> int:
        return self.total("holding")

    @property
    def posted(self) -> int:
        return self.total("posted")


def by_year(plans: QuerySet[RecruitmentPlan], on: dt.date | None = None) -> list[YearTable]:
    """Return year by year what each channel was to bring and brought, cancelled plans left out; three queries."""
    targets = ChannelTarget.objects.filter(plan__in=plans.exclude(state=PlanState.CANCELLED).values("pk"))
    found: dict[tuple[int, str], YearLine] = {}
    for channel in channels_of(targets, on):
        key = (channel.target.plan.year, channel.target.channel)
        line = found.setdefault(key, YearLine(*key))
        line.posts += channel.target.posts
        line.remote_posts += channel.target.remote_posts
        for name in ("placed", "holding", "posted"):
            setattr(line, name, getattr(line, name) + getattr(channel, name))
    tables: dict[int, YearTable] = {}
    for key in sorted(found, key=lambda key: (-key[0], Origin.values.index(key[1]))):
        tables.setdefault(key[0], YearTable(key[0])).lines.append(found[key])
    return list(tables.values())


CHAIN = ("拟订", "审批", "报名考试", "公示", "聘用到岗", "结束")


def flow_of(plan: RecruitmentPlan, hire_lists: Sequence[HireList]) -> list[dict]:
    """Return how far a plan is, as ``components/flow_steps.html`` shows it: by its state, then by its newest list."""
    if plan.state == PlanState.CANCELLED:
        return [{"text": plan.get_state_display(), "state": "bad"}]
    states = {each.state for each in hire_lists}
    under_way = 3 if HireListState.PUBLIC in states else 4 if HireListState.APPROVED in states else 2
    at = {
        PlanState.DRAFT: 0,
        PlanState.SUBMITTED: 1,
        PlanState.APPROVED: under_way,
        PlanState.CLOSED: len(CHAIN),
    }[PlanState(plan.state)]
    return [
        {"text": text, "state": "done" if number < at else "doing" if number == at else "todo"}
        for number, text in enumerate(CHAIN)
    ]


def with_counts(plans: QuerySet[RecruitmentPlan]) -> QuerySet[RecruitmentPlan]:
    """Annotate plans with ``planned`` posts and how many are ``posted``."""
    planned = ChannelTarget.objects.order_by().values("plan").annotate(sum=Sum("posts"))
    rows = plans.annotate(
        posted=Count("candidates", filter=Q(candidates__state=CandidateState.POSTED), distinct=True)
    )
    return rows.annotate(planned=Coalesce(Subquery(planned.filter(plan=OuterRef("pk")).values("sum")), 0))


# --- what schools lack, in order ---


@dataclass(frozen=True)
class Wanted:
    """Teachers of one subject that one school lacks; a list of them is in order of urgency."""

    school: int
    stage: str
    subject: str
    short: int
    is_remote: bool
    reasons: str


@dataclass(frozen=True)
class Lack:
    """Teachers of a subject that a school lacks, before they are put in order."""

    school: School
    stage: str
    subject: str
    short: int
    has_none: bool  # nobody teaches the subject there

    @property
    def remoteness(self) -> int:
        place = getattr(self.school, "place", None)
        return place.remoteness if place else Remoteness.NEAR

    @property
    def is_remote(self) -> bool:
        return self.remoteness >= REMOTE_FROM

    @property
    def key(self) -> tuple:
        """What comes first: further away, poor village, teaching point, village school, nobody for the subject, more lacking."""
        school = self.school
        return (
            -self.remoteness, not school.area.is_poor_village, school.kind != SchoolKind.TEACHING_POINT, school.setting != Setting.RURAL,
            not self.has_none, -self.short, school.code, list(Stage).index(self.stage), Subject.values.index(self.subject),
        )  # fmt: skip

    @property
    def reasons(self) -> list[str]:
        """Why it stands where it stands in the order."""
        school = self.school
        told = [
            (Remoteness(self.remoteness).label, self.remoteness > Remoteness.NEAR),
            ("贫困村", school.area.is_poor_village),
            ("教学点", school.kind == SchoolKind.TEACHING_POINT),
            ("乡村学校", school.setting == Setting.RURAL),
            ("本学科没有教师", self.has_none),
        ]
        return [*(word for word, holds in told if holds), f"缺 {self.short} 人"]


def in_order(lacks: Sequence[Lack]) -> list[Wanted]:
    """Return what schools lack as wanted posts, remote and village schools first, each with its reasons."""
    return [
        Wanted(lack.school.pk, lack.stage, lack.subject, lack.short, lack.is_remote, "、".join(lack.reasons))
        for lack in sorted(lacks, key=lambda lack: lack.key)
        if lack.short > 0
    ]


def placed_elsewhere(plan: RecruitmentPlan) -> dict[tuple[int, str, str], int]:
    """Return (school, stage, subject) -> posts of other plans that run, whose people have not come yet; one query."""
    rows = PostLine.objects.filter(
        target__plan__state__in=[PlanState.DRAFT, PlanState.SUBMITTED, PlanState.APPROVED]
    ).exclude(target__plan=plan)
    come = Count("candidates", filter=Q(candidates__state=CandidateState.POSTED))
    found: dict[tuple[int, str, str], int] = defaultdict(int)
    for line in rows.annotate(come=come):
        found[line.school_id, line.stage, line.subject] += line.posts - line.come
    return found


# --- who applied ---


def narrowed(rows: QuerySet[Candidate], wanted: dict) -> QuerySet[Candidate]:
    """Narrow candidates by township, channel, subject and name."""
    if township := wanted.get("township"):
        rows = rows.filter(township.scope.area_q("line__school__area_id"))
    if channel := wanted.get("channel"):
        rows = rows.filter(line__target__channel=channel)
    if subject := wanted.get("subject"):
        rows = rows.filter(line__subject=subject)
    if text := wanted.get("q"):
        rows = rows.filter(name__contains=text)
    return rows


def tab_counts(rows: QuerySet[Candidate]) -> dict[str, int]:
    """Return how many candidates each tab has; one query."""
    return rows.order_by().aggregate(
        **{name: Count("pk", filter=condition) for name, (_, condition) in CANDIDATE_TABS.items()},
        clearable=Count("pk", filter=Q(state=CandidateState.CHECKING)),
        listable=Count("pk", filter=Q(state=CandidateState.CLEARED)),
    )


def together(counts: dict[str, int]) -> list[dict]:
    """Return the steps that may be taken for everybody who is at them."""
    steps = [
        ("select", "按名次列入体检考察", counts["registered"]),
        ("clear", "全部体检考察合格", counts["clearable"]),
        ("list", "公示拟聘用名单", counts["listable"]),
    ]
    return [{"verb": verb, "text": text} for verb, text, count in steps if count]
