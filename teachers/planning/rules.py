"""The rules a plan keeps and the weights it is judged by; both are the county's to set, for each plan anew."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum


class Rule(StrEnum):
    """Every reason why a move may not be; the first three always hold."""

    ONCE = "once"
    NEED = "need"
    FORBIDDEN = "forbidden"
    STAGE = "stage"
    SUBJECT = "subject"
    REST = "rest"
    CARE = "care"
    DISTANCE = "distance"
    SENDER = "sender"
    BACKBONE = "backbone"
    FAR = "far"
    UNWILLING = "unwilling"
    MOST_OUT = "most_out"
    MOST_IN = "most_in"

    @property
    def words(self) -> str:
        return TITLES[self]


TITLES = {
    Rule.ONCE: "每人最多调一次",
    Rule.NEED: "只往缺人的学科派",
    Rule.FORBIDDEN: "已否决的不再提出",
    Rule.STAGE: "学段一致",
    Rule.SUBJECT: "学科对口或全科",
    Rule.REST: "不连续两学期交流",
    Rule.CARE: "需照顾家庭的就近",
    Rule.DISTANCE: "距离上限",
    Rule.SENDER: "派出校不缺编",
    Rule.BACKBONE: "优质校留住骨干",
    Rule.FAR: "不愿去偏远的不远派",
    Rule.UNWILLING: "不愿去偏远的占比上限",
    Rule.MOST_OUT: "每校最多派出",
    Rule.MOST_IN: "每校最多接收",
}
ALWAYS = (Rule.ONCE, Rule.NEED, Rule.FORBIDDEN)


@dataclass(frozen=True, slots=True)
class Weights:
    """Points: what closing one post is worth, by what school it is, and what a move costs. Whole numbers."""

    post: int = 100
    remote: int = 60
    village: int = 30
    poor: int = 30
    bare: int = 80  # for the first teacher of a subject that has none
    km: int = 1  # cost of a kilometre
    unwilling: int = 30  # cost of sending somebody to a remote school who did not volunteer


@dataclass(frozen=True, slots=True)
class Rules:
    """False or None: the rule is off."""

    stage: bool = True
    subject: bool = True
    rest: bool = True
    sender: bool = True
    distance_km: int | None = 40
    care_km: int | None = 5
    unwilling_percent: int | None = 20  # of all moves
    backbone_percent: int | None = 20  # of a quality school's staff
    most_out: int | None = 3
    most_in: int | None = 4
    unwilling_km: int | None = None  # for who did not volunteer, to a remote school
    weights: Weights = field(default_factory=Weights)

    def to_dict(self) -> dict[str, object]:
        return asdict(self)

    @classmethod
    def from_dict(cls, kept: Mapping[str, object]) -> "Rules":
        """Read what :meth:`to_dict` wrote; what is not in it has its default."""
        known = {f.name for f in fields(cls)} - {"weights"}
        weights = kept.get("weights") or {}
        assert isinstance(weights, Mapping)
        chosen = {key: value for key, value in kept.items() if key in known}
        return cls(**chosen, weights=Weights(**weights))  # type: ignore[arg-type]  # written by to_dict

    def without(self, rule: Rule) -> "Rules":
        """Return the same rules with one of them off."""
        named = {
            Rule.DISTANCE: "distance_km",
            Rule.CARE: "care_km",
            Rule.FAR: "unwilling_km",
            Rule.UNWILLING: "unwilling_percent",
            Rule.BACKBONE: "backbone_percent",
        }
        name = named.get(rule, rule.value)
        kept = self.to_dict()
        kept[name] = False if isinstance(kept[name], bool) else None
        return Rules.from_dict(kept)

    def says(self, rule: Rule) -> str:
        """Return the rule with its number, as a reader knows it."""
        number = {
            Rule.DISTANCE: f"距离上限 {self.distance_km} 公里",
            Rule.CARE: f"需照顾家庭的不出家庭所在乡镇或 {self.care_km} 公里",
            Rule.FAR: f"不愿去偏远的，派往偏远学校不超过 {self.unwilling_km} 公里",
            Rule.UNWILLING: f"不愿去偏远的不超过 {self.unwilling_percent}%",
            Rule.BACKBONE: f"优质校骨干不低于 {self.backbone_percent}%",
            Rule.MOST_OUT: f"每校最多派出 {self.most_out} 人",
            Rule.MOST_IN: f"每校最多接收 {self.most_in} 人",
        }
        return number.get(rule, rule.words)
