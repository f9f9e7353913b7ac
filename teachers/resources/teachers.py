"""教师名册: who teaches where, one line a teacher. A changed school is a move from the day that is given."""

import datetime as dt
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from povertyedu.accounts.permissions import Permission
from povertyedu.imports.cleaning import known_value_words, one_of, short_text
from povertyedu.imports.places import AreaBook, AreaUnknown, SchoolBook
from povertyedu.imports.resources import ImportResource
from povertyedu.imports.rows import Change, Context, Row
from povertyedu.orgs.enums import Stage
from povertyedu.orgs.models import Person
from povertyedu.sealing import keyed_hash
from povertyedu.workbooks.cells import clean_code, clean_id_number, clean_person_name, clean_yes_no
from povertyedu.workbooks.columns import Column
from povertyedu.workbooks.dates import clean_date
from povertyedu.workbooks.identity import birth_date_of, sex_of
from povertyedu.workflow.flow import Actor
from teachers.actions.roster import Entry, Posting, Service, take_in
from teachers.enums.registry import (
    SERVICE_YEARS,
    AppointmentKind,
    Backbone,
    Origin,
    ServiceKind,
    Sex,
    Subject,
    TeacherState,
    Title,
)
from teachers.models import Appointment, Deployment, Establishment, ServiceTerm, Teacher

STAGES = {stage.label: stage.value for stage in list(Stage)[:5]} | {
    "学前教育": "preschool", "幼儿园": "preschool", "高中": "senior", "普高": "senior", "职高": "vocational", "中等职业": "vocational",
}  # fmt: skip
SUBJECTS = {subject.label: subject.value for subject in Subject} | {
    "政治": "morality", "思想政治": "morality", "道法": "morality", "品德": "morality", "体育与健康": "sport", "信息": "computing", "信息科技": "computing",
    "计算机": "computing", "外语": "english", "心理": "mental_health", "幼教": "preschool", "学前": "preschool", "特教": "special", "综合": "all",
}  # fmt: skip
TITLES = {title.label: title.value for title in Title} | {
    "正高级教师": "full_senior", "高级教师": "senior", "副高级": "senior", "一级教师": "first", "中级": "first", "二级教师": "second", "三级教师": "third",
    "无": "none", "未定级": "none",
}  # fmt: skip
BACKBONES = {rank.label: rank.value for rank in Backbone} | {
    "县级": "county", "市级": "prefecture", "州级": "prefecture", "市级骨干": "prefecture", "州级骨干": "prefecture", "省级": "province", "国家级": "national",
}  # fmt: skip
ORIGINS = {origin.label: origin.value for origin in Origin} | {
    "特岗": "special_post", "特岗教师": "special_post", "定向": "commissioned", "定向培养": "commissioned", "公招": "open_recruitment",
    "免费师范生": "funded_normal", "公费师范生": "funded_normal",
}  # fmt: skip
KINDS = {kind.label: kind.value for kind in AppointmentKind} | {
    "编内": "established",
    "编外": "contract",
    "合同": "contract",
    "合同制": "contract",
}
SERVICES = {kind.label: kind.value for kind in ServiceKind} | {
    "特岗": "special_post",
    "合同": "contract",
    "定向": "commissioned",
}
STATES = {state.label: state.value for state in TeacherState} | {
    "在岗": "active",
    "调出": "left",
    "离职": "left",
    "辞职": "left",
}
SEXES = {sex.label: sex.value for sex in Sex}
# Facts of the register by the column that gives them: heading, and the words of their values.
FACTS = {
    "sex": ("性别", SEXES), "birth_on": ("出生日期", None), "stage": ("学段", STAGES), "subject": ("任教学科", SUBJECTS), "can_teach_all": ("能教全科", None),
    "title": ("职称", TITLES), "backbone": ("骨干教师", BACKBONES), "origin": ("来源", ORIGINS), "began_on": ("参加工作日期", None),
    "home_area": ("家庭所在乡镇", None), "willing_remote": ("愿到偏远学校", None), "family_care": ("家庭需要照顾", None), "remark": ("备注", None),
}  # fmt: skip


@dataclass
class Known:
    """What the register has of a teacher."""

    pk: int
    person: int
    name: str
    facts: dict[str, Any]
    id_hash: str | None
    state: str
    post: tuple | None = None  # key, school, since, kind
    services: set[tuple] = field(default_factory=set)  # kind, since, until


def _words(words: dict, label: str, *aliases: str, **more) -> Column:
    return Column(
        label, aliases=aliases, clean=one_of(words, label), choices=known_value_words(words), **more
    )


