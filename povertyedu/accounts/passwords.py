"""Password rules, and the random first passwords that slips carry."""

import re
import secrets

from django.contrib.auth.hashers import get_hasher
from django.contrib.auth.password_validation import MinimumLengthValidator
from django.core.exceptions import ValidationError

_CLASSES = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^a-zA-Z0-9]")
# Without what is misread on paper: 0 O o, 1 l I, 2 Z z, 5 S s.
_LOWER, _UPPER, _DIGITS = "abcdefghijkmnpqrtuvwxy", "ABCDEFGHJKLMNPQRTUVWXY", "346789"


class LengthValidator(MinimumLengthValidator):
    """Django's rule in our words; 5.2 has no Chinese for it."""

    def get_error_message(self):
        return f"密码太短，至少 {self.min_length} 位。"

    def get_help_text(self):
        return self.get_error_message()


class CharacterClassValidator:
    """At least three of: lower case, upper case, digits, others (等保 2.0, GB/T 22239-2019)."""

    def validate(self, password, user=None):
        if sum(bool(re.search(pattern, password)) for pattern in _CLASSES) < 3:
            raise ValidationError(self.get_help_text(), code="too_few_classes")

    def get_help_text(self):
        return "密码须含小写字母、大写字母、数字、其他符号中的至少三类。"


def first_password() -> str:
    """Return a random password such as ``Kf7m-xR3q-p9Td``: 12 characters of about 67 bits, easy to type."""
    letters = [secrets.choice(kind) for kind in (_LOWER, _UPPER, _DIGITS)]
    letters += [secrets.choice(_LOWER + _UPPER + _DIGITS) for _ in range(9)]
    secrets.SystemRandom().shuffle(letters)
    text = "".join(letters)
    return f"{text[:4]}-{text[4:8]}-{text[8:]}"


def hash_first_password(password: str) -> str:
    """Hash a random first password with fewer rounds: its length protects it, and a school's import has hundreds.

    Django hashes it again in full at the first login, and then it must be changed at once.
    """
    hasher = get_hasher()
    fewer = {"iterations": 20_000} if hasher.algorithm == "pbkdf2_sha256" else {}
    return hasher.encode(password, hasher.salt(), **fewer)
