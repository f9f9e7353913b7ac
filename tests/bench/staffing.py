"""An invented county for the suggested plan: schools round a town, staffed too well in it and too thinly outside; seeded."""

import random

from teachers.planning import Facts, Post, School, Teacher

SHARES = {
    "primary": {"语文": 34, "数学": 30, "英语": 11, "体育": 8, "音乐": 6, "美术": 6, "科学": 5},
    "junior": {"语文": 17, "数学": 17, "英语": 16, "物理": 8, "化学": 6, "生物": 5, "道德与法治": 7, "历史": 6, "地理": 5, "体育": 6, "音乐": 3, "美术": 4},
}  # fmt: skip
STAGES = {"primary": "小学", "junior": "初中"}
KM_PER_DEGREE = 111.2
CENTRE = (26.3, 104.4)


def county(*, schools: int = 200, teachers: int = 3000, seed: int = 20261127) -> Facts:
    """Return exactly so many schools and teachers; the same seed, the same county."""
    chance = random.Random(seed)
    places = [_place(chance, number, schools) for number in range(schools)]
    weight = [
        {"quality": 6.0, "town": 2.5, "rural": 1.0}[kind] * chance.uniform(0.6, 1.5) for kind, *_ in places
    ]
    staff = _apportion(teachers, weight)
    rows, posts, people = [], [], []
    for number, (place, count) in enumerate(zip(places, staff, strict=True), start=1):
        kind, lat, lon, km = place
        stage = "junior" if number % 4 == 0 else "primary"
        need = max(1, round(count / {"quality": 1.1, "town": 1.02, "rural": 0.88}[kind]))
        needs = dict(zip(SHARES[stage], _apportion(need, list(SHARES[stage].values())), strict=True))
        held = dict.fromkeys(needs, 0)
        uneven = [share * chance.uniform(0.5, 1.6) for share in SHARES[stage].values()]
        own = []
        for _ in range(count):
            subject = chance.choices(list(held), uneven)[0]
            held[subject] += 1
            own.append(_teacher(chance, len(people) + len(own) + 1, number, stage, subject, kind))
        people += own
        backbone = sum(teacher.backbone for teacher in own)
        remote = km > 22
        rows.append(
            School(
                number, f"第{number}学校", _area(number), lat, lon, remote, kind == "rural", kind == "rural" and number % 3 == 0,
                kind == "quality", need, count, backbone,
            )
        )  # fmt: skip
        posts += [
            Post(number, stage, subject, STAGES[stage] + subject, needs[subject], held[subject])
            for subject in needs
        ]
    return Facts(tuple(rows), tuple(posts), tuple(people))


def _place(chance: random.Random, number: int, schools: int) -> tuple[str, float, float, float]:
    kind = "quality" if number < schools * 0.06 else "town" if number < schools * 0.25 else "rural"
    reach = {"quality": 4, "town": 18, "rural": 38}[kind]
    east, north = chance.uniform(-reach, reach), chance.uniform(-reach, reach)
    lat, lon = CENTRE[0] + north / KM_PER_DEGREE, CENTRE[1] + east / (KM_PER_DEGREE * 0.9)
    return kind, round(lat, 5), round(lon, 5), (east**2 + north**2) ** 0.5


def _area(number: int) -> str:
    return f"529901{100 + number % 20:03d}{200 + number % 7:03d}"


def _teacher(chance: random.Random, key: int, school: int, stage: str, subject: str, kind: str) -> Teacher:
    return Teacher(
        id=key, school=school, stage=stage, subject=subject,
        all_subjects=stage == "primary" and chance.random() < 0.06,
        backbone=chance.random() < {"quality": 0.3, "town": 0.15, "rural": 0.06}[kind],
        willing=chance.random() < 0.35, care=chance.random() < 0.12, home=_area(chance.randrange(1, 200)),
        rested=chance.random() > 0.08,
    )  # fmt: skip


def _apportion(total: int, weights: list[float]) -> list[int]:
    """Split ``total`` by ``weights``, the largest remainders first."""
    whole = sum(weights)
    shares = [total * weight / whole for weight in weights]
    parts = [int(share) for share in shares]
    by_rest = sorted(range(len(parts)), key=lambda n: parts[n] - shares[n])
    for number in by_rest[: total - sum(parts)]:
        parts[number] += 1
    return parts
