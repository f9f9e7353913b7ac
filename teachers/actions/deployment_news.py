"""Who is told of a deployment: the bureau, a school, a person."""

from povertyedu.accounts.models import User
from povertyedu.accounts.permissions import Permission as P
from povertyedu.inbox.models import tell
from povertyedu.orgs.models import School
from teachers.models import Deployment


def told(deployment: Deployment) -> str:
    return (
        f"{deployment.teacher.name} {deployment.get_kind_display()} "
        f"{deployment.sending.name}→{deployment.destination} {deployment.period}"
    )[:150]


def tell_bureau(deployment: Deployment, words: str, *, tone: str = "warn", but: int | None = None) -> None:
    for user in User.objects.who_may_at(P.APPROVE_DEPLOYMENT, school=deployment.sending):
        if user.pk not in (but, deployment.drafted_by_id):
            tell(user, words[:300], url=deployment.get_absolute_url(), tone=tone)


def tell_school(school: School, deployment: Deployment, words: str, *, tone: str = "warn") -> None:
    for user in User.objects.who_may_at(P.ACCEPT_DEPLOYMENT, school=school):
        tell(user, words[:300], url=deployment.get_absolute_url(), tone=tone)


def tell_person(pk: int | None, deployment: Deployment, words: str, tone: str) -> None:
    tell(User.objects.filter(pk=pk).first(), words[:300], url=deployment.get_absolute_url(), tone=tone)
