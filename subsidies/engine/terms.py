"""School terms as ordered values: "2020-autumn" is the first term of the school year 2020-2021."""

import re
from dataclasses import dataclass
from typing import Self

_TEXT = re.compile(r"(\d{4})-(spring|autumn)")
_NAMES = ("spring", "autumn")
_LABELS = ("春季学期", "秋季学期")


@dataclass(frozen=True, slots=True, order=True)
class Term:
    """A term of a calendar year; within a year spring comes before autumn."""

    year: int
    half: int  # 0 spring, 1 autumn

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "2020-autumn"; ValueError with a Chinese sentence for anything else."""
        match = _TEXT.fullmatch(text)
        if match is None:
            raise ValueError(f"学期“{text}”写法不对，应如 2020-autumn（秋季）或 2021-spring（春季）")
        return cls(int(match[1]), _NAMES.index(match[2]))

    def __str__(self) -> str:
        return f"{self.year:04}-{_NAMES[self.half]}"

    @property
    def label(self) -> str:
        return f"{self.year}年{_LABELS[self.half]}"

    @property
    def ordinal(self) -> int:
        """Terms as whole numbers in a row: the next term is one more."""
        return 2 * self.year + self.half

    @property
    def opens_school_year(self) -> bool:
        return self.half == 1

    def next(self) -> "Term":
        return Term(self.year + self.half, 1 - self.half)

    def school_year(self) -> tuple["Term", "Term"]:
        """Autumn and spring of the school year this term belongs to."""
        return (self, self.next()) if self.opens_school_year else (Term(self.year - 1, 1), self)
