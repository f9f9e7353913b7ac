"""Children whose names a visitor can look up, each to show one thing the system does.

They are the same in every demo county, whatever its size. ``tell`` is what the visitor is told; ``cast``
puts the child into the county before it is filled with everybody else.
"""

from collections.abc import Callable
from dataclasses import dataclass

from povertyedu.orgs.enums import Stage

from .people import AUTUMN, ENJOYING, MAJORS, NOT_ENJOYING, SPRING, Child, People, Seat

_POOR = {"exit_status": ENJOYING}


@dataclass(frozen=True)
class Story:
    """One child's story. ``key`` names it in code and tests."""

    key: str
    name: str
    title: str
    tell: str
    cast: Callable[[People], Child]


def _child(people: People, name: str, level: int, *, sex: str, township: int = 1, village: int = 0,
           spring: tuple | None = None, autumn: tuple | None = None, family: dict | None = None, **fields) -> Child:  # fmt: skip
    """Cast a child of a family of its own; a seat is (school name, stage, grade, boards)."""
    home = people.places.townships[township].villages[village]
    seats = {}
    for term, seat in ((SPRING, spring), (AUTUMN, autumn)):
        if seat:
            school, stage, grade, boards = seat
            seats[term] = Seat(people.places.school(school), stage, grade, boards)
    household = people.add_family(home, name[0], **(_POOR if family is None else family))
    defaults = {"holder": name, "ethnicity": "布依族", "hukou": "农业", "seats": seats}
    return people.add_child(household, level, name=name, sex=sex, **(defaults | fields))


def _back_pay(people: People) -> Child:
    return _child(
        people, "罗小雨", 7, sex="女", spring=("青石镇中心小学", Stage.PRIMARY, 4, True),
        autumn=("青石镇中心小学", Stage.PRIMARY, 5, True), unlisted=(SPRING,),
    )  # fmt: skip


def _transferred(people: People) -> Child:
    return _child(
        people, "何子涵", 5, sex="男", spring=("青石镇中心小学", Stage.PRIMARY, 2, False),
        autumn=("云岭县第一小学", Stage.PRIMARY, 3, False), holder="何建华", remark="",
    )  # fmt: skip


def _no_account(people: People) -> Child:
    return _child(
        people, "韦国强", 11, sex="男", spring=("青石镇初级中学", Stage.JUNIOR, 2, True),
        autumn=("青石镇初级中学", Stage.JUNIOR, 3, True), holder="", account="",
    )  # fmt: skip


def _foreign_holder(people: People) -> Child:
    return _child(
        people, "莫凯轩", 10, sex="男", spring=("青石镇初级中学", Stage.JUNIOR, 1, True),
        autumn=("青石镇初级中学", Stage.JUNIOR, 2, True), holder="莫老三",
    )  # fmt: skip


def _exited(people: People) -> Child:
    return _child(
        people, "石佳怡", 9, sex="女", spring=("青石镇中心小学", Stage.PRIMARY, 6, True),
        autumn=("青石镇初级中学", Stage.JUNIOR, 1, True), family={"exit_status": NOT_ENJOYING},
    )  # fmt: skip


def _orphan_private(people: People) -> Child:
    return _child(
        people, "欧可馨", 2, sex="女", township=0, village=1, family={"relation": "其他监护人"},
        spring=("金太阳双语幼儿园", Stage.PRESCHOOL, 2, False), autumn=("金太阳双语幼儿园", Stage.PRESCHOOL, 3, False),
        hardships=("持证残疾人", "孤儿"),
    )  # fmt: skip


def _orphan_inclusive(people: People) -> Child:
    return _child(
        people, "欧思雨", 2, sex="女", township=0, village=1, family={"relation": "其他监护人"},
        spring=("小天使幼儿园", Stage.PRESCHOOL, 2, False), autumn=("小天使幼儿园", Stage.PRESCHOOL, 3, False),
        hardships=("持证残疾人", "孤儿"),
    )  # fmt: skip


def _whole_package(people: People) -> Child:
    return _child(
        people, "杨俊杰", 12, sex="男", spring=("青石镇初级中学", Stage.JUNIOR, 3, True),
        autumn=("云岭县第一中学", Stage.SENIOR, 1, True), vocational=False,
    )  # fmt: skip


def _third_year(people: People) -> Child:
    return _child(
        people, "吴雪兰", 14, sex="女", spring=("云岭县中等职业学校", Stage.VOCATIONAL, 2, True),
        autumn=("云岭县中等职业学校", Stage.VOCATIONAL, 3, True), vocational=True, major=("现代农艺技术", True),
    )  # fmt: skip


def _day_pupil(people: People) -> Child:
    return _child(
        people, "陆晨", 6, sex="男", village=2, spring=("青石镇上寨教学点", Stage.PRIMARY, 3, False),
        autumn=("青石镇中心小学", Stage.PRIMARY, 4, False),
    )  # fmt: skip