def _yes(label: str, *aliases: str, **more) -> Column:
    return Column(label, aliases=aliases, clean=clean_yes_no, choices=("是", "否"), **more)


class TeacherResource(ImportResource):
    """Teachers by 工号. What is registered is brought up to the file; a blank never erases; the same file again writes nothing."""

    kind = "teachers"
    label = "教师名册"
    permission = Permission.IMPORT_TEACHERS
    needs_term = False
    preview = ("code", "name", "school", "stage", "subject", "title", "post_kind", "since")
    key_column = "code"
    identified_by = ""
    conflict_message = "同一工号在文件里出现了两次，内容不同；请核对后只保留正确的一行。"
    note = "一行一位教师，按工号认人。请先导入各校编制。换了学校的要写新的聘任日期，按调动办理，原岗位到前一天止；空格不改原有资料。"

    code = Column(
        "工号",
        aliases=("教师编号", "职工号", "教职工号"),
        required=True,
        clean=clean_code,
        as_text=True,
        width=12,
    )
    name = Column(
        "姓名",
        aliases=("教师姓名",),
        required=True,
        missing_code="name_missing",
        clean=clean_person_name,
        width=10,
    )
    id_number = Column(
        "身份证件号", aliases=("身份证号", "身份证号码"), clean=clean_id_number, as_text=True, width=20
    )
    sex = _words(SEXES, "性别", note="不填按身份证件号")
    birth_on = Column(
        "出生日期", aliases=("出生年月日",), clean=clean_date, width=13, note="不填按身份证件号"
    )
    stage = _words(STAGES, "学段", "任教学段")
    subject = _words(SUBJECTS, "任教学科", "学科", "任教课程")
    can_teach_all = _yes("能教全科", "全科", "是否全科")
    title = _words(TITLES, "职称", "专业技术职务")
    backbone = _words(BACKBONES, "骨干教师", "骨干", "骨干级别")
    origin = _words(ORIGINS, "来源", "招聘渠道", "教师来源")
    began_on = Column("参加工作日期", aliases=("参加工作时间", "工作时间"), clean=clean_date, width=14)
    school = Column(
        "学校",
        aliases=("任教学校", "学校名称", "学校标识码"),
        clean=short_text(80),
        as_text=True,
        width=24,
        note="名称或标识码；不填为待安排岗位",
    )
    since = Column("聘任日期", aliases=("到校日期", "任职日期", "到校时间"), clean=clean_date, width=13)
    post_kind = _words(KINDS, "编制情况", "是否在编", "编制", note="不填为在编")
    home = Column("家庭所在乡镇", aliases=("家庭住址乡镇", "家庭所在地"), clean=short_text(60), width=14)
    willing_remote = _yes("愿到偏远学校", "愿意到偏远学校")
    family_care = _yes("家庭需要照顾", "需照顾家庭")
    service_kind = _words(SERVICES, "服务期种类", "服务期", "合同种类")
    service_since = Column("服务期起", aliases=("合同起", "服务期开始"), clean=clean_date, width=13)
    service_until = Column(
        "服务期止", aliases=("合同止", "服务期结束"), clean=clean_date, width=13, note="特岗服务期不填为 3 年"
    )
    state = _words(STATES, "状态", "在职状态")
    remark = Column("备注", aliases=("说明",), clean=short_text(200), width=20)

    def look_up(self, rows, context: Context) -> None:
        self.schools, self.areas = SchoolBook(), AreaBook()

    # --- one row by itself ---

    def examine(self, row: Row, context: Context) -> None:
        values = row.values
        number = values["id_number"] or ""
        if number:
            self._compare_with_number(row, number)
        school = self._school(row, context)
        home = None
        try:
            home = self.areas.find(values["home"], None)
        except AreaUnknown:
            row.warn("home", "area_unknown", f"本县没有“{values['home'][:30]}”这个乡镇，家庭所在地没有采用。")
        facts = {name: values[name] for name in FACTS if name != "home_area"} | {"home_area": home}
        row.found = Entry(
            code=values["code"] or "", name=values["name"] or "", id_number=number, facts=facts, service=self._service(row),
            posting=Posting(school.pk, values["since"], values["post_kind"]) if school else None, state=values["state"],
        )  # fmt: skip

    def _compare_with_number(self, row: Row, number: str) -> None:
        values, born = row.values, birth_date_of(number)
        if values["birth_on"] is None:
            values["birth_on"] = born
        elif values["birth_on"] != born:
            row.reject(
                "birth_on", "birth_differs", f"出生日期与身份证件号里的 {born} 不一致；请核对后改正其中一项。"
            )
        sex = SEXES[sex_of(number)]
        if values["sex"] is None:
            values["sex"] = sex
        elif values["sex"] != sex:
            row.reject("sex", "sex_differs", "性别与身份证件号不一致；请核对后改正其中一项。")

    def _school(self, row: Row, context: Context):
        word = row.values["school"]
        found = self.schools.named(word)
        if word and not found:
            row.reject(
                "school",
                "school_unknown",
                f"没有叫“{word[:40]}”的学校，或不止一所；请照学校名册填写名称或标识码。",
            )
        return found or None

    def _service(self, row: Row) -> Service | None:
        kind, since, until = (row.values[name] for name in ("service_kind", "service_since", "service_until"))
        if not (kind or since or until):
            return None
        if not (kind and since):
            row.reject(
                "service_since", "service_incomplete", "服务期要写明种类和起日；请补全，或三格都不填。"
            )
            return None
        if until is None and kind in SERVICE_YEARS:
            until = _years_after(since, SERVICE_YEARS[kind])
        if until is None or until <= since:
            row.reject("service_until", "service_incomplete", "服务期的止日应晚于起日；请填写止日。")
            return None
        return Service(kind, since, until)

    def key(self, row: Row):
        return row.values["code"] or None

    def fingerprint(self, row: Row):
        return tuple(row.values.values())

    # --- a row beside what the register has ---

    def look_up_records(self, rows, context: Context) -> None:
        self.known = _register()
        self.by_hash = {known.id_hash: code for code, known in self.known.items() if known.id_hash}
        self.places = {found.school_id: found for found in Establishment.objects.all()}
        self.away = {
            row.teacher_id: row for row in Deployment.objects.under_way().select_related("receiving")
        }
        self.held = Appointment.objects.holding_places()
        self.given: Counter = Counter()  # places that rows above take, by school
        self.hashes: dict[str, str] = {}
        persons: dict[tuple, list[int]] = defaultdict(list)
        names = Person.objects.filter(teacher=None, school__isnull=False).values_list("name", "school", "pk")
        for name, school, pk in names:
            persons[name, school].append(pk)
        self.persons = {key: keys[0] for key, keys in persons.items() if len(keys) == 1}

    def compare(self, row: Row, context: Context) -> list[Change] | None:
        entry: Entry = row.found
        known = self.known.get(entry.code)
        self._refuse_another(row, entry, known)
        if known and known.post and entry.state in (TeacherState.RETIRED, TeacherState.LEFT):
            row.reject("state", "post_not_ended", "这位教师还有岗位；请先在教师页里办理离任，写明止任日期。")
        entry.moves = self._moves(row, entry, known)
        if known is None:
            self._complete(row, entry)
            entry.person = self.persons.get((entry.name, entry.posting.school if entry.posting else None))
            return None
        entry.teacher, entry.person, entry.old_post = known.pk, known.person, known.post and known.post[0]
        entry.has_service = bool(
            entry.service and (entry.service.kind, entry.service.since, entry.service.until) in known.services
        )
        return [*self._fact_changes(entry, known), *self._post_changes(entry, known)]

    def _refuse_another(self, row: Row, entry: Entry, known: Known | None) -> None:
        if not entry.id_number:
            return
        digest = keyed_hash(entry.id_number)
        holder = self.by_hash.get(digest, entry.code)
        if holder != entry.code:
            row.reject("id_number", "id_taken", f"这个身份证件号已登记在工号 {holder} 名下；请核对工号。")
        elif self.hashes.setdefault(digest, entry.code) != entry.code:
            row.reject(
                "id_number", "id_taken", f"文件里工号 {self.hashes[digest]} 也是这个身份证件号；请核对。"
            )
        entry.id_hash = digest
        entry.new_number = known is not None and known.id_hash != digest

    def _complete(self, row: Row, entry: Entry) -> None:
        """A new teacher needs what the register cannot do without."""
        for column in ("sex", "birth_on", "stage", "subject", "origin", "began_on"):
            if entry.facts[column] is None:
                row.reject(column, "value_missing", f"新登记的教师要填“{FACTS[column][0]}”。")
        birth, began = entry.facts["birth_on"], entry.facts["began_on"]
        if birth and began and began <= birth:
            row.reject("began_on", "date_invalid", "参加工作日期应晚于出生日期；请核对。")

    def _moves(self, row: Row, entry: Entry, known: Known | None) -> bool:
        """Whether the row gives a post; what speaks against it is told."""
        posting, post = entry.posting, known.post if known else None
        if posting is None or (post and post[1] == posting.school):
            return False
        if entry.state in (TeacherState.RETIRED, TeacherState.LEFT):
            row.reject(
                "state", "state_has_no_post", "退休、调出的教师不能有新的学校；请不填学校，或改正状态。"
            )
            return False
        if posting.since is None:
            row.reject("since", "value_missing", "写了学校的要填聘任日期；调动的填到新学校的日期。")
            return False
        if post and posting.since <= post[2]:
            row.reject("since", "date_invalid", f"聘任日期应晚于现任岗位的起日 {post[2]}；请核对。")
            return False
        if known and (away := self.away.get(known.pk)):
            row.reject("school", "deployed", away.refusal(known.name, "调动"))
            return False
        if (posting.kind or AppointmentKind.ESTABLISHED) == AppointmentKind.ESTABLISHED:
            self._take_place(row, posting)
        return not row.errors

    def _take_place(self, row: Row, posting: Posting) -> None:
        school = posting.school
        place, held = self.places.get(school), self.held[school]
        if place is None:
            row.reject(
                "school", "no_establishment", "这所学校还没有核定编制；请先导入学校编制，或编制情况填“聘用”。"
            )
        elif told := place.refusal(held, posting.since, f"文件里前面的行又占 {self.given[school]} 名，"):
            row.reject("school", "over_establishment", told)
        else:
            held.append((posting.since, None))
            self.given[school] += 1

    def _fact_changes(self, entry: Entry, known: Known) -> list[Change]:
        changes = [Change("姓名", known.name, entry.name)] if known.name != entry.name else []
        for column, value in entry.facts.items():
            if value is not None and value != known.facts[column]:
                changes.append(
                    Change(FACTS[column][0], _shown(column, known.facts[column]), _shown(column, value))
                )
        if entry.new_number:
            changes.append(Change("身份证件号", "（已登记）" if known.id_hash else "（空）", "（更正）"))
        if entry.state and entry.state != known.state:
            changes.append(Change("状态", TeacherState(known.state).label, TeacherState(entry.state).label))
        return changes

    def _post_changes(self, entry: Entry, known: Known) -> list[Change]:
        changes = []
        names = {school.pk: school.name for school in self.schools.by_code.values()}
        if entry.moves:
            old = names.get(known.post[1], "") if known.post else "（没有岗位）"
            changes.append(Change("学校", old, f"{names[entry.posting.school]}（自 {entry.posting.since}）"))
        if entry.service and not entry.has_service:
            changes.append(
                Change(
                    "服务期",
                    "（空）",
                    f"{ServiceKind(entry.service.kind).label} {entry.service.since}—{entry.service.until}",
                )
            )
        return changes

    def write(self, created, updated, context: Context) -> None:
        by = context.by.as_actor(self.permission) if context.by else Actor(None, context.by_name, "")
        take_in(by=by, new=[row.found for row in created], changed=[row.found for row in updated])


