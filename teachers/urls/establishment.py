from django.urls import path

from teachers.views import acts, establishment, need

patterns = [
    path("establishment/", establishment.establishment, name="establishment"),
    path("establishment/export/", establishment.establishment_export, name="establishment_export"),
    path("establishment/<int:pk>/", establishment.school_establishment, name="school_establishment"),
    path("establishment/<int:pk>/authorise/", establishment.authorise, name="authorise"),
    path("establishment/<int:pk>/place/", acts.place, name="place"),
    path("excess/", establishment.excesses, name="excesses"),
    path("excess/new/", establishment.excess_new, name="excess_new"),
    path("excess/<int:pk>/", establishment.excess, name="excess"),
    path("excess/<int:pk>/<slug:verb>/", establishment.excess_step, name="excess_step"),
    path("need/", need.need, name="need"),
    path("need/export/", need.need_export, name="need_export"),
    path("need/<int:pk>/", need.school_need, name="school_need"),
    path("standards/", need.standards, name="standards"),
    path("standards/new/", need.standard_edit, name="standard_new"),
    path("standards/take/", need.standards_take, name="standards_take"),
    path("standards/<int:pk>/", need.standard_edit, name="standard_edit"),
    path("standards/hours/<slug:stage>/", need.hours, name="hours"),
]
