"""A correction of a project does not cover what somebody else saved since its page was opened."""

import pytest
from django.urls import reverse

from tests.projects.building import project_at

pytestmark = pytest.mark.django_db
STALE = "您打开这一页之后，这个项目已被他人更正。请重新打开，核对后再改，以免盖掉对方的修改。"


def opened(client, project) -> dict:
    """Return what the form of correction holds when it is opened."""
    form = client.get(reverse("projects:edit", args=[project.pk])).context["form"]
    held = {name: form[name].value() for name in form.fields}
    return held | {"schools": [getattr(school, "pk", school) for school in held["schools"]]}


def save(client, project, data):
    return client.post(reverse("projects:edit", args=[project.pk]), data)


def test_what_another_saved_meanwhile_is_not_covered(client, officer, dormitory):
    client.force_login(officer)
    first, second = opened(client, dormitory), opened(client, dormitory)
    assert save(client, dormitory, first | {"name": "学生宿舍楼"}).status_code == 302
    late = save(client, dormitory, second | {"note": "含浴室"})
    assert (late.status_code, STALE in late.content.decode()) == (422, True)
    dormitory.refresh_from_db()
    assert (dormitory.name, dormitory.note) == ("学生宿舍楼", "")
    assert save(client, dormitory, opened(client, dormitory) | {"note": "含浴室"}).status_code == 302
    dormitory.refresh_from_db()
    assert (dormitory.name, dormitory.note) == ("学生宿舍楼", "含浴室")


def test_schools_another_saved_meanwhile_are_not_covered(client, officer, dormitory, qingshi):
    client.force_login(officer)
    first, second = opened(client, dormitory), opened(client, dormitory)
    assert save(client, dormitory, first | {"schools": [*first["schools"], qingshi.pk]}).status_code == 302
    assert save(client, dormitory, second | {"note": "含浴室"}).status_code == 422
    assert dormitory.sites.count() == 2


def test_page_that_was_opened_of_another_project_or_of_none_saves_nothing(
    client, officer, dormitory, xiazhai
):
    client.force_login(officer)
    other = project_at(xiazhai, by=officer.as_actor(), name="食堂")
    data = opened(client, dormitory) | {"note": "含浴室"}
    for seen in ("", opened(client, other)["seen"]):
        assert save(client, dormitory, data | {"seen": seen}).status_code == 422
    dormitory.refresh_from_db()
    assert dormitory.note == ""
