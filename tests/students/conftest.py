import pytest

from tests import factories


@pytest.fixture
def luona(xiazhai, autumn):
    """A pupil of grade five at our school, with guardian and account."""
    return factories.student("罗娜", at=xiazhai, during=autumn, boarding=True, phone="13912342716")


@pytest.fixture
def filled(xiazhai, autumn):
    """What the form of a new child sends when everything is right."""
    village = factories.village()
    return {
        "name": "王小雨",
        "id_kind": "id_card",
        "id_number": factories.id_number(77, birth="20130917"),
        "ethnicity": "布依族",
        "hukou": "rural",
        "home_township": village.parent_id,
        "home_village": village.pk,
        "home_address": "三组27号",
        "guardian_name": "王建平",
        "guardian_relation": "父亲",
        "phone": "13912340000",
        "school": xiazhai.pk,
        "stage": "primary",
        "grade": "2",
        "school_class": factories.school_class(xiazhai, grade=2, name="3班").pk,
        "boarding": "1",
        "is_left_behind": "on",
        "account_holder": "王小雨",
        "account_bank": "县农村信用社",
        "account_number": "6226 0000 1111 2222 333",
    }
