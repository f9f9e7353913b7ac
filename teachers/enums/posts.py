"""How posts are called."""

from povertyedu.orgs.enums import Stage

from .registry import Subject


def post_label(stage: str, subject: str) -> str:
    """Return how readers call a post: 小学英语; 学前教育 has its stage in its name."""
    of_stage, taught = Stage(stage).label, Subject(subject).label
    return taught if taught.startswith(of_stage) else f"{of_stage}{taught}"
