"""What is told in red is important; a failure is one such thing."""

from django.db import migrations, models

from povertyedu.schema import Altering

TONES = [("ok", "完成"), ("info", "通知"), ("warn", "提醒"), ("bad", "重要")]


class Migration(migrations.Migration):
    dependencies = [("inbox", "0001_initial")]

    operations = [
        Altering(
            [
                migrations.AlterField(
                    "message", "tone", models.CharField("性质", choices=TONES, default="info", max_length=8)
                )
            ]
        )
    ]
