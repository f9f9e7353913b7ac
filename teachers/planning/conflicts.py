"""Why no plan fits: which rules the pinned moves break, where, and which rule alone would have to give way."""

from collections.abc import Sequence
from dataclasses import dataclass

from .facts import Facts
from .highs import Tick, maximise
from .model import Model, Row, build
from .moves import Move, find_moves, what_forbids
from .rules import ALWAYS, Rule, Rules


@dataclass(frozen=True, slots=True)
class Conflict:
    """One rule that cannot be kept as long as these pinned moves have to be made."""

    rule: Rule
    sentence: str
    teachers: tuple[int, ...]


def single_conflicts(facts: Facts, rules: Rules, pinned: Sequence[Move]) -> list[Conflict]:
    """Return what pinned moves break one by one, whatever else is planned."""
    found = []
    for move in pinned:
        rule = what_forbids(facts, rules, move.teacher, move.post, ())
        if rule is not None:
            found.append(Conflict(rule, _single(facts, rules, move, rule), (move.teacher.id,)))
    return found


def _single(facts: Facts, rules: Rules, move: Move, rule: Rule) -> str:
    school = facts.school[move.post.school].name
    own = facts.school[move.teacher.school].name
    km = "距离不明（学校没有登记位置）" if move.km is None else f"相距 {move.km:g} 公里"
    said = {
        Rule.NEED: f"{school}的{move.post.label}不缺教师",
        Rule.STAGE: f"教师的学段与{school}{move.post.label}不一致",
        Rule.SUBJECT: f"教师不教{move.post.label}，也不是全科教师",
        Rule.REST: "教师正在交流，或上学期刚交流过",
        Rule.SENDER: f"{own}在教师所教的学科上没有富余，派出后会缺人",
        Rule.CARE: f"教师需照顾家庭，{school}不在其家庭所在乡镇，{km}",
        Rule.DISTANCE: f"{own}到{school}{km}",
        Rule.FAR: f"教师未表示愿去偏远，{own}到{school}{km}",
    }
    return f"固定的调动违反“{rules.says(rule)}”：{said[rule]}。"


def joint_conflicts(
    facts: Facts, rules: Rules, model: Model, *, seconds: float, tick: Tick
) -> list[Conflict]:
    """Return the rows that pinned moves break together, however the rest is planned: as few as possible have to give way."""
    slack = _with_slack(model)
    worth, rows, upper, of_column = slack
    outcome = maximise(worth, rows, upper, fixed=model.fixed, seconds=seconds, tick=tick)
    if outcome.values is None:
        return []
    broken = [row for col, row in of_column.items() if outcome.values[col]]
    return [_joint(facts, rules, model, row) for row in broken]


def _with_slack(model: Model) -> tuple[list[int], list[Row], list[int], dict[int, Row]]:
    """Return the model with one more column per row that pinned moves touch: how far the row gives way, at a price."""
    worth, upper = [0] * len(model.worth), list(model.upper)
    rows, of_column = [], {}
    for row in model.rows:
        pinned = [coefficient for col, coefficient in row.terms if col in model.fixed]
        if not pinned or (row.rule == Rule.NEED and row.place is None):
            rows.append(row)
            continue
        column, reach = len(worth), sum(abs(coefficient) * model.upper[col] for col, coefficient in row.terms)
        worth.append(-1000 if row.rule in ALWAYS else -1)  # what cannot be switched off gives way last
        upper.append(1)
        of_column[column] = row
        rows.append(Row(row.rule, row.place, [*row.terms, (column, -reach)], row.upper))
    return worth, rows, upper, of_column


def _joint(facts: Facts, rules: Rules, model: Model, row: Row) -> Conflict:
    pinned = [
        model.choices[col][0] for col, coefficient in row.terms if col in model.fixed and coefficient > 0
    ]
    count = len(pinned)
    if isinstance(row.place, tuple):
        post = facts.post[row.place]
        where = f"{facts.school[post.school].name}的{post.label}"
    else:
        where = facts.school[row.place].name if row.place in facts.school else ""
    said = {
        Rule.ONCE: f"同一名教师被固定了 {count} 次",
        Rule.NEED: f"{where}缺 {row.upper} 人，固定调入 {count} 人",
        Rule.SENDER: f"{where}富余 {row.upper} 人，固定派出 {count} 人",
        Rule.MOST_OUT: f"{where}固定派出 {count} 人",
        Rule.MOST_IN: f"{where}固定接收 {count} 人",
        Rule.BACKBONE: f"{where}固定的调动之后骨干比例不够",
        Rule.UNWILLING: f"固定的调动中有 {count} 人不愿去偏远学校，愿去的凑不够",
    }
    sentence = f"固定的调动违反“{rules.says(row.rule)}”：{said[row.rule]}。"
    return Conflict(row.rule, sentence, tuple(move.teacher.id for move in pinned))


def enough_without(
    facts: Facts,
    rules: Rules,
    pinned: Sequence[Move],
    conflicts: Sequence[Conflict],
    *,
    seconds: float,
    tick: Tick,
) -> list[Rule]:
    """Return the rules each of which, switched off alone, would let the pinned moves be made."""
    enough = []
    for rule in dict.fromkeys(conflict.rule for conflict in conflicts):
        if rule in ALWAYS:
            continue
        looser = rules.without(rule)
        if single_conflicts(facts, looser, pinned):
            continue
        taken = {move.pair for move in pinned}
        free = [move for move in find_moves(facts, looser).moves if move.pair not in taken]
        model = build(facts, looser, [*pinned, *free], len(pinned))
        outcome = maximise(
            [0] * len(model.worth), model.rows, model.upper, fixed=model.fixed, seconds=seconds, tick=tick
        )
        if outcome.values is not None:
            enough.append(rule)
    return enough
