"""Who bears the cost of a benefit, and how much each."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from subsidies.engine.amounts import percent
from subsidies.engine.shares import split, yuan

WHOLE = 10_000  # hundredths of a per cent

# Where the money of a plan comes from, in the order charts stack it.
SOURCES: Mapping[str, str] = MappingProxyType(
    {
        "central": "中央财政",
        "province": "省级财政",
        "prefecture": "市（州）级财政",
        "county": "县级财政",
        "township": "乡镇财政",
        "county_poverty_fund": "县专项扶贫资金",
        "cooperation": "东西部协作资金",
        "lottery": "彩票公益金",
        "local": "地方各级财政",
        "superior": "上级财政",
        "existing_national": "国家原有资助资金",
        "school_affiliation": "按学校隶属关系分级承担",
        "school": "学校（幼儿园）自筹",
        "social": "社会捐助",
        "bank": "银行（贷款）",
        "other": "其他资金",
        "unstated": "来源比例待定",
    }
)


@dataclass(frozen=True, slots=True)
class Funding:
    """Sources with weights, or with yuan of the standard each; with neither, the document leaves the ratio open."""

    sources: tuple[str, ...] = ()  # keys of SOURCES
    weights: tuple[int, ...] = ()  # as many as sources, or none
    quote: str = ""
    fens: tuple[int | None, ...] = ()  # of the standard, as many as sources, or none; None bears the rest
    decided: tuple[int, ...] = ()  # what the bureau answered where the document leaves the ratio open

    @property
    def leaves_ratio_open(self) -> bool:
        """Whether the document names several sources and not how much each bears."""
        return len(self.sources) > 1 and not self.weights and not self.fens

    def split(self, amount_fen: int, standard_fen: int | None = None) -> tuple[tuple[str, int], ...]:
        """The amount by source, summing to it exactly; ("unstated", all of it) where no ratio is given or answered.

        Yuan per source are parts of the standard: of half the standard each source bears half its part.
        """
        if weights := self.weights or self.decided:
            return tuple(zip(self.sources, split(amount_fen, weights), strict=True))
        if self.fens:
            return tuple(zip(self.sources, split(amount_fen, self._parts(standard_fen)), strict=True))
        if len(self.sources) == 1:
            return ((self.sources[0], amount_fen),)
        return (("unstated", amount_fen),)

    def _parts(self, standard_fen: int | None) -> list[int]:
        """The parts of the standard; where it is less than what is fixed, the first sources bear it."""
        fixed = sum(fen or 0 for fen in self.fens)
        left = fixed if standard_fen is None else standard_fen
        rest = max(0, left - fixed)
        parts = []
        for fen in self.fens:
            bears = rest if fen is None else min(fen, left)
            parts.append(bears)
            left -= bears
        return parts if any(parts) else [1, *([0] * (len(parts) - 1))]

    @property
    def label(self) -> str:
        names = "、".join(SOURCES[source] for source in self.sources)
        if self.weights:
            return f"{names}按 {':'.join(map(str, self.weights))} 分担"
        if self.fens:
            return "，".join(
                f"{SOURCES[source]}{'承担其余' if fen is None else f' {yuan(fen)} 元'}"
                for source, fen in zip(self.sources, self.fens, strict=True)
            )
        if self.decided:
            return f"{names}按 {'、'.join(map(percent, self.decided))} 分担（文件未写比例，教育局确定）"
        if len(self.sources) > 1:
            return f"{names}分担，比例文件未写明"
        return names or "文件未写明"
