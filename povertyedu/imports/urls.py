from django.urls import path

from . import alias_views, column_views, fix_views, second_views, views

app_name = "imports"
urlpatterns = [
    path("", views.import_list, name="list"),
    path("upload/", views.upload, name="upload"),
    path("template/<slug:kind>/", views.template, name="template"),
    path("aliases/", alias_views.aliases, name="aliases"),
    path("aliases/<int:pk>/delete/", alias_views.alias_delete, name="alias_delete"),
    path("second/", second_views.seconds, name="seconds"),
    path("second/<int:pk>/", second_views.second, name="second"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/rows/", views.rows, name="rows"),
    path("<int:pk>/rows/<int:row>/fix/", fix_views.fix, name="fix"),
    path("<int:pk>/rows/<int:row>/accept/", fix_views.accept, name="accept"),
    path("<int:pk>/rows/<int:row>/settle/", fix_views.settle, name="settle"),
    path("<int:pk>/columns/", column_views.columns, name="columns"),
    path("<int:pk>/check/", views.recheck, name="check"),
    path("<int:pk>/apply/", views.apply, name="apply"),
    path("<int:pk>/cancel/", views.cancel, name="cancel"),
    path("<int:pk>/absent/", views.absent, name="absent"),
    path("<int:pk>/absent/download/", views.absent_download, name="absent_download"),
    path("<int:pk>/undo/", views.undo, name="undo"),
    path("<int:pk>/errors/", views.errors, name="errors"),
]
