"""Arithmetic of the citizen's identity number (GB 11643) and of what begins with it.

Pure functions over text that is already clean: 18 characters, half-width, upper-case X. Cleaning a
cell typed by a clerk is the business of `cells`.
"""

import datetime as dt
from operator import mul

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_DIGITS = "10X98765432"

# First two digits of GB/T 2260. 83 stands for Taiwan in residence permits, 91 for early foreign permits;
# the foreigners' permit of 2023 begins with 9 and the province, and has the same check digit.
PROVINCES = frozenset(
    [
        "11",
        "12",
        "13",
        "14",
        "15",
        "21",
        "22",
        "23",
        "31",
        "32",
        "33",
        "34",
        "35",
        "36",
        "37",
        "41",
        "42",
        "43",
        "44",
        "45",
        "46",
        "50",
        "51",
        "52",
        "53",
        "54",
        "61",
        "62",
        "63",
        "64",
        "65",
        "71",
        "81",
        "82",
        "83",
        "91",
    ]
)

_NOUGHTS = ord("0") * sum(WEIGHTS)


def check_digit(first17: str) -> str:
    """The 18th character that belongs to seventeen digits. For generators: never show it to a clerk."""
    return CHECK_DIGITS[(sum(map(mul, first17.encode("ascii"), WEIGHTS)) - _NOUGHTS) % 11]


def has_valid_check_digit(number: str) -> bool:
    """Whether the last of 18 characters fits the seventeen before it."""
    return check_digit(number[:17]) == number[17]


def has_known_region(number: str) -> bool:
    return number[:2] in PROVINCES or (number[0] == "9" and number[1:3] in PROVINCES)


def birth_date_of(number: str) -> dt.date:
    """Birth date written in positions 7 to 14. ValueError when it is no date of the calendar."""
    return dt.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))


def sex_of(number: str) -> str:
    """男 when the seventeenth digit is odd, 女 when it is even."""
    return "男" if int(number[16]) % 2 else "女"


def from_15_digits(number: str) -> str:
    """The 18-character number of an old 15-digit one: the century put in, the check digit added.

    Numbers of 15 digits were issued until 1999 to people born in the 1900s only.
    """
    first17 = number[:6] + "19" + number[6:]
    return first17 + check_digit(first17)
