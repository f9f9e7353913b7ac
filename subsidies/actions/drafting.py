"""Write a draft of a policy: save what was typed, fill in what the document leaves open, give it up.

Two people may have the same draft open: each save names the revision it began from, and a stale one is
refused with what is stored now, so that nobody's words are lost unseen.
"""

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from povertyedu.audit.models import record
from povertyedu.workflow.flow import Actor, StepRefused, advance
from subsidies.models import Policy
from subsidies.states import POLICY_FLOW

from .policies import check, digest_of, included_by, title_of


class Outdated(StepRefused):
    """Somebody else has saved the draft in the meantime; ``stored`` is what stands there now."""

    def __init__(self, stored: Policy):
        self.stored = stored
        super().__init__(
            f"{stored.changed_by}在{timezone.localtime(stored.changed_at):%H:%M}保存过这份草稿，您的修改没有保存。"
        )


@transaction.atomic
def save_draft(
    *, by: Actor, policy: Policy, revision: int, text: str | None = None, applies_from: str | None = None,
    figures: Mapping | None = None,
) -> Policy:  # fmt: skip
    """Save what is given of a draft that is still at ``revision``; raise Outdated, or StepRefused when it is none any more.

    A text that is no sound pack is saved as well: its problems are shown, and keep it from being published.
    """
    stored = Policy.objects.select_for_update().get(pk=policy.pk)
    if not stored.is_draft:
        raise StepRefused("这份政策已不是草稿，不能修改；请在“资助标准”另起一份草稿。")
    if stored.revision != revision:
        raise Outdated(stored)
    before = stored.digest, stored.applies_from
    if text is not None:
        stored.text, stored.included = text, included_by(text)
        stored.name, stored.title = title_of(text, stored)
    if applies_from is not None:
        stored.applies_from = applies_from
    if figures is not None:
        stored.figures = dict(figures)
    stored.digest = digest_of(stored.text, stored.included, stored.figures)
    if (stored.digest, stored.applies_from) == before:
        return stored
    stored.revision += 1
    stored.changed_at, stored.changed_by = timezone.now(), by.name
    stored.save()
    record(by, action="policy.save", subject=stored, changes={"revision": [revision, stored.revision]})
    return stored


@transaction.atomic
def drop_draft(*, by: Actor, policy: Policy) -> Policy:
    """Give a draft up; it stays readable."""
    advance(policy, POLICY_FLOW, "drop", by=by)
    return policy


def problems_of(text: str) -> tuple:
    """Return what is wrong with a pack's text, by line; empty when it is sound and its examples come out."""
    return check(text).errors
