"""What a closed term still lets through: nothing, unless a correction was granted."""

from povertyedu.orgs.models import Term
from povertyedu.workflow.flow import StepRefused


def refuse_closed(term: Term) -> None:
    """Raise StepRefused when the facts of ``term`` are locked."""
    if Term.objects.filter(pk=term.pk, is_closed=True).exists():
        raise StepRefused(f"{term}已关闭，学籍不能再变动；请在开放的学期办理，或联系县教育局数据管理员。")