def _without_identity(people: People) -> Child:
    child = _child(
        people, "金一诺", 4, sex="女", family={}, spring=("青石镇中心小学", Stage.PRIMARY, 1, False),
        autumn=("青石镇中心小学", Stage.PRIMARY, 2, False),
    )  # fmt: skip
    child.student_no, child.id_number = people.numbers.without_identity(child.birth), ""
    return child


def _objected(people: People) -> Child:
    return _child(
        people, "蒋浩然", 14, sex="男", township=0, spring=("云岭县第一中学", Stage.SENIOR, 2, True),
        autumn=("云岭县第一中学", Stage.SENIOR, 3, True), vocational=False,
    )  # fmt: skip


def _returned_by_bank(people: People) -> Child:
    return _child(
        people, "潘慧敏", 13, sex="女", township=2, spring=("云岭县第一中学", Stage.SENIOR, 1, True),
        autumn=("云岭县第一中学", Stage.SENIOR, 2, True), vocational=False,
    )  # fmt: skip


def _siblings(people: People) -> Child:
    """One registered-poor household with a child in kindergarten, one in junior and one in vocational school."""
    home = people.places.townships[1].villages[3]
    family = people.add_family(home, "黄", **_POOR)
    learns = (
        ("黄诗琪", 1, "女", "青石镇中心幼儿园", Stage.PRESCHOOL, 1, False),
        ("黄雨婷", 10, "女", "青石镇初级中学", Stage.JUNIOR, 1, True),
        ("黄宇轩", 13, "男", "云岭县中等职业学校", Stage.VOCATIONAL, 1, True),
    )
    for name, level, sex, school, stage, grade, boards in learns:
        first = Seat(people.places.school(school), stage, grade, boards)
        seats = {SPRING: first, AUTUMN: first._replace(grade=grade + 1)}
        eldest = people.add_child(
            family, level, name=name, sex=sex, holder=name, seats=seats, vocational=True, major=MAJORS[3]
        )
    return eldest


def _missing(people: People) -> Child:
    """On the list and in spring's roster, in no roster of autumn: somebody should go and ask."""
    return _child(
        people, "龙志强", 11, sex="男", township=2, spring=("马场镇初级中学", Stage.JUNIOR, 2, True)
    )


STORIES = (
    Story("back_pay", "罗小雨", "补发", "春季名单漏了她，秋季名单补上，识别时间在春季以前：春季学期应享变为待发，开立批次时带上以前学期即可补发。", _back_pay),
    Story("transferred", "何子涵", "转学", "秋季由青石镇中心小学转到云岭县第一小学：原校只看得到春季，新校在城区，不再享受营养改善计划。", _transferred),
    Story("no_account", "韦国强", "没有银行账户", "应享寄宿生生活补助，但没有银行账户：列入批次后暂缓，补录账户后放行。", _no_account),
    Story("foreign_holder", "莫凯轩", "开户人不是本人或监护人", "账户户名是“莫老三”：列入批次后暂缓，核实后放行或移出。", _foreign_holder),
    Story("exited", "石佳怡", "已脱贫不享受政策", "家庭在建档立卡名单上，但已脱贫不享受政策，不按建档立卡学生计算；看“为什么是这个金额”。", _exited),
    Story("orphan_private", "欧可馨", "民办园的残疾孤儿", "残疾、孤儿，但就读的幼儿园不是公办或普惠性民办，学前生活补助不成立。", _orphan_private),
    Story("orphan_inclusive", "欧思雨", "普惠性民办园的残疾孤儿", "情况与欧可馨相同，只是幼儿园是普惠性民办：享受学前生活补助。", _orphan_inclusive),
    Story("whole_package", "杨俊杰", "初中升高中", "春季初三、秋季高一：由寄宿生生活补助变为普通高中两助三免（补）。", _whole_package),
    Story("third_year", "吴雪兰", "中职三年级", "春季中职二年级有国家助学金，秋季三年级不再有，其余照常。", _third_year),
    Story("day_pupil", "陆晨", "教学点升中心小学", "教学点走读生，只有营养膳食补助；四年级转入中心小学。", _day_pupil),
    Story("without_identity", "金一诺", "没有身份证号", "用 J 开头的临时学籍号建档，名单比对不到她，补填身份证号后自动比对。", _without_identity),
    Story("objected", "蒋浩然", "公示有异议", "公示期间有人提出异议：只暂缓他一人，其他人照常。", _objected),
    Story("returned_by_bank", "潘慧敏", "银行退回", "银行回盘为失败（账号已销户），批次为“部分失败”，更正账户后下一批再发。", _returned_by_bank),
    Story("siblings", "黄宇轩", "一户三个孩子", "黄诗琪、黄雨婷、黄宇轩同属一户，分别在幼儿园、初中、中职，各按各的学段计算。", _siblings),
    Story("missing", "龙志强", "名单上有、花名册上没有", "省下达名单有他，秋季花名册没有：需要核实去向。", _missing),
)  # fmt: skip


def cast_all(people: People) -> dict[str, Child]:
    """Put every story's child into the county and return them by key; nobody else will bear their names."""
    people.reserved = {story.name for story in STORIES}
    return {story.key: story.cast(people) for story in STORIES}
