"""Import kinds of the subsidy side, named in ``settings.IMPORT_RESOURCES``."""

from .receipts import FundReceiptResource

__all__ = ["FundReceiptResource"]
