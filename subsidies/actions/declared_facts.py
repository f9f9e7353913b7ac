"""Facts that a pack declares become the county's own when it is published."""

from povertyedu.imports.aliases import headed_columns
from povertyedu.workbooks.headers import Vocabulary, normal_heading
from povertyedu.workflow.flow import Actor, StepRefused
from students.actions.county_facts import save_fact, set_in_use
from students.models import CountyFact
from students.resources import RosterResource
from subsidies import engine

LONGEST = CountyFact._meta.get_field("label").max_length


def create_declared(facts: tuple[engine.Fact, ...], *, by: Actor) -> None:
    """Make each fact one of the county's, unless it is one already; one that was retired comes back.

    Raise StepRefused where a fact of that name is of another kind, or its label leads to another column.
    """
    for fact in facts:
        known = CountyFact.objects.filter(name=fact.name).first()
        if known is None:
            _refuse_label(fact)
            new = CountyFact(
                name=fact.name, label=fact.label, kind=str(fact.type), choices=dict(fact.choices)
            )
            save_fact(by=by, fact=new)
        elif known.kind != str(fact.type):
            raise StepRefused(
                f"政策要用的县定信息项“{fact.label}”（{fact.name}）已有同名的一项，类型是“{known.get_kind_display()}”；请改政策里的代码。"
            )
        else:
            known.choices = dict(fact.choices) | known.choices  # the county's own words stay
            save_fact(by=by, fact=known)
            set_in_use(by=by, fact=known, in_use=True)


def _refuse_label(fact: engine.Fact) -> None:
    """Raise StepRefused where the label cannot be a heading of the roster."""
    if not 0 < len(fact.label) <= LONGEST:
        raise StepRefused(f"政策声明的信息项“{fact.label[:40]}”（{fact.name}）名称应为 1 到 {LONGEST} 个字。")
    taken = Vocabulary(headed_columns(RosterResource())).name_of(normal_heading(fact.label))
    if taken or CountyFact.objects.filter(label=fact.label).exists():
        raise StepRefused(
            f"政策声明的信息项“{fact.label}”（{fact.name}）与花名册已有的列或信息项同名；请在政策里换一个名称。"
        )
