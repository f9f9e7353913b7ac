"""Training and recruitment as the shared indicators measure them: who of the teachers was trained, which planned posts are filled."""

from django.db.models import Count, Exists, OuterRef, Q

from povertyedu.indicators.definitions import Member, Named, Period
from povertyedu.options.registry import option
from teachers.enums.recruitment import CandidateState, PlanState
from teachers.enums.training import TraineeState
from teachers.models import Appointment, PostLine, Trainee

from .training import since


def of_trained(period: Period) -> list[Member]:
    """Of the teachers who hold a post on the day, who completed a training within the county's years."""
    day = min(period.on, period.ends_on)
    done = Trainee.objects.filter(
        teacher=OuterRef("teacher"), state=TraineeState.COMPLETED, completed_on__range=(since(option("training_years"), day), day)
    )  # fmt: skip
    posts = Appointment.objects.serving(day).annotate(trained=Exists(done))
    return [
        Member(
            str(post.teacher_id), post.trained, post.school_id, post.school.area.full_code,
            post.teacher.home_area.full_code if post.teacher.home_area else "",
        )
        for post in posts.select_related("teacher__home_area", "school__area").order_by("teacher")
    ]  # fmt: skip


def of_posts(period: Period) -> list[Member]:
    """Of the posts of approved plans of the calendar year the school year begins in, which have their teacher.

    A post is named by its line and its number in it, so that each stays the same when another is filled.
    """
    day = min(period.on, period.ends_on)
    come = Count(
        "candidates", filter=Q(candidates__state=CandidateState.POSTED, candidates__posted_on__lte=day)
    )
    lines = PostLine.objects.filter(
        target__plan__year=period.year, target__plan__state__in=[PlanState.APPROVED, PlanState.CLOSED]
    ).annotate(come=come)
    return [
        Member(f"{line.pk}.{number}", number <= line.come, line.school_id, line.school.area.full_code, "")
        for line in lines.select_related("school__area").order_by("pk")
        for number in range(1, line.posts + 1)
    ]


def names_of_posts(subjects: list[str]) -> dict[str, Named]:
    """Return which post each subject is; two queries for any page."""
    keys = {subject: subject.partition(".")[0] for subject in subjects}
    wanted = [int(key) for key in keys.values() if key.isdigit()]
    lines = {
        str(line.pk): line
        for line in PostLine.objects.filter(pk__in=wanted).select_related("school", "target__plan")
    }
    named = {}
    for subject, key in keys.items():
        if line := lines.get(key):
            label = f"{line.post_label} 第 {subject.partition('.')[2]} 个（{line.target}）"
            named[subject] = Named(label, line.school.name, line.target.plan.get_absolute_url())
        else:
            named[subject] = Named("（岗位已删去）", "")
    return named


def no_traces(subjects: list[str], since) -> dict[str, list]:
    """Of a post no log of its own is kept."""
    return {subject: [] for subject in subjects}
