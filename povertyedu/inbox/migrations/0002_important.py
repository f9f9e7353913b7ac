"""What is told in red is important; a failure is one such thing."""

from django.db import migrations, models

TONES = [("ok", "完成"), ("info", "通知"), ("warn", "提醒"), ("bad", "重要")]


class Migration(migrations.Migration):
    dependencies = [("inbox", "0001_initial")]

    operations = [
        # a choice is no column: nothing of the table changes
        migrations.AlterField(
            "message", "tone", models.CharField("性质", choices=TONES, default="info", max_length=8)
        )
    ]
