from django.urls import path, register_converter

from .converters import DayConverter
from .views import accounts, areas, calendar, grants, logs, options, people, schools

register_converter(DayConverter, "day")

app_name = "office"
urlpatterns = [
    path("accounts/", accounts.accounts, name="accounts"),
    path("accounts/new/", accounts.account_new, name="account_new"),
    path("accounts/import/", accounts.account_import, name="account_import"),
    path("accounts/template/", accounts.account_template, name="account_template"),
    path("accounts/<int:pk>/", accounts.account_edit, name="account_edit"),
    path("accounts/<int:pk>/active/", accounts.account_active, name="account_active"),
    path("accounts/<int:pk>/reset/", accounts.account_reset, name="account_reset"),
    path("grants/", grants.grants, name="grants"),
    path("grants/proposals/", grants.proposals, name="proposals"),
    path("grants/proposals/settle/", grants.settle_proposals, name="settle_proposals"),
    path("grants/of/<int:pk>/", grants.account_grants, name="account_grants"),
    path("grants/of/<int:pk>/add/", grants.grant_add, name="grant_add"),
    path("grants/of/<int:pk>/hand-over/", grants.hand_over, name="hand_over"),
    path("grants/<int:pk>/end/", grants.grant_end, name="grant_end"),
    path("areas/", areas.areas, name="areas"),
    path("areas/new/", areas.area_new, name="area_new"),
    path("areas/<str:code>/", areas.area_edit, name="area_edit"),
    path("areas/<str:code>/merge/", areas.area_merge, name="area_merge"),
    path("areas/<str:code>/unmerge/", areas.area_unmerge, name="area_unmerge"),
    path("schools/", schools.schools, name="schools"),
    path("schools/new/", schools.school_new, name="school_new"),
    path("schools/<int:pk>/", schools.school_edit, name="school_edit"),
    path("schools/<int:pk>/classes/", schools.classes, name="classes"),
    path("classes/<int:pk>/", schools.class_edit, name="class_edit"),
    path("people/", people.people, name="people"),
    path("people/new/", people.person_new, name="person_new"),
    path("people/<int:pk>/", people.person_edit, name="person_edit"),
    path("terms/", calendar.terms, name="terms"),
    path("terms/calendar/", calendar.calendar, name="calendar"),
    path("terms/calendar/load/", calendar.calendar_load, name="calendar_load"),
    path("terms/calendar/<day:date>/delete/", calendar.day_delete, name="day_delete"),
    path("terms/<str:code>/", calendar.term_edit, name="term_edit"),
    path("terms/<str:code>/close/", calendar.term_close, name="term_close"),
    path("terms/<str:code>/reopen/", calendar.term_reopen, name="term_reopen"),
    path("options/", options.options, name="options"),
    path("audit/", logs.events, name="audit"),
    path("audit/export/", logs.export_events, name="audit_export"),
    path("audit/<int:pk>/", logs.event, name="audit_event"),
    path("audit/access/", logs.access_log, name="access_log"),
    path("audit/access/export/", logs.export_access, name="access_export"),
]
