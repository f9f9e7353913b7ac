from django.db import migrations, models

# As the roster's columns were headed when sets were lists of their names.
HEADINGS = {
    "school_code": "学校标识码", "school_name": "学校名称", "stage": "学段", "grade": "年级", "class_name": "班级", "name": "姓名",
    "sex": "性别", "ethnicity": "民族", "id_kind": "身份证件类型", "id_number": "身份证件号", "student_no": "全国学籍号",
    "birth_date": "出生日期", "home_township": "户籍乡镇", "home_village": "户籍村", "hukou": "户口性质", "boarding": "就读方式",
    "entered_on": "入学年月", "major": "专业", "agri_major": "是否涉农专业", "guardian_name": "监护人姓名",
    "guardian_relation": "监护人关系", "guardian_id": "监护人身份证件号", "phone": "联系电话", "is_left_behind": "是否留守儿童",
    "holder": "开户人", "holder_relation": "与开户人关系", "bank": "开户银行", "account": "银行账号", "remark": "备注",
    "fact_tier": "困难等级", "fact_full_time": "全日制", "fact_repeater": "复读（留级）", "fact_eats_at_school": "在校就餐",
    "fact_integrated": "随班就读", "fact_months": "在学月数", "fact_fee_tuition": "学费（元）", "fact_fee_textbook": "教科书费（元）",
    "fact_fee_lodging": "住宿费（元）", "fact_fee_care": "保教费（元）", "fact_fee_misc": "其他费用（元）", "fact_chosen": "选定项目",
}  # fmt: skip


def to_entries(apps, schema_editor):
    headings = dict(HEADINGS)
    for fact in apps.get_model("students", "CountyFact").objects.all():
        headings[f"fact_{fact.name}"] = f"{fact.label}（元）" if fact.kind == "money" else fact.label
    for found in apps.get_model("students", "ColumnSet").objects.all():
        found.entries = [
            {"source": name, "heading": headings[name], "form": "", "text": ""}
            for name in found.columns
            if name in headings
        ]
        found.save(update_fields=["entries"])


def to_columns(apps, schema_editor):
    for found in apps.get_model("students", "ColumnSet").objects.all():
        found.columns = [entry["source"] for entry in found.entries if entry["source"] in HEADINGS]
        found.save(update_fields=["columns"])


class Migration(migrations.Migration):
    dependencies = [("students", "0020_record_versions")]

    operations = [
        migrations.AddField(
            "columnset", "entries", models.JSONField("列", default=list, help_text="按次序：来源、列名、格式、固定内容")
        ),
        migrations.AddField(
            "columnset", "has_title", models.BooleanField("表头上方写标题、筛选条件和导出人", default=True)
        ),
        migrations.AddField("columnset", "version", models.PositiveIntegerField("版本", default=1)),
        migrations.AlterField(
            "columnset", "columns", models.JSONField("列", default=list, help_text="花名册列的代码名，按花名册的顺序")
        ),
        migrations.RunPython(to_entries, to_columns),
        migrations.RemoveField("columnset", "columns"),
    ]  # fmt: skip
