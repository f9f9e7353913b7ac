"""The gallery: each component with example data, for people who build pages and for tests."""

from django.contrib.auth.decorators import login_not_required
from django.shortcuts import render

from . import examples


@login_not_required
def gallery(request):
    """Show every component once; reads nothing and changes nothing."""
    return render(request, "ui/gallery.html", examples.context())
