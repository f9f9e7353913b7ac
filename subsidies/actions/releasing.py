"""Publish a draft as people do it on the page: knowing what it will change, for every term it will be in force."""

from collections.abc import Collection

from django.db import transaction

from povertyedu.orgs.models import Term
from povertyedu.workflow.flow import Actor, StepRefused
from subsidies.models import Policy

from .policies import giving_way, publish_policy
from .what_if import current_what_if, terms_of, tried_on


class Overtakes(StepRefused):
    """Policies that begin later would never apply any more, and nobody has said that they should not."""

    def __init__(self, policies: Collection[Policy]):
        names = "、".join(f"“{policy}”（{policy.begins}）" for policy in policies)
        super().__init__(f"发布后，{names}在全部学期都不再适用。确定这样的，请逐项勾选再发布。")


@transaction.atomic
def release(
    *, by: Actor, policy: Policy, what_if: int | None, overtaking: Collection[int] = ()
) -> list[Term]:
    """Publish ``policy`` as its run ``what_if`` foretold; return the terms that are to be recalculated.

    ``overtaking``: the published policies that are to give way to it although they begin later. Raise StepRefused when that
    run is not what would happen now, Overtakes when others would give way too, PackError, OpenParameters.
    """
    list(
        Policy.objects.select_for_update().values_list("pk")
    )  # of two published at once the second sees the first
    policy = Policy.objects.get(pk=policy.pk)
    if tried_on(policy):
        run = current_what_if(policy)
        if run is None:
            raise StepRefused("发布前须先试算：还没有试算过，或试算后草稿、学期、已发布的政策有变化。")
        if run.pk != what_if:
            raise StepRefused("刚才又试算过一次，请看过新的结果再发布。")
    if left := [each for each in giving_way(policy.since).overtaken if each.pk not in overtaking]:
        raise Overtakes(left)
    publish_policy(policy=policy, by=by)
    return terms_of(policy)
