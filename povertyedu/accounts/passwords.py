import re

from django.core.exceptions import ValidationError

_CLASSES = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^a-zA-Z0-9]")


class CharacterClassValidator:
    """At least three of: lower case, upper case, digits, others (等保 2.0, GB/T 22239-2019)."""

    def validate(self, password, user=None):
        if sum(bool(re.search(pattern, password)) for pattern in _CLASSES) < 3:
            raise ValidationError(self.get_help_text(), code="too_few_classes")

    def get_help_text(self):
        return "密码须含小写字母、大写字母、数字、其他符号中的至少三类。"
