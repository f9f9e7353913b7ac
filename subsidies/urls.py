from django.urls import path

from .views import calculation, policy, why

app_name = "subsidies"
urlpatterns = [
    path("calculation/", calculation.calculation, name="calculation"),
    path("calculation/start/", calculation.start_recalculation, name="recalculate"),
    path("policy/", policy.policy, name="policy"),
    path("policy/load/", policy.load, name="policy_load"),
    path("why/<int:student_pk>/", why.why, name="why"),
    path("panel/<int:student_pk>/", why.student_panel, name="student_panel"),
]
