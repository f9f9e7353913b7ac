"""What was decided about a case, and why, and what was reported of it is never changed or deleted."""

from django.db import migrations

from povertyedu.schema import keeping

DECIDED = "个案办理记录不得修改或删除"
REPORTED = "逾期上报、走访和送教记录不得修改或删除"


class Migration(migrations.Migration):
    dependencies = [("dropout", "0001_initial")]

    operations = [
        keeping(
            {
                "dropout_casedecision": DECIDED,
                "dropout_casereason": DECIDED,
                "dropout_escalation": REPORTED,
                "dropout_visit": REPORTED,
                "dropout_lesson": REPORTED,
            }
        )
    ]
