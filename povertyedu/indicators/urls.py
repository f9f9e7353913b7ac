from django.urls import path

from .views import notices, rates, targets

app_name = "indicators"
urlpatterns = [
    path("", rates.indicators, name="list"),
    path("targets/", targets.targets, name="targets"),
    path("targets/set/", targets.target_set, name="target_set"),
    path("targets/pick/", targets.preset_pick, name="preset_pick"),
    path("changes/", targets.changes, name="changes"),
    path("notices/", notices.notices, name="notices"),
    path("notices/issue/", notices.issue, name="issue"),
    path("notices/<int:pk>/", notices.notice, name="notice"),
    path("notices/<int:pk>/<slug:verb>/", notices.step, name="step"),
    path("names/<int:pk>/", rates.names, name="names"),
    path("<slug:code>/", rates.indicator, name="detail"),
]
