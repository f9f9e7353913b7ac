"""What tests of teachers share."""

import pytest

from tests.factories import teachers
from tests.imports.conftest import run  # noqa: F401  the import command on bytes
from tests.teachers.moving import appoint, day


@pytest.fixture
def leaving(xiazhai, qingshi):
    """王芳: 下寨 has two places, both taken, and she goes to 青石 in a hundred days."""
    teachers.establishment(xiazhai, 2)
    teachers.establishment(qingshi, 9)
    teachers.teacher("钱静", xiazhai)
    wang = teachers.teacher("王芳", xiazhai)
    appoint(wang, qingshi, day(100))
    return wang