def _register() -> dict[str, Known]:
    """Return every teacher by code with the post held and the terms that run; three queries."""
    columns = [name if name != "home_area" else "home_area_id" for name in FACTS]
    found, by_key = {}, {}
    rows = Teacher.objects.values_list("code", "pk", "person", "person__name", "id_hash", "state", *columns)
    for code, pk, person, name, id_hash, state, *facts in rows:
        by_key[pk] = found[code] = Known(
            pk, person, name, dict(zip(FACTS, facts, strict=True)), id_hash, state
        )
    for teacher, *post in Appointment.objects.standing().values_list(
        "teacher", "pk", "school", "since", "kind"
    ):
        by_key[teacher].post = tuple(post)
    for teacher, *service in ServiceTerm.objects.values_list("teacher", "kind", "since", "until"):
        by_key[teacher].services.add(tuple(service))
    return found


def _shown(column: str, value) -> str:
    words = FACTS[column][1]
    if value is None or value == "":
        return "（空）"
    if isinstance(value, bool):
        return "是" if value else "否"
    return next((word for word, code in words.items() if code == value), str(value)) if words else str(value)


def _years_after(since: dt.date, years: int) -> dt.date:
    """Return the last day of ``years`` that begin on ``since``."""
    day = dt.date(since.year + years, since.month, 28 if (since.month, since.day) == (2, 29) else since.day)
    return day - dt.timedelta(days=1)
