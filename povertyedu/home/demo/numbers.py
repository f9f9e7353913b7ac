"""Invented numbers that are well formed: identity, student, household and bank numbers of region 529901."""

import datetime as dt
import random
from collections import Counter

from povertyedu.workbooks.identity import check_digit

REGION = "529901"  # assigned to no real county


class Numbers:
    """Gives each number once, in an order that follows from the calls alone."""

    def __init__(self, dice: random.Random):
        self.dice = dice
        self._births: Counter = Counter()
        self._households = 0
        self._people = 0

    def identity(self, birth: dt.date, sex: str) -> str:
        """Return an identity number (GB 11643); its 17th digit is odd for 男."""
        taken = self._births[birth, sex]
        self._births[birth, sex] += 1
        serial = taken * 2 + (1 if sex == "男" else 0)
        if serial > 999:
            raise ValueError(f"no identity number left for {birth}")
        first = f"{REGION}{birth:%Y%m%d}{serial:03d}"
        return first + check_digit(first)

    def without_identity(self, birth: dt.date) -> str:
        """Return a temporary student number (J) of a child that has no identity number."""
        first = f"{REGION}{birth:%Y%m%d}{self.dice.randrange(900, 1000)}"
        return f"J{first}{check_digit(first)}"

    def household(self) -> str:
        self._households += 1
        return f"{REGION}{self._households:010d}"

    def person(self) -> str:
        self._people += 1
        return f"{REGION}{self._people:011d}"

    def account(self) -> str:
        return f"62{self.dice.randrange(10**15, 10**16)}"

    def phone(self) -> str:
        """Return a mobile number of the form 139 9xxx xxxx."""
        return f"1399{self.dice.randrange(10**7):07d}"


def birth_between(dice: random.Random, first: dt.date, last: dt.date) -> dt.date:
    return first + dt.timedelta(days=dice.randrange((last - first).days + 1))
