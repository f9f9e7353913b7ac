from django.urls import path

from .views import detail, drafts, identification, listing, moves, record

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
    path("moves/", moves.move_list, name="moves"),
    path("moves/take-in/", moves.take_in, name="take_in"),
    path("moves/<int:pk>/", moves.move, name="move"),
    path("moves/<int:pk>/answer/", moves.move_answer, name="move_answer"),
    path("moves/<int:pk>/withdraw/", moves.move_withdraw, name="move_withdraw"),
    path("moves/<int:pk>/follow-up/", moves.move_follow_up, name="move_follow_up"),
    path("<int:pk>/move/", moves.move_of, name="move_of"),
    path("identification/", identification.workbench, name="identification"),
    path("identification/dispose/", identification.dispose, name="dispose"),
    path("identification/feedback/<slug:audience>/", identification.feedback, name="feedback"),
    path("identification/enrolments/<int:pk>/proof/", identification.proof_add, name="proof_add"),
    path("identification/proofs/<int:pk>/", identification.proof, name="proof"),
    path("identification/proofs/<int:pk>/file/", identification.proof_file, name="proof_file"),
    path("<int:pk>/", detail.student_detail, name="detail"),
    path("<int:pk>/edit/", record.edit, name="edit"),
    path("<int:pk>/draft/", drafts.save, name="draft_of"),
    path("<int:pk>/draft/discard/", drafts.discard, name="draft_of_discard"),
    path("<int:pk>/reveal/<slug:field>/", detail.reveal, name="reveal"),
]
