"""Plans a person can check by hand: three schools on one meridian, 11.1 km for each tenth of a degree."""

import pytest

from teachers.planning import (
    Facts,
    Post,
    Rule,
    Rules,
    School,
    Teacher,
    TooLarge,
    UnknownPin,
    make_plan,
    moves,
)
from tests.bench.staffing import county

TOWN, VALLEY, PEAK = 1, 2, 3
MATHS, ENGLISH = "数学", "英语"


def school(key, name, lat, *, remote=False, quality=False, need=1, staff=1, backbone=0):
    return School(
        key, name, f"52990110{key}201", lat, 104.0, remote, remote, False, quality, need, staff, backbone
    )


def teacher(
    key, where, subject=MATHS, *, willing=False, backbone=False, care=False, rested=True, all_subjects=False
):
    return Teacher(key, where, "primary", subject, all_subjects, backbone, willing, care, "", rested)


def post(where, subject, need, staff):
    return Post(where, "primary", subject, f"小学{subject}", need, staff)


def three_schools(*people, valley=(1, 0), peak=(1, 0), town_need=1, quality=False, **more):
    """A town school full of mathematicians, a school 11.1 km off and a remote one at 22.2 km, each short of some."""
    own = [person for person in people if person.school == TOWN]
    backbone = sum(person.backbone for person in own)
    return Facts(
        (
            school(TOWN, "城关小学", 26.0, quality=quality, need=town_need, staff=len(own), backbone=backbone),
            school(VALLEY, "山谷小学", 26.1, need=valley[0], staff=valley[1]),
            school(PEAK, "高山小学", 26.2, remote=True, need=peak[0], staff=peak[1]),
        ),
        (post(TOWN, MATHS, town_need, len(own)), post(VALLEY, MATHS, *valley), post(PEAK, MATHS, *peak)),
        tuple(people),
    )  # fmt: skip


def test_the_volunteer_goes_to_the_remote_school_and_the_other_to_the_near_one():
    facts = three_schools(teacher(1, TOWN), teacher(2, TOWN, willing=True), teacher(3, TOWN))
    plan = make_plan(facts, Rules(unwilling_percent=0))
    assert {(e.move.teacher.id, e.move.post.school) for e in plan.moves} in (
        {(2, PEAK), (1, VALLEY)},
        {(2, PEAK), (3, VALLEY)},
    )
    # 100 + 80 - 11 for the near school; 100 + 60 + 30 + 80 - 22 for the remote village one.
    assert plan.figures.points == 169 + 248
    assert (plan.figures.moves, plan.figures.km, plan.figures.bare_closed, plan.short, plan.open) == (
        2,
        33,
        2,
        2,
        (),
    )
    remote = next(e for e in plan.moves if e.move.post.school == PEAK)
    assert remote.why_teacher == "学科对口（小学数学）；城关小学小学数学富余 2 人；本人愿到偏远学校"
    assert remote.why_school == "这门学科一名教师也没有；偏远学校；村小（教学点）；缺 1 人"
    assert remote.closes == "高山小学小学数学缺 1 人，本方案调入 1 人，之后缺 0 人"
    assert remote.costs == "两校相距 22.2 公里；计 22 分，得 190 分"
    assert remote.other_teacher is None  # nobody else volunteers


def test_the_first_teacher_of_a_subject_comes_before_the_second_of_another_school():
    facts = three_schools(teacher(1, TOWN), teacher(2, TOWN), valley=(3, 2), peak=(1, 0))
    plan = make_plan(facts, Rules(unwilling_percent=None))
    assert [e.move.post.school for e in plan.moves] == [PEAK]
    assert [(left.post.school, left.places) for left in plan.open] == [(VALLEY, 1)]
    assert plan.open[0].sentence == "可以来的 2 人中，1 人已安排到别处，1 人受“派出校不缺编”限制。"
    # Half a point more for the near school: the unwilling one costs 30 more, 11 km cost 11 more.
    assert plan.moves[0].other_school.less == (190 + 80 - 22 - 30) - (100 - 11)


@pytest.mark.parametrize(
    ("rules", "people", "sentence"),
    [
        (Rules(distance_km=10), {}, "全县其他学校能教小学数学的 2 人都不能来：超过 10 公里或距离不明 2 人。"),
        (Rules(), {"rested": False}, "全县其他学校能教小学数学的 2 人都不能来：正在交流或上学期刚交流 2 人。"),
        (Rules(), {"care": True}, "全县其他学校能教小学数学的 2 人都不能来：需照顾家庭而去处不近 2 人。"),
        (Rules(), {"subject": ENGLISH}, "全县其他学校没有小学数学教师，调不来，需要招聘或培养。"),
        (Rules(most_out=0), {}, "可以来的 2 人中，2 人受“每校最多派出 0 人”限制。"),
        (Rules(most_in=0), {}, "可以来的 2 人中，2 人受“每校最多接收 0 人”限制。"),
    ],
)  # fmt: skip
def test_what_stays_open_says_why(rules, people, sentence):
    subject = people.pop("subject", MATHS)
    facts = three_schools(*(teacher(key, TOWN, subject, **people) for key in (1, 2)), peak=(0, 0))
    plan = make_plan(facts, rules)
    assert plan.moves == ()
    assert [left.sentence for left in plan.open if left.post.school == VALLEY] == [sentence]


