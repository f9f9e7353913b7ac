"""What tests of teachers share."""

from tests.imports.conftest import run  # noqa: F401  the import command on bytes
