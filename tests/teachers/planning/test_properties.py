"""Every plan keeps every rule, and on tiny counties no plan that keeps them is worth more: all of them are tried.

The rules are read here once more from their sentences, by counting the staff afterwards, with nothing of the planning's own.
"""

import itertools
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from teachers.planning import Facts, Post, Rules, School, Teacher, Weights, make_plan

SUBJECTS = ("语文", "数学", "音乐")
STAGES = ("primary", "junior")
NUMBERS = st.none() | st.integers(0, 3)


@st.composite
def counties(draw) -> Facts:
    """Up to four schools on a line (11.1 km apart per tenth of a degree), up to five teachers, up to five posts that are short."""
    flag = st.booleans()
    count = draw(st.integers(2, 4))
    people = tuple(
        Teacher(
            number, draw(st.integers(1, count)), draw(st.sampled_from(STAGES)), draw(st.sampled_from(SUBJECTS)), draw(flag),
            draw(flag), draw(flag), draw(flag), draw(st.sampled_from(("", "529901101201", "529901102201"))), draw(st.sampled_from((True, True, False))),
        )
        for number in range(1, draw(st.integers(1, 5)) + 1)
    )  # fmt: skip
    schools = tuple(
        School(
            number, f"第{number}学校", f"52990110{number % 2 + 1}201", draw(st.sampled_from((None, 26.0, 26.1, 26.2))), 104.0,
            draw(flag), draw(flag), draw(flag), draw(flag), need=draw(st.integers(0, 3)),
            staff=sum(teacher.school == number for teacher in people),
            backbone=sum(teacher.school == number and teacher.backbone for teacher in people),
        )
        for number in range(1, count + 1)
    )  # fmt: skip
    held = {teacher.post for teacher in people}
    wanted = draw(
        st.sets(
            st.tuples(st.integers(1, count), st.sampled_from(STAGES), st.sampled_from(SUBJECTS)), max_size=4
        )
    )
    posts = tuple(
        Post(*key, "", need=draw(st.integers(0, 2)), staff=sum(teacher.post == key for teacher in people))
        for key in sorted(held | wanted)
    )
    return Facts(schools, posts, people)


@st.composite
def rules(draw) -> Rules:
    flag = st.booleans()
    percents = st.none() | st.sampled_from((0, 25, 50, 100))
    km = st.none() | st.sampled_from((0, 12, 25))
    weights = Weights(
        draw(st.integers(0, 40)), *(draw(st.integers(0, 20)) for _ in range(4)), draw(st.integers(0, 3)), draw(st.integers(0, 30))
    )  # fmt: skip
    return Rules(
        draw(flag), draw(flag), draw(flag), draw(flag), draw(km), draw(km), draw(percents), draw(percents), draw(NUMBERS), draw(NUMBERS), draw(km),
        weights,
    )  # fmt: skip


def kilometres(facts: Facts, teacher: Teacher, post: Post) -> float | None:
    one, other = (next(s for s in facts.schools if s.id == key).lat for key in (teacher.school, post.school))
    return None if one is None or other is None else round(abs(one - other) * 111.19493, 1)


def may_move(facts: Facts, rules: Rules, teacher: Teacher, post: Post) -> bool:
    km = kilometres(facts, teacher, post)
    school = next(s for s in facts.schools if s.id == post.school)
    area = school.area
    unwilling = school.remote and not teacher.willing
    own = next(p for p in facts.posts if p.key == teacher.post)
    near = teacher.home[:9] == area[:9] or (
        km is not None and rules.care_km is not None and km <= rules.care_km
    )
    return (
        post.staff < post.need
        and teacher.school != post.school
        and (not rules.stage or teacher.stage == post.stage)
        and (not rules.subject or teacher.subject == post.subject or teacher.all_subjects)
        and (not rules.rest or teacher.rested)
        and (not rules.sender or own.staff > own.need)
        and (rules.care_km is None or not teacher.care or near)
        and (rules.distance_km is None or (km is not None and km <= rules.distance_km))
        and (rules.unwilling_km is None or not unwilling or (km is not None and km <= rules.unwilling_km))
    )


def keeps(facts: Facts, rules: Rules, plan: dict[Teacher, Post]) -> bool:
    """Tell whether the county after ``plan`` is one that the rules allow."""
    for post in facts.posts:
        came = sum(to == post for to in plan.values())
        left = sum(teacher.post == post.key for teacher in plan)
        if came and post.staff + came > post.need:
            return False
        if rules.sender and left and post.staff - left < post.need:
            return False
    for school in facts.schools:
        left = [teacher for teacher in plan if teacher.school == school.id]
        came = [teacher for teacher, to in plan.items() if to.school == school.id]
        if rules.most_out is not None and len(left) > rules.most_out:
            return False
        if rules.most_in is not None and len(came) > rules.most_in:
            return False
        after = school.staff - len(left) + len(came)
        if rules.sender and left and after < min(school.staff, school.need):
            return False
        if rules.backbone_percent is not None and school.quality:
            best = school.backbone - sum(t.backbone for t in left) + sum(t.backbone for t in came)
            had = school.backbone * 100 >= rules.backbone_percent * school.staff
            if had and best * 100 < rules.backbone_percent * after:
                return False
            if not had and any(t.backbone for t in left):
                return False
    hard = sum(is_hard(facts, teacher, post) for teacher, post in plan.items())
    return rules.unwilling_percent is None or hard * 100 <= rules.unwilling_percent * len(plan)


