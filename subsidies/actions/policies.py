"""Load a policy pack: its text is kept as it was, its programmes become rows that money is counted under."""

import hashlib
from functools import lru_cache
from pathlib import Path

from django.db import transaction

from povertyedu.audit.models import record
from povertyedu.workflow.flow import Actor
from subsidies import engine
from subsidies.models import Policy, Programme

BUILT_IN = Path(__file__).resolve().parent.parent / "policies"


def built_in_packs() -> list[str]:
    """Return the names of the packs that come with the system."""
    return sorted(path.stem for path in BUILT_IN.glob("*.toml"))


def pack_text(name_or_path: str) -> str:
    """Return the text of a built-in pack by name, or of a file; raise FileNotFoundError."""
    path = BUILT_IN / f"{name_or_path}.toml" if name_or_path in built_in_packs() else Path(name_or_path)
    return path.read_text(encoding="utf-8-sig")


@transaction.atomic
def load_policy(*, text: str, by: Actor) -> Policy:
    """Make ``text`` the current policy and return it; the same text again changes nothing.

    Raise PackError, with every problem by line, when the pack is wrong or its worked examples do not
    come out.
    """
    pack = engine.load_pack(text)
    digest = hashlib.sha256(text.encode()).hexdigest()
    list(Policy.objects.select_for_update().values_list("pk"))
    current = Policy.objects.filter(is_current=True).first()
    if current and current.digest == digest:
        return current
    Policy.objects.filter(is_current=True).update(is_current=False)
    last = (
        Policy.objects.filter(name=pack.name).order_by("-version").values_list("version", flat=True).first()
        or 0
    )
    policy = Policy.objects.create(
        name=pack.name, title=pack.title, version=last + 1, text=text, digest=digest, loaded_by=by.name
    )
    for programme in pack.programmes:
        Programme.objects.update_or_create(
            code=programme.code,
            defaults={"name": programme.label, "kind": str(programme.kind), "position": programme.order},
        )
    record(by, action="policy.load", subject=policy, changes={"version": [last or None, policy.version]})
    return policy


class NoPolicy(Exception):
    """No policy has been loaded yet."""

    def __str__(self):
        return "还没有载入资助政策，请先在“资助标准”页载入，或运行 load_policy。"


def current_policy() -> Policy:
    """Return the policy in force; raise NoPolicy."""
    policy = Policy.objects.filter(is_current=True).first()
    if policy is None:
        raise NoPolicy
    return policy


@lru_cache(maxsize=4)
def _pack(digest: str, text: str) -> engine.Policy:
    return engine.load_pack(text)


def pack_of(policy: Policy) -> engine.Policy:
    """Return the rules of a stored policy, parsed once per process."""
    return _pack(policy.digest, policy.text)
