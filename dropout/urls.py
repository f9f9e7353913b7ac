from django.urls import path

from .views import chain, gaps, panel, pledges, posts

app_name = "dropout"
urlpatterns = [
    path("posts/", posts.posts, name="posts"),
    path("posts/appoint/", posts.appoint, name="appoint"),
    path("posts/<int:pk>/end/", posts.post_end, name="post_end"),
    path("chain/", chain.chain, name="chain"),
    path("chain/pick/", chain.chain_pick, name="chain_pick"),
    path("chain/add/", chain.link_new, name="link_new"),
    path("chain/<int:pk>/", chain.link_edit, name="link_edit"),
    path("chain/<int:pk>/move/", chain.link_move, name="link_move"),
    path("chain/<int:pk>/remove/", chain.link_remove, name="link_remove"),
    path("gaps/", gaps.gaps, name="gaps"),
    path("mine/", posts.mine, name="mine"),
    path("people/<int:pk>/", posts.person, name="person"),
    path("student/<int:student_pk>/", panel.student_panel, name="student_panel"),
    path("pledges/", pledges.pledges, name="pledges"),
    path("pledges/make-out/", pledges.make_out, name="pledges_make_out"),
    path("pledges/zip/", pledges.pledges_zip, name="pledges_zip"),
    path("pledges/<int:pk>/docx/", pledges.pledge_docx, name="pledge_docx"),
    path("pledges/<int:pk>/file/", pledges.pledge_file, name="pledge_file"),
    path("pledges/<int:pk>/sign/", pledges.pledge_sign, name="pledge_sign"),
    path("pledges/levels/", pledges.levels, name="pledge_levels"),
    path("pledges/levels/take/", pledges.levels_take, name="pledge_levels_take"),
    path("pledges/levels/add/", pledges.level_edit, name="pledge_level_new"),
    path("pledges/levels/<int:pk>/", pledges.level_edit, name="pledge_level_edit"),
]
