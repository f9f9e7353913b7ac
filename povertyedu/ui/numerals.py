"""Money and counts as people here write them. Money comes in as integer fen, never as float."""

from decimal import ROUND_HALF_UP, Decimal

NOT_APPLICABLE = "—"
DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ("", "拾", "佰", "仟")
GROUPS = ("", "万", "亿")


def whole(value) -> int:
    """Return ``value`` as int; a fraction is a programming error (money is integer fen)."""
    number = int(value)
    if number != value:
        raise ValueError(f"a whole number is needed, not {value!r}")
    return number


def yuan(fen) -> str:
    """Write fen as yuan: ``123450`` -> ``1,234.50``."""
    fen = whole(fen)
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100:,}.{abs(fen) % 100:02d}"


def wan(fen) -> str:
    """Write fen in units of ten thousand yuan (万元), 2 decimals, half up: ``75320000`` -> ``75.32``."""
    return f"{(Decimal(whole(fen)) / 1_000_000).quantize(Decimal('0.01'), ROUND_HALF_UP):,}"


def percent(value, digits: int = 1) -> str:
    """Write a number of percent, half up: ``93.45`` -> ``93.5%``."""
    step = Decimal(1).scaleb(-digits)
    return f"{Decimal(str(value)).quantize(step, ROUND_HALF_UP)}%"


def capital_yuan(fen) -> str:
    """Write fen in capital characters: ``20985000`` -> ``贰拾万玖仟捌佰伍拾元整``.

    Follows the annex on filling in bills of 《支付结算办法》(银发〔1997〕393号): runs of zeros inside are one 零,
    整 closes an amount that ends in yuan or jiao, an amount that ends in fen has none. Where the
    annex leaves 零 optional (the zero stands at the end of a group) it is left out.
    """
    fen = whole(fen)
    sign, fen = ("负", -fen) if fen < 0 else ("", fen)
    units, jiao, cents = fen // 100, fen // 10 % 10, fen % 10
    text = _capital_integer(units) + "元" if units else ""
    if jiao:
        text += DIGITS[jiao] + "角"
    if cents:
        text += ("零" if units and not jiao else "") + DIGITS[cents] + "分"
    else:
        text = (text or "零元") + "整"
    return sign + text


def _capital_integer(number: int) -> str:
    """Write a positive integer below a trillion in capital characters."""
    if number >= 10**12:
        raise ValueError("an amount this large cannot be written in capitals")
    text = ""
    for index in reversed(range(len(GROUPS))):
        group, above = number // 10_000**index % 10_000, number // 10_000 ** (index + 1) % 10_000
        if group:
            # Leading zeros of this group, or an empty group above it, are read as one 零.
            gap = text and (group < 1000 or not above)
            text += ("零" if gap else "") + _capital_group(group) + GROUPS[index]
    return text


def _capital_group(group: int) -> str:
    """Write 1..9999: ``1001`` -> ``壹仟零壹``, ``10`` -> ``壹拾``."""
    text, gap = "", False
    for place in reversed(range(4)):
        digit = group // 10**place % 10
        if digit:
            text += ("零" if gap else "") + DIGITS[digit] + PLACES[place]
        gap = bool(text) and not digit
    return text
