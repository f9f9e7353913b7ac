"""Goals of how many teachers a stage is to have, against who serves on a day."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from teachers.models import Appointment, StaffGoal


@dataclass(frozen=True)
class GoalLine:
    goal: StaffGoal
    present: int

    @property
    def short(self) -> int:
        return max(0, self.goal.teachers - self.present)


def goals_on(goals: QuerySet[StaffGoal], on: dt.date) -> list[GoalLine]:
    """Return each goal with the teachers of its stage who hold a post on ``on``; two queries."""
    rows = Appointment.objects.in_force(on).order_by().values("teacher__stage")
    present = {
        row["teacher__stage"]: row["count"] for row in rows.annotate(count=Count("teacher", distinct=True))
    }
    return [GoalLine(goal, present.get(goal.stage, 0)) for goal in goals.order_by("year", "stage")]
