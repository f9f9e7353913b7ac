"""The words of dropout control that code must know."""

from .chains import AREA_DIGITS, PLACE_FIELDS, Lack, Line, PlaceKind

__all__ = ["AREA_DIGITS", "PLACE_FIELDS", "Lack", "Line", "PlaceKind"]
