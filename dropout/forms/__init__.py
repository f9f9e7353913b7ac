"""What is typed on the pages of dropout control."""

from povertyedu.accounts.filters import townships_of

from .chains import AppointForm, EndForm, GapsFilter, LinkForm, PlacesFilter

__all__ = ["AppointForm", "EndForm", "GapsFilter", "LinkForm", "PlacesFilter", "townships_of"]
