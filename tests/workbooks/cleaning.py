"""What tests of cleaning share."""

import pytest

from povertyedu.workbooks.cells import CellError


def refused(cleaner, cell) -> str:
    """Return the code of the refusal, whose message is a sentence."""
    with pytest.raises(CellError) as error:
        cleaner(cell)
    assert error.value.message.endswith("。")
    return error.value.code
