"""What the family is told, in sentences for a letter: what the child gets, what waits, what they themselves can see to."""

from collections.abc import Iterable

from subsidies import engine
from subsidies.explanations import Explanation

# How the money of each kind comes to the family, after the amount of one benefit and after the sum of a kind.
_COMES = {
    engine.Kind.CASH: "发到学生或监护人的银行账户",
    engine.Kind.WAIVER: "由学校直接减免，不收这笔钱，也不发现金",
    engine.Kind.IN_KIND: "在学校用餐时享受，不发现金",
    engine.Kind.LOAN: "可以申请的贷款，需要偿还，不是补助",
}
_SUMS = {
    engine.Kind.CASH: "现金合计 {} 元。",
    engine.Kind.WAIVER: "减免合计 {} 元。",
    engine.Kind.IN_KIND: "供餐合计 {} 元。",
}


def family_sentences(explanation: Explanation) -> list[str]:
    """Say in plain Chinese what the child gets in the term, how it comes, by which words; whole sentences for a letter."""
    enrolment = explanation.enrolment
    name, term = enrolment.student.name, engine.Term.parse(enrolment.term_id).label
    school = enrolment.school or enrolment.outside_school or "所在学校"
    if not explanation.awarded:
        nothing = f"{name}{term}在{school}就读，按现行政策没有可享受的资助项目。"
        return [*_undecided(explanation)] or [nothing, _nearest(explanation)]
    said = [f"{name}{term}在{school}就读，按政策享受以下资助。"]
    for kind, findings, fen in explanation.by_kind():
        said += [_benefit(kind, finding) for finding in findings]
        if len(findings) > 1 and kind in _SUMS:
            said.append(_SUMS[kind].format(engine.yuan(fen)))
    return said + _undecided(explanation)


def _benefit(kind: engine.Kind, finding: engine.Finding) -> str:
    rule = finding.rule
    most = f"{engine.yuan(finding.amount_fen)} 元"
    if kind == engine.Kind.LOAN:
        most = f"最高 {engine.yuan(finding.loan_fen)} 元"
    return (
        f"{rule.label}：{most}（{finding.arithmetic}），{_COMES[kind]}。"
        f"依据{finding.citation.document}{finding.citation.clause}。"
    )


def _undecided(explanation: Explanation) -> list[str]:
    """Return what the benefits wait for of which the school has still to say something, and those that wait with them."""
    name = explanation.enrolment.student.name
    beside = [
        f"{name}的{finding.rule.label}待定：与“{finding.other.label}”不能兼得，后者确定以后才能计算。"
        for finding in explanation.findings
        if finding.verdict == engine.Verdict.WAITING_OTHER and finding.other
    ]
    waiting = [f for f in explanation.findings if f.verdict == engine.Verdict.WAITING_FACT]
    if not waiting:
        return beside
    benefits = dict.fromkeys(explanation.pack.programme(finding.rule.programme).label for finding in waiting)
    missing = dict.fromkeys(fact.label for finding in waiting for fact in finding.awaited)
    told = f"{name}的{'、'.join(benefits)}待定：学校还没有登记{'、'.join(missing)}，登记以后才能确定。"
    return [told, *beside]


def _nearest(explanation: Explanation) -> str:
    """Say what would let the child in that a family itself can see to or tell, of the rule that it comes nearest to.

    A rule that fails for anything else too (age, people, kind of school) is none to be told: it would be asked for in vain.
    """
    name = explanation.enrolment.student.name
    for item in explanation.missing():
        rule = item.finding.rule
        wants = in_reach(item.finding, item.checks) if rule.amounts else []
        if wants:
            gets = "申请" if rule.selection or rule.kind == engine.Kind.LOAN else "享受"
            return (
                f"{name}如果{'，并且'.join(wants)}，可以{gets}“{rule.label}”。"
                "情况属实的，请告诉学校或县学生资助中心。"
            )
    return "家里情况有变化的，请告诉学校或县学生资助中心。"


# --- what a family can see to or tell --------------------------------------------------------------

# Hardships as a family says them.
_HARDSHIPS = {
    "registered_poor": "建档立卡户（脱贫户）", "disabled": "残疾学生", "rural_dibao": "农村低保户", "urban_dibao": "城市低保户",
    "rural_tekun": "农村特困供养", "urban_tekun": "城市特困供养", "orphan": "孤儿", "de_facto_unattended": "事实无人抚养儿童",
    "martyr_child": "烈士子女", "monitored": "防返贫监测户", "low_income": "低收入家庭", "difficult": "家庭经济困难（经学校认定）",
    "left_behind": "留守儿童", "migrant": "随迁子女",
}  # fmt: skip
_YES = {"boarding": ("改为走读", "改为住校"), "eats_at_school": ("不在学校用餐", "在学校用餐")}
# Told by the family where the school has nothing on file; known, they are what they are.
_TOLD = {
    "household": "户口是{}户口",
    "ethnicity": "民族是{}",
    "home_region": "户籍在{}",
    "home_within": "户籍在{}",
}


def in_reach(finding: engine.Finding, checks: Iterable[engine.Check]) -> list[str]:
    """Return what a family can do or tell so that every one of ``checks`` is met, in its words; [] where it cannot."""
    said: list[str] = []
    for check in checks:
        if check.condition is not None:
            step = _step(check)
            steps = [step] if step else []
        else:
            ways = (in_reach(finding, _unmet(one.checks)) for one in finding.alternatives)
            steps = min(filter(None, ways), key=len, default=[])
        if not steps:
            return []
        said += steps
    return list(dict.fromkeys(said))


def _unmet(checks: Iterable[engine.Check]) -> list[engine.Check]:
    return [check for check in checks if not check.met]


def _step(check: engine.Check) -> str:
    condition = check.condition
    assert condition is not None
    fact, wanted = condition.fact, condition.any_of
    if fact.name == "categories":
        return _hardship(check)
    if fact.type is engine.FactType.FLAG and len(wanted) == 1:
        if fact.name in _YES:
            return _YES[fact.name][bool(wanted[0])]
        return f"属于“{fact.label}”" if fact.name not in engine.FACTS and wanted[0] else ""
    if fact.name in _TOLD and not check.known and wanted:
        return _TOLD[fact.name].format("或".join(map(fact.show, wanted)))
    return ""


def _hardship(check: engine.Check) -> str:
    """Say which hardships would do; "" where one that the child has stands against it."""
    condition = check.condition
    assert condition is not None
    held = {name for name, bit in engine.CATEGORY_BITS.items() if int(check.value or 0) & bit}  # type: ignore[arg-type]  # a set of categories is read as bits
    if not held.isdisjoint(condition.none_of):
        return ""
    every = [_HARDSHIPS[str(name)] for name in condition.all_of if name not in held]
    one_of = [_HARDSHIPS[str(name)] for name in condition.any_of] if held.isdisjoint(condition.any_of) else []
    said = ["、".join(one_of) + ("之一" if len(one_of) > 1 else "")] if one_of else []
    return "属于" + "，同时属于".join([*said, *every])