def is_hard(facts: Facts, teacher: Teacher, post: Post) -> bool:
    return next(s for s in facts.schools if s.id == post.school).remote and not teacher.willing


def score(facts: Facts, rules: Rules, plan: dict[Teacher, Post]) -> int:
    w, total = rules.weights, 0
    for teacher, post in plan.items():
        school = next(s for s in facts.schools if s.id == post.school)
        total += w.post + w.remote * school.remote + w.village * school.village + w.poor * school.poor
        total -= round(w.km * (kilometres(facts, teacher, post) or 0)) + w.unwilling * is_hard(
            facts, teacher, post
        )
    return total + w.bare * len({post for post in plan.values() if post.staff == 0})


def every_plan(facts: Facts, rules: Rules):
    choices = [
        [None, *(post for post in facts.posts if may_move(facts, rules, teacher, post))]
        for teacher in facts.teachers
    ]
    for chosen in itertools.product(*choices):
        plan = {t: post for t, post in zip(facts.teachers, chosen, strict=True) if post is not None}
        if keeps(facts, rules, plan):
            yield plan


@settings(max_examples=150, deadline=None)
@given(counties(), rules())
def test_the_plan_keeps_every_rule_and_no_plan_that_does_is_worth_more(facts, rules):
    made = make_plan(facts, rules, seconds=10)
    plan = {explained.move.teacher: explained.move.post for explained in made.moves}
    assert all(may_move(facts, rules, teacher, post) for teacher, post in plan.items())
    assert keeps(facts, rules, plan)
    assert made.figures.points == score(facts, rules, plan)
    assert made.figures.points == max(score(facts, rules, other) for other in every_plan(facts, rules))
    assert (made.proved, made.bound, made.gap) == (True, made.figures.points, 0.0)
    assert all(baseline.points <= made.figures.points for baseline in made.baselines.values())
    closed = sum(
        explained.before - explained.after for explained in {e.move.post.key: e for e in made.moves}.values()
    )
    assert closed + sum(left.places for left in made.open) == made.short
    assert closed == len(made.moves)


@settings(max_examples=100, deadline=None)
@given(counties(), rules(), st.data())
def test_pinned_moves_are_made_forbidden_ones_are_not_and_conflicts_are_real(facts, rules, data):
    pairs = [(teacher.id, post.key) for teacher in facts.teachers for post in facts.posts]
    pinned = data.draw(st.lists(st.sampled_from(pairs), max_size=2, unique=True))
    forbidden = data.draw(st.sets(st.sampled_from(pairs), max_size=3)) - set(pinned)
    made = make_plan(facts, rules, pinned=pinned, forbidden=forbidden, seconds=10)
    allowed = [
        plan
        for plan in every_plan(facts, rules)
        if set(pinned) <= {(t.id, post.key) for t, post in plan.items()}
        and not forbidden & {(t.id, post.key) for t, post in plan.items()}
    ]
    assert bool(made.conflicts) == (not allowed)
    if allowed:
        assert made.figures.points == max(score(facts, rules, plan) for plan in allowed)
        pairs = [explained.move.pair for explained in made.moves]
        assert pairs[: len(pinned)] == pinned
        assert not forbidden & set(pairs)
    for rule in made.enough:
        looser = make_plan(facts, rules.without(rule), pinned=pinned, seconds=10)
        assert not looser.conflicts


@settings(max_examples=50, deadline=None)
@given(counties(), rules())
def test_the_next_best_choice_is_worth_what_it_says(facts, rules):
    made = make_plan(facts, rules, seconds=10)
    plan = {explained.move.teacher: explained.move.post for explained in made.moves}
    for explained in made.moves:
        for other in (explained.other_teacher, explained.other_school):
            if other is None:
                continue
            changed = {t: post for t, post in plan.items() if t is not explained.move.teacher}
            found = [
                changed | {facts.teacher[other.teacher]: post}
                for post in facts.posts
                if post.school == other.school and may_move(facts, rules, facts.teacher[other.teacher], post)
            ]
            worth = [score(facts, rules, p) for p in found if keeps(facts, rules, p)]
            assert made.figures.points - other.less in worth
            assert other.less >= 0


@settings(max_examples=50, deadline=None)
@given(counties())
def test_a_state_is_told_from_another_but_not_by_the_order_of_its_rows(facts):
    turned = Facts(facts.schools[::-1], facts.posts[::-1], facts.teachers[::-1])
    changed = replace(facts.teachers[0], willing=not facts.teachers[0].willing)
    assert turned.digest == facts.digest
    assert Facts(facts.schools, facts.posts, (changed, *facts.teachers[1:])).digest != facts.digest
