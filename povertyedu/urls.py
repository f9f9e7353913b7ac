"""Every address of the system, one line per app."""

from django.conf import settings
from django.urls import include, path

handler500 = "povertyedu.files.views.server_error"
urlpatterns = [
    path("", include("povertyedu.home.urls")),
    path("accounts/", include("povertyedu.accounts.urls")),
    path("students/", include("students.urls")),
    path("subsidies/", include("subsidies.urls")),
    path("dropout/", include("dropout.urls")),
    path("projects/", include("projects.urls")),
    path("teachers/", include("teachers.urls")),
    path("imports/", include("povertyedu.imports.urls")),
    path("indicators/", include("povertyedu.indicators.urls")),
    path("findings/", include("povertyedu.findings.urls")),
    path("publicity/", include("povertyedu.publicity.urls")),
    path("office/", include("povertyedu.office.urls")),
    path("inbox/", include("povertyedu.inbox.urls")),
    path("jobs/", include("povertyedu.jobs.urls")),
    path("files/", include("povertyedu.files.urls")),
]
if settings.DEBUG:
    urlpatterns.append(path("ui/", include("povertyedu.ui.urls")))
