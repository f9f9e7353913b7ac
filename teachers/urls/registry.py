from django.urls import path

from teachers.views import acts, registry

patterns = [
    path("", registry.teachers, name="list"),
    path("export/", registry.export, name="export"),
    path("new/", registry.teacher_new, name="new"),
    path("<int:pk>/", registry.teacher, name="detail"),
    path("<int:pk>/edit/", registry.teacher_edit, name="edit"),
    path("<int:pk>/reveal/", registry.reveal, name="reveal"),
    path("<int:pk>/act/<slug:verb>/", acts.act, name="act"),
    path("posts/<int:pk>/correct/", acts.post_correct, name="post_correct"),
    path("posts/<int:pk>/withdraw/", acts.post_withdraw, name="post_withdraw"),
    path("terms/<int:pk>/end/", acts.term_end, name="term_end"),
]
