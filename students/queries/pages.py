"""Pages by key of lists that stand in the order of their keys."""

from povertyedu.ui.paging import PER_PAGE, KeyPage, key_page

__all__ = ["PER_PAGE", "KeyPage", "key_page"]
