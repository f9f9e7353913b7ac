"""Money in fen: cut into shares that always add up to it, and shown in yuan."""

from collections.abc import Sequence


def split(amount_fen: int, weights: Sequence[int]) -> list[int]:
    """Cut fen by weight, by largest remainder: the parts sum to the amount exactly.

    Each part is its exact share rounded down, and the fen left over go one each to the largest remainders;
    between equal remainders the earlier share takes it, so the same input always gives the same parts.
    A negative amount (recovered money) is cut like the positive one. ValueError for no or negative weights,
    or weights that are all zero.
    """
    total = sum(weights)
    if total <= 0 or min(weights) < 0:
        raise ValueError("分担权重须为非负整数，且至少一项大于零")
    sign = -1 if amount_fen < 0 else 1
    exact = [divmod(abs(amount_fen) * weight, total) for weight in weights]
    parts = [whole for whole, _ in exact]
    by_remainder = sorted(range(len(weights)), key=lambda place: -exact[place][1])
    for place in by_remainder[: abs(amount_fen) - sum(parts)]:
        parts[place] += 1
    return [sign * part for part in parts]


def yuan(amount_fen: int) -> str:
    """Fen as yuan with thousands separators, exactly: 100000 -> 1,000.00."""
    sign = "-" if amount_fen < 0 else ""
    whole, fen = divmod(abs(amount_fen), 100)
    return f"{sign}{whole:,}.{fen:02}"
