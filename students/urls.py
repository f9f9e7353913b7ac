from django.urls import path

from .views import detail, drafts, listing, record

app_name = "students"
urlpatterns = [
    path("", listing.student_list, name="list"),
    path("search/", listing.search, name="search"),
    path("export/", listing.export, name="export"),
    path("new/", record.create, name="create"),
    path("new/draft/", drafts.save_new, name="draft"),
    path("new/draft/discard/", drafts.discard_new, name="draft_discard"),
    path("check-id/", record.check_id, name="check_id"),
    path("placement/", record.placement, name="placement"),
    path("villages/", record.villages, name="villages"),
    path("<int:pk>/", detail.student_detail, name="detail"),
    path("<int:pk>/edit/", record.edit, name="edit"),
    path("<int:pk>/draft/", drafts.save, name="draft_of"),
    path("<int:pk>/draft/discard/", drafts.discard, name="draft_of_discard"),
    path("<int:pk>/reveal/<slug:field>/", detail.reveal, name="reveal"),
]
