"""Publish a draft as people do it on the page: knowing what it will change, for every term it will be in force."""

from django.db import transaction

from povertyedu.orgs.models import Term
from povertyedu.workflow.flow import Actor, StepRefused
from subsidies.models import Policy

from .policies import publish_policy
from .what_if import current_what_if, terms_of, tried_on


@transaction.atomic
def release(*, by: Actor, policy: Policy, what_if: int | None) -> list[Term]:
    """Publish ``policy`` as its run ``what_if`` foretold; return the terms that are to be recalculated.

    Raise StepRefused when that run is not what would happen now, PackError, OpenParameters.
    """
    policy = Policy.objects.select_for_update().get(pk=policy.pk)
    if tried_on(policy):
        run = current_what_if(policy)
        if run is None:
            raise StepRefused("发布前须先试算：还没有试算过，或试算后草稿、学期、已发布的政策有变化。")
        if run.pk != what_if:
            raise StepRefused("刚才又试算过一次，请看过新的结果再发布。")
    publish_policy(policy=policy, by=by)
    return terms_of(policy)
