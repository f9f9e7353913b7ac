"""How much a rule gives: a figure, where it comes from, and how often it is paid."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from subsidies.engine.fact_types import Fact
from subsidies.engine.shares import yuan
from subsidies.engine.terms import Term


class Unit(StrEnum):
    YEAR = "year"  # halved per term
    TERM = "term"
    SCHOOL_YEAR = "school_year"  # whole, in one of the two terms
    MONTH = "month"  # multiplied by the months of the term
    DAY = "day"  # multiplied by the child's meal days of the term
    ENTRY = "entry"  # whole, in the term of entry
    ONCE = "once"  # whole, once in a lifetime

    @property
    def label(self) -> str:
        return {
            "year": "元/年",
            "term": "元/学期",
            "school_year": "元/学年",
            "month": "元/月",
            "day": "元/天",
            "entry": "元（入学时一次）",
            "once": "元（一次性）",
        }[self]


class Basis(StrEnum):
    """How firmly the document fixes an amount."""

    STATED = "stated"
    RECONSTRUCTED = "reconstructed"
    AVERAGE = "average"
    PARAMETER = "parameter"
    DERIVED = "derived"

    @property
    def label(self) -> str:
        return {
            "stated": "文件写明",
            "reconstructed": "原文数字残缺，据国家标准还原",
            "average": "文件只写平均数，按平均数计",
            "parameter": "文件未写明，由教育局确定",
            "derived": "按文件所指的其他标准推算",
        }[self]


class Form(StrEnum):
    """Where the figure comes from."""

    YUAN = "yuan"
    PARAMETER = "parameter"  # the bureau's figure
    PERCENT = "percent"  # of another rule's standard
    OF_AWARDED = "of_awarded"  # a percentage of what the child gets under some programmes
    ACTUAL = "actual"  # the child's charge of the term, up to a cap


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a figure comes from: document, clause, and the words themselves."""

    document: str
    clause: str
    quote: str
    source_rule: str = ""  # id of the row of the rules survey it was checked against


@dataclass(frozen=True, slots=True)
class Amount:
    """One figure with its terms; a rule has one or several that follow each other."""

    form: Form
    unit: Unit = Unit.TERM
    fen: int | None = None  # YUAN: per unit; ACTUAL: the cap per unit
    parameter: str = ""  # PARAMETER: its code; ACTUAL: that of the cap
    rate: int = 0  # hundredths of a per cent
    of: tuple[str, ...] = ()  # PERCENT: a rule code; OF_AWARDED: programmes
    charge: Fact | None = None  # ACTUAL: which fee
    times: int | None = None  # months or days of the term, where the document says how many
    times_of: Fact | None = None  # ... or the fact that says it
    pays_in_autumn: bool = True  # SCHOOL_YEAR
    less: Fact | None = None  # minus the money of another benefit
    only_above: Fact | None = None  # only where more than that other benefit
    first_term: Term | None = None
    last_term: Term | None = None
    basis: Basis = Basis.STATED
    names: tuple[str, ...] = ()  # what `parameter` and `of` are called
    citation: Citation | None = None  # where it is not its rule's
    average_fen: int | None = None  # what the document says on average, where the bureau has decided `fen`

    def covers(self, term: Term) -> bool:
        return (self.first_term is None or self.first_term <= term) and (
            self.last_term is None or term <= self.last_term
        )

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The facts it reads of a child."""
        read = (self.charge, self.times_of, self.less, self.only_above)
        return tuple(fact for fact in read if fact is not None)

    @property
    def counts_meal_days(self) -> bool:
        return self.unit is Unit.DAY and self.times is None and self.times_of is None

    @property
    def basis_label(self) -> str:
        """How firmly the document fixes it; empty where it states it."""
        if self.average_fen is not None:
            return f"文件只写平均数 {yuan(self.average_fen)} {self.unit.label}，教育局确定"
        return "" if self.basis is Basis.STATED else self.basis.label

    @property
    def dated(self) -> str:
        """Its own terms in Chinese; empty where it has those of its rule."""
        since = f"{self.first_term.label}起" if self.first_term else ""
        return since + (f"至{self.last_term.label}" if self.last_term else "")

    @property
    def label(self) -> str:
        """The figure in Chinese, for the rule book."""
        words = self._figure()
        if self.times is not None:
            words += (
                f"，每学期按 {self.times} 个月" if self.unit is Unit.MONTH else f"，每学期按 {self.times} 天"
            )
        elif self.times_of is not None:
            words += f"，按{self.times_of.label}"
        if self.unit is Unit.SCHOOL_YEAR:
            words += f"，{'秋季' if self.pays_in_autumn else '春季'}学期一次发放"
        if self.less is not None:
            words += f"，减去{self.less.label}"
        if self.only_above is not None:
            words += f"，高于{self.only_above.label}的才享受"
        return words

    def _figure(self) -> str:
        named = "、".join(f"“{name}”" for name in self.names)
        if self.form is Form.PARAMETER:
            return f"{named}（{self.unit.label}）"
        if self.form is Form.PERCENT:
            return f"{named}标准的 {percent(self.rate)}"
        if self.form is Form.OF_AWARDED:
            return f"{named}所享金额的 {percent(self.rate)}"
        if self.form is Form.ACTUAL:
            assert self.charge is not None
            cap = f"，不超过{named}（{self.unit.label}）" if self.parameter else ""
            cap = cap or (f"，不超过 {yuan(self.fen)} {self.unit.label}" if self.fen is not None else "")
            return f"实际{self.charge.label}{cap}"
        return f"{yuan(self.fen or 0)} {self.unit.label}"


def percent(rate: int) -> str:
    """Hundredths of a per cent as a percentage: 5000 -> 50%."""
    return f"{(Decimal(rate) / 100).normalize():f}%"


def part(amount_fen: int, rate: int) -> int:
    """A percentage of an amount in fen, half a fen up."""
    return (amount_fen * rate + 5_000) // 10_000