def test_a_quality_school_keeps_its_backbone():
    people = [teacher(key, TOWN, backbone=key == 1, all_subjects=False) for key in (1, 2, 3, 4)]
    facts = three_schools(*people, quality=True, peak=(0, 0))
    plan = make_plan(facts, Rules(backbone_percent=25))
    assert [e.move.teacher.id for e in plan.moves] != [1]
    only = three_schools(
        teacher(1, TOWN, backbone=True), teacher(2, TOWN, rested=False), quality=True, peak=(0, 0)
    )
    assert make_plan(only, Rules(backbone_percent=25)).moves == ()
    assert len(make_plan(only, Rules(backbone_percent=None)).moves) == 1


def test_a_teacher_of_all_subjects_takes_any_subject_of_the_stage():
    people = (teacher(1, TOWN, ENGLISH, all_subjects=True), teacher(2, TOWN, ENGLISH))
    facts = three_schools(*people, peak=(0, 0))
    facts = Facts(facts.schools, (*facts.posts, post(TOWN, ENGLISH, 1, 2)), people)
    plan = make_plan(facts, Rules())
    assert [(e.move.teacher.id, e.why_teacher) for e in plan.moves] == [
        (1, "全科教师；城关小学小学英语富余 1 人")
    ]


@pytest.mark.parametrize(
    ("rules", "pins", "rule", "sentence", "enough"),
    [
        (Rules(distance_km=20, unwilling_percent=None), [(1, PEAK)], Rule.DISTANCE, "固定的调动违反“距离上限 20 公里”：城关小学到高山小学相距 22.2 公里。", [Rule.DISTANCE]),
        (Rules(unwilling_km=20, unwilling_percent=None), [(1, PEAK)], Rule.FAR, "固定的调动违反“不愿去偏远的，派往偏远学校不超过 20 公里”：教师未表示愿去偏远，城关小学到高山小学相距 22.2 公里。", [Rule.FAR]),
        (Rules(most_out=1), [(1, VALLEY), (2, VALLEY)], Rule.MOST_OUT, "固定的调动违反“每校最多派出 1 人”：城关小学固定派出 2 人。", [Rule.MOST_OUT]),
        (Rules(unwilling_percent=None), [(1, VALLEY), (1, PEAK)], Rule.ONCE, "固定的调动违反“每人最多调一次”：同一名教师被固定了 2 次。", []),
        (Rules(), [(1, TOWN)], Rule.NEED, "固定的调动违反“只往缺人的学科派”：城关小学的小学数学不缺教师。", []),
        (Rules(unwilling_percent=0), [(1, PEAK)], Rule.UNWILLING, "固定的调动违反“不愿去偏远的不超过 0%”：固定的调动中有 1 人不愿去偏远学校，愿去的凑不够。", [Rule.UNWILLING]),
    ],
)  # fmt: skip
def test_pinned_moves_that_cannot_be_say_which_rule(rules, pins, rule, sentence, enough):
    facts = three_schools(teacher(1, TOWN), teacher(2, TOWN), teacher(3, TOWN), valley=(2, 0))
    plan = make_plan(facts, rules, pinned=[(key, (where, "primary", MATHS)) for key, where in pins])
    assert (plan.moves, plan.figures.points) == ((), 0)
    assert [(c.rule, c.sentence) for c in plan.conflicts] == [(rule, sentence)]
    assert list(plan.enough) == enough


def test_a_pin_that_names_nobody_is_told():
    with pytest.raises(UnknownPin):
        make_plan(three_schools(teacher(1, TOWN)), Rules(), pinned=[(9, (VALLEY, "primary", MATHS))])


def test_a_county_without_need_or_without_teachers_has_an_empty_plan():
    for facts in (
        three_schools(teacher(1, TOWN), valley=(0, 0), peak=(0, 0)),
        three_schools(),
        Facts((), (), ()),
    ):
        plan = make_plan(facts, Rules())
        assert (plan.moves, plan.conflicts, plan.gap, plan.proved) == ((), (), 0.0, True)


def test_more_moves_than_can_be_weighed_are_refused_with_what_to_do(monkeypatch):
    monkeypatch.setattr(moves, "MOST_MOVES", 1)
    facts = three_schools(teacher(1, TOWN), teacher(2, TOWN))
    with pytest.raises(TooLarge, match="请启用学科、学段或派出校规则，或把距离上限改小"):
        make_plan(facts, Rules())


def test_stopping_while_it_solves_ends_it():
    class Stopped(Exception):
        pass

    def tick():
        raise Stopped

    facts = county(schools=120, teachers=1800)
    with pytest.raises(Stopped):
        make_plan(facts, Rules(distance_km=None, most_in=None), tick=tick)


def test_rules_come_back_from_what_is_kept_of_them():
    rules = Rules(distance_km=None, most_out=7, subject=False)
    assert Rules.from_dict(rules.to_dict()) == rules
    assert Rules.from_dict({}) == Rules()
    assert rules.without(Rule.MOST_OUT).most_out is None
    assert rules.without(Rule.STAGE).stage is False
