"""The system's addresses and one that does nothing: the floor every page is compared with."""

from django.db import connection
from django.http import HttpResponse
from django.urls import path

from povertyedu.urls import urlpatterns as pages


def ping(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok")


urlpatterns = [*pages, path("bench-ping/", ping, name="bench-ping")]
