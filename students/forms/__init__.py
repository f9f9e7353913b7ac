"""Forms of the registry: the list's filter, one child's record, reasons for opening numbers."""

from .access import ExportForm, RevealForm
from .filters import FilterForm, SearchForm
from .identity import IdentityForm
from .record import SECTIONS, StudentForm

__all__ = ["SECTIONS", "ExportForm", "FilterForm", "IdentityForm", "RevealForm", "SearchForm", "StudentForm"]
