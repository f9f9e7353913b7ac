from enum import StrEnum

from django.db import models


class Climb(models.TextChoices):
    """Why a duty stands at a link, or did not stop at it."""

    LATE = "late", "到期未办，上报"
    VACANT = "vacant", "下级空岗，上移"
    SKIPPED = "skipped", "空岗，跳过"


class Proof(StrEnum):
    """What shows that a duty was done; without it the duty waits for the step of the case that it leads to."""

    VISIT = "visit"  # of somebody who was met
    LESSON = "lesson"


class Then(StrEnum):
    """What follows a duty that a report has done, while the case stays in its step."""

    AGAIN = "again"  # the same once more, from the bottom of the line
    UP = "up"  # the step itself is left: to the next link, who may take it
    NOTHING = "nothing"  # it was asked once
