"""What is typed on the pages of dropout control."""

from .chains import AppointForm, EndForm, GapsFilter, LinkForm, PlacesFilter, townships_of

__all__ = ["AppointForm", "EndForm", "GapsFilter", "LinkForm", "PlacesFilter", "townships_of"]
