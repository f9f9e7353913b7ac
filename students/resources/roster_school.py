"""The school that a roster's row means: its code and its name say so together, or the row is held."""

from povertyedu.imports.places import SchoolBook, SchoolEntry
from povertyedu.imports.rows import Context, Row

COLUMNS = ("school_code", "school_name")
CONFLICT = "学校标识码“{}”是“{}”，学校名称却是“{}”（标识码{}），是两所不同的学校；请核对后改正标识码或名称。"


def school_of(row: Row, schools: SchoolBook, own: SchoolEntry | None, context: Context) -> SchoolEntry | None:
    """Return the school of ``row``, None for one that is not in the registry; note what is wrong with it.

    A row that names none is of the clerk's ``own`` school, where there is one alone in reach.
    """
    code, name = row.values["school_code"], row.values["school_name"]
    if own and not code and not name and not any(error.column in COLUMNS for error in row.errors):
        row.values["school_code"] = own.code
        return own
    school = schools.find(code, name)
    if school is None:
        if not any(error.column in COLUMNS for error in row.errors):
            row.reject("school_code", "school_unknown", _unknown(code or name))
    elif context.schools is not None and school.pk not in context.schools:
        told = f"“{school.name}”不是本校，不能由您导入；请由该校经办导入。"
        row.reject("school_code", "out_of_scope", told)
    elif name != school.name and (other := schools.contradicting(code, name)):  # nearly every name is right
        told = CONFLICT.format(code, school.name, name, other.code)
        row.reject("school_code", "school_conflict", told)
    return school


def _unknown(written: str | None) -> str:
    if not written:
        return "没有填写学校标识码和学校名称；请至少补填标识码。"
    return f"学校名册里没有“{written}”；请对照学校名册核对标识码，或先导入学校名册。"


def found_school(values: dict, shown: dict[str, str], schools: SchoolBook) -> dict[str, str]:
    """Return the name of the school that a row goes to, with the file's own where that is another text."""
    code, name = values.get("school_code"), values.get("school_name")
    school, written = schools.find(code, name), shown.get("school_name", "").strip()
    if school is None or written == school.name or schools.contradicting(code, name):
        return {}
    return {"school_name": f"{school.name}（文件写“{written}”）" if written else school.name}
