from django.urls import path

from . import views

app_name = "inbox"
urlpatterns = [
    path("", views.message_list, name="list"),
    path("read-all/", views.read_all, name="read_all"),
    path("<int:pk>/", views.open_message, name="open"),
]
