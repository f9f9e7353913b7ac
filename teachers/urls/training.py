"""Plan and coverage of training, its courses and who takes part."""

from django.urls import path

from teachers.views import courses, training

patterns = [
    path("training/", training.training, name="training"),
    path("training/export/", training.training_export, name="training_export"),
    path("training/targets/new/", training.target_new, name="training_target_new"),
    path("training/coverage/", training.coverage, name="training_coverage"),
    path("training/coverage/export/", training.coverage_export, name="training_coverage_export"),
    path("training/untrained/", training.untrained, name="training_untrained"),
    path("training/untrained/export/", training.untrained_export, name="training_untrained_export"),
    path("training/courses/", courses.courses, name="courses"),
    path("training/courses/new/", courses.course_edit, name="course_new"),
    path("training/courses/<int:pk>/", courses.course, name="course"),
    path("training/courses/<int:pk>/edit/", courses.course_edit, name="course_edit"),
    path("training/courses/<int:pk>/export/", courses.course_export, name="course_export"),
    path("training/courses/<int:pk>/enrol/", courses.enrol, name="course_enrol"),
    path("training/courses/<int:pk>/confirm/", courses.confirm_all, name="course_confirm"),
    path("training/trainees/<int:pk>/evidence/", courses.evidence, name="training_evidence"),
    path("training/trainees/<int:pk>/<slug:verb>/", courses.trainee_step, name="trainee_step"),
]
