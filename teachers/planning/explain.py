"""Why each move, and why what stays open stays open: in sentences, with the next best choice."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from .facts import Facts, Post
from .moves import Move, Possible
from .rules import Rule, Rules
from .tally import Tally

MOST_TRIED = 60  # other choices looked at for one move


@dataclass(frozen=True, slots=True)
class Alternative:
    """What could stand in a move's place, and how many points the plan would be worth less (or more: less than 0)."""

    teacher: int
    school: int
    label: str
    less: int


@dataclass(frozen=True, slots=True)
class Explained:
    """A move with its reasons. ``before`` and ``after``: how many the post is short of without and with the plan."""

    move: Move
    why_teacher: str
    why_school: str
    closes: str
    costs: str
    before: int
    after: int
    other_teacher: Alternative | None
    other_school: Alternative | None


@dataclass(frozen=True, slots=True)
class Open:
    """Need that the plan leaves: how many places, and why."""

    post: Post
    places: int
    sentence: str
    kept_away: dict[Rule, int]


def explain(
    facts: Facts, rules: Rules, possible: Possible, plan: Sequence[Move], pinned: int
) -> list[Explained]:
    """Explain each move of ``plan``, of which the first ``pinned`` were given."""
    tally = Tally(facts, rules, plan)
    of_teacher: dict[int, list[Move]] = {}
    for move in possible.moves:
        of_teacher.setdefault(move.teacher.id, []).append(move)
    return [
        _explained(
            facts,
            rules,
            tally,
            move,
            number < pinned,
            possible.of_post[move.post.key],
            of_teacher.get(move.teacher.id, []),
        )
        for number, move in enumerate(plan)
    ]


def _explained(
    facts: Facts,
    rules: Rules,
    tally: Tally,
    move: Move,
    is_pinned: bool,
    of_post: list[Move],
    of_teacher: list[Move],
) -> Explained:
    came = tally.into_post[move.post.key]
    after = max(0, move.post.short - came)
    closes = f"{facts.school[move.post.school].name}{move.post.label}缺 {move.post.short} 人，本方案调入 {came} 人，之后缺 {after} 人"
    return Explained(
        move, _why_teacher(facts, move, is_pinned), _why_school(facts, move), closes, _costs(move), move.post.short, after,
        _other(rules, tally, move, of_post), _other(rules, tally, move, of_teacher),
    )  # fmt: skip


def _why_teacher(facts: Facts, move: Move, is_pinned: bool) -> str:
    teacher, own = move.teacher, facts.post.get(move.teacher.post)
    said = ["由人事股固定"] if is_pinned else []
    if teacher.subject == move.post.subject:
        said.append(f"学科对口（{move.post.label}）")
    elif teacher.all_subjects:
        said.append("全科教师")
    if own is not None and own.spare:
        said.append(f"{facts.school[teacher.school].name}{own.label}富余 {own.spare} 人")
    if facts.school[move.post.school].remote and teacher.willing:
        said.append("本人愿到偏远学校")
    if teacher.care:
        said.append("需照顾家庭，去处就近")
    if teacher.backbone:
        said.append("骨干教师")
    return "；".join(said)


def _why_school(facts: Facts, move: Move) -> str:
    school = facts.school[move.post.school]
    said = []
    if move.post.is_bare:
        said.append("这门学科一名教师也没有")
    for is_so, words in (
        (school.remote, "偏远学校"),
        (school.poor, "贫困村学校"),
        (school.village, "村小（教学点）"),
    ):
        if is_so:
            said.append(words)
    said.append(f"缺 {move.post.short} 人")
    return "；".join(said)


def _costs(move: Move) -> str:
    said = ["两校距离不明" if move.km is None else f"两校相距 {move.km:g} 公里"]
    if move.unwilling:
        said.append("本人未表示愿到偏远学校")
    said.append(f"计 {move.cost} 分，得 {move.gain} 分")
    return "；".join(said)


def _other(rules: Rules, tally: Tally, move: Move, choices: list[Move]) -> Alternative | None:
    """Return the best other choice that would fit if only this one move were made differently."""
    ranked = sorted(
        (
            (_less(rules, tally, move, other), number, other)
            for number, other in enumerate(choices)
            if other is not move
        ),
    )
    for less, _, other in ranked[:MOST_TRIED]:
        if tally.can_swap(move, other):
            return Alternative(other.teacher.id, other.post.school, other.post.label, less)
    return None


def _less(rules: Rules, tally: Tally, move: Move, other: Move) -> int:
    """Return how many points a plan loses when ``other`` takes the place of ``move``."""
    less = (move.gain - move.cost) - (other.gain - other.cost)
    if move.post.key != other.post.key:
        if move.post.is_bare and tally.into_post[move.post.key] == 1:
            less += rules.weights.bare
        if other.post.is_bare and not tally.into_post[other.post.key]:
            less -= rules.weights.bare
    return less


def left_open(facts: Facts, rules: Rules, possible: Possible, plan: Sequence[Move]) -> list[Open]:
    """Return every post that is still short, with why."""
    tally = Tally(facts, rules, plan)
    found = []
    for post in facts.posts:
        places = post.short - tally.into_post[post.key]
        if places > 0:
            away = possible.kept_away.get(post.key, Counter())
            sentence = _why_open(rules, tally, post, possible.of_post.get(post.key, []), away)
            found.append(Open(post, places, sentence, dict(away)))
    return found


KEPT_AWAY = {
    Rule.FORBIDDEN: "已被否决",
    Rule.STAGE: "学段不同",
    Rule.SUBJECT: "学科不对口",
    Rule.REST: "正在交流或上学期刚交流",
    Rule.SENDER: "所在学校该学科不富余",
    Rule.CARE: "需照顾家庭而去处不近",
    Rule.FAR: "未表示愿去偏远而去处太远",
}


def _why_open(rules: Rules, tally: Tally, post: Post, choices: list[Move], away: Counter[Rule]) -> str:
    kept = "、".join(
        f"{KEPT_AWAY.get(rule, f'超过 {rules.distance_km} 公里或距离不明')} {count} 人"
        for rule, count in away.most_common()
    )
    if not choices and not away:
        return f"全县其他学校没有{post.label}教师，调不来，需要招聘或培养。"
    if not choices:
        return f"全县其他学校能教{post.label}的 {away.total()} 人都不能来：{kept}。"
    busy = [move for move in choices if tally.teachers[move.teacher.id]]
    blocked: Counter[Rule] = Counter()
    dear = 0
    for move in choices:
        if tally.teachers[move.teacher.id]:
            continue
        rule = tally.try_add(move)
        if rule is not None:
            blocked[rule] += 1
            continue
        tally.count(move, -1)
        dear += 1
    parts = [f"{len(busy)} 人已安排到别处"] if busy else []
    parts += [f"{count} 人受“{rules.says(rule)}”限制" for rule, count in blocked.most_common()]
    parts += [f"{dear} 人调动代价不低于补上缺额的得分，或在时限内没有算到"] if dear else []
    tail = f"；另有{kept}" if kept else ""
    return f"可以来的 {len(choices)} 人中，{'，'.join(parts)}{tail}。"
