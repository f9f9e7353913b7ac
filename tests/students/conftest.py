import pytest

from povertyedu.orgs.enums import SchoolKind
from students.actions import departures, promotion
from tests import factories

from .doubles import BIRTH, another


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


@pytest.fixture
def spring(db):
    """The term before autumn."""
    return factories.term("2020-spring")


@pytest.fixture
def junior(db):
    return factories.school("城关镇初级中学", kind=SchoolKind.JUNIOR)


@pytest.fixture
def pupils(xiazhai, spring):
    """A child in grade five, two in grade six, one on leave in grade three: last term."""
    made = {
        "五": factories.student(
            "五年生", at=xiazhai, during=spring, grade=5, class_name="1班", boarding=True
        ),
        "六": factories.student("六年生", at=xiazhai, during=spring, grade=6),
        "走": factories.student("走失生", at=xiazhai, during=spring, grade=6),
        "休": factories.student("休学生", at=xiazhai, during=spring, grade=3),
    }
    made["休"].enrolments.update(status="suspended")
    return made


@pytest.fixture
def run(pupils, clerk, xiazhai, junior, autumn):
    """Our school's promotion into autumn, as proposed."""
    departures.set_feeder(by=clerk.as_actor(), from_school=xiazhai, to_school=junior)
    return promotion.open_promotion(by=clerk.as_actor(), to_term=autumn, school=xiazhai)


@pytest.fixture
def one(xiazhai, autumn):
    """The first record of a child."""
    return factories.student("罗娜", at=xiazhai, during=autumn, birth_date=BIRTH)


@pytest.fixture
def pair(one, qingshi, autumn):
    """It and another record of the same name and birth date, queued."""
    return factories.pair(one, another(qingshi, autumn))
