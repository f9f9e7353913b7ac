"""Keys that are handed to another office on paper, and the keyed hashes both sides make with one.

A list of ID numbers goes out as HMAC-SHA256 digests under a random key of its own; the key travels apart from the list.
Who holds both can ask whether a number they know is on the list, and learns no other number.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable

BYTES = 20  # 160 bits, 32 characters in base 32
GROUP = 4
_CHECKED = 32
_LOOKALIKES = str.maketrans("01", "OI")  # neither figure is in the alphabet


class KeyMistyped(ValueError):
    """A key that cannot be one; the message is a Chinese sentence for whoever typed it."""


def new_key() -> str:
    """Return a random key as it is written on paper: nine groups of four, the last one a check on the others."""
    text = base64.b32encode(secrets.token_bytes(BYTES)).decode()
    return _grouped(text + _check(text))


def read_key(text: str) -> str:
    """Return a typed key as :func:`new_key` writes it; raise KeyMistyped. Case, spaces and dashes do not matter."""
    plain = "".join(sign for sign in text.upper() if sign.isalnum()).translate(_LOOKALIKES)
    if len(plain) != _CHECKED + GROUP:
        raise KeyMistyped(f"密钥应为 9 组、每组 4 个字符，您填了 {len(plain)} 个字符；请对照密钥函重新填写。")
    body = plain[:_CHECKED]
    try:
        base64.b32decode(body)
    except ValueError:  # a sign of another alphabet, or of no alphabet at all
        raise KeyMistyped("密钥只由字母和数字 2 至 7 组成；请对照密钥函重新填写。") from None
    if not hmac.compare_digest(_check(body).encode(), plain[_CHECKED:].encode()):
        raise KeyMistyped("密钥抄写有误（最后一组核对不上）；请对照密钥函逐组核对。")
    return _grouped(plain)


def _check(body: str) -> str:
    return base64.b32encode(hashlib.sha256(body.encode()).digest()).decode()[:GROUP]


def _grouped(text: str) -> str:
    return "-".join(text[start : start + GROUP] for start in range(0, len(text), GROUP))


class Handover:
    """What both sides compute with one key."""

    def __init__(self, key: str):
        """``key`` as :func:`new_key` or :func:`read_key` gives it."""
        self._key = base64.b32decode(key.replace("-", "")[:_CHECKED])

    def digest(self, id_number: str) -> str:
        """Return 64 hex digits that stand for an ID number of 18 characters."""
        return self._hex(id_number.strip().upper())

    def proof_of_key(self, number: str) -> str:
        """Return what a list carries so that its reader can tell the right key: nothing about anybody on it."""
        return self._hex(f"key of {number}")[:16]

    def proof_of_list(self, number: str, rows: Iterable[Iterable]) -> str:
        """Return what a list carries so that its reader can tell that no row was changed, dropped or added."""
        lines = "\n".join("\t".join(str(cell) for cell in row) for row in rows)
        return self._hex(f"list of {number}\n{lines}")[:32]

    def _hex(self, text: str) -> str:
        return hmac.digest(self._key, text.encode(), hashlib.sha256).hex()
