from django.db import models

from . import seal, sealer, unseal


class SealedCharField(models.Field):
    """Text that is sealed in the database and plain in Python; "" stays "".

    It cannot be searched; keep a :func:`~povertyedu.sealing.keyed_hash` beside it.
    """

    description = "Text sealed at rest"
    empty_strings_allowed = True

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("default", "")
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    def get_internal_type(self):
        return "BinaryField"

    def from_db_value(self, value, expression, connection):
        return unseal(value) if value else ""

    def get_db_prep_value(self, value, connection, prepared=False):
        sealed = seal(value) if isinstance(value, str) and value else value or b""
        return connection.Database.Binary(sealed)

    @staticmethod
    def bulk_preparer():
        """Return what makes very many values ready for the driver (:mod:`povertyedu.bulk`)."""
        seal_next = sealer()
        return lambda text: seal_next(text) if text else b""

    def value_to_string(self, obj):
        return ""  # serialised fixtures never carry a number in clear
