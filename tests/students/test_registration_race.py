"""Two clerks open the same child's record in the same moment: the database lets one of them."""

import threading
import time

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from povertyedu.workflow.flow import Actor
from students.actions.registration import register
from students.models import Student
from tests import factories


def _data(school, number):
    return {
        "name": "王小雨", "sex": "male", "birth_date": None, "ethnicity": "", "id_kind": "id_card", "id_number": number,
        "student_no": "", "phone": "", "home": None, "home_address": "", "hukou": "", "is_left_behind": False, "remark": "",
        "guardian_name": "", "guardian_relation": "", "guardian_id_number": "",
        "account_holder": "", "account_bank": "", "account_number": "",
        "stage": "primary", "grade": 2, "school": school, "school_class": None, "boarding": False, "major": "",
        "agri_major": False, "place": "in_county", "outside_school": "", "outside_region": "", "aided_elsewhere": "unknown", "entered_on": None,
        "meal_days": None, "status": "studying", "facts": {},
    }  # fmt: skip


@pytest.mark.sql
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one writer at a time begin at all")
@pytest.mark.django_db(transaction=True)
def test_record_opened_by_two_at_once_is_refused_to_the_second_in_words():
    term, school, number = factories.term(), factories.school(), factories.id_number()
    refused = []

    def second():
        try:
            register(by=Actor(2, "何勇", "学校经办"), term=term, data=_data(school, number))
        except ValidationError as refusal:
            refused.append(refusal.message_dict)
        finally:
            connection.close()

    other = threading.Thread(target=second)
    with transaction.atomic():
        register(by=Actor(1, "杨丽", "学校经办"), term=term, data=_data(school, number))
        other.start()
        _wait_until_one_waits_for_a_lock()
    other.join(timeout=20)
    assert list(refused[0]) == ["id_number"]
    assert refused[0]["id_number"][0].startswith("该身份证件号已有档案，不能重复建档")
    assert list(Student.objects.values_list("updated_by", flat=True)) == ["杨丽"]


def _wait_until_one_waits_for_a_lock():
    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.05)
    raise AssertionError("the second registration never came to the unique index")
