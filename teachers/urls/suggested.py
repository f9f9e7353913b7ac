from django.urls import path

from teachers.views import suggested, suggested_moves

patterns = [
    path("suggested/", suggested.plans, name="suggested_plans"),
    path("suggested/new/", suggested.plan_new, name="suggested_new"),
    path("suggested/<int:pk>/", suggested.plan, name="suggested"),
    path("suggested/<int:pk>/export/", suggested.export, name="suggested_export"),
    path("suggested/<int:pk>/solve/", suggested.solve_again, name="suggested_solve"),
    path("suggested/<int:pk>/rules/", suggested.plan_change, name="suggested_change"),
    path("suggested/<int:pk>/adopt/", suggested.adopt, name="suggested_adopt"),
    path("suggested/<int:pk>/drop/", suggested.drop, name="suggested_drop"),
    path("suggested/<int:pk>/pin/", suggested_moves.pin, name="suggested_pin"),
    path("suggested/moves/<int:pk>/", suggested_moves.move, name="suggested_move"),
    path("suggested/moves/<int:pk>/<slug:verb>/", suggested_moves.say, name="suggested_say"),
    path("suggested/holds/<int:pk>/take-back/", suggested_moves.take_back, name="suggested_take_back"),
]
