"""What the database itself counts, refuses and keeps of posts, allowances, deployments, housing, recruitment, plans and training."""

from django.db import migrations

from povertyedu.schema import counted, counting, guarding

EVER = "'9999-12-31'"

# --- posts never overlap, places are counted ---------------------------------------------------------

OVERLAPS = (
    "EXISTS (SELECT 1 FROM teachers_appointment a WHERE a.teacher_id = NEW.teacher_id {other}"
    "AND a.since <= COALESCE(NEW.until, '9999-12-31') AND COALESCE(a.until, '9999-12-31') >= NEW.since)"
)
NO_ESTABLISHMENT = (
    "NEW.kind = 'established' AND NEW.until IS NULL "
    "AND NOT EXISTS (SELECT 1 FROM teachers_establishment e WHERE e.school_id = NEW.school_id)"
)
NOT_APPROVED = (
    "NEW.excess_request_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM teachers_excessrequest r "
    "WHERE r.id = NEW.excess_request_id AND r.school_id = NEW.school_id AND r.state IN ('approved', 'ended'))"
)
APPOINTMENT, ESTABLISHMENT = "teachers_appointment", "teachers_establishment"
EXCESS, CHANGE = "teachers_excessrequest", "teachers_establishmentchange"
PLACES = {
    "filled": f"SELECT COUNT(*) FROM {APPOINTMENT} a WHERE a.school_id = NEW.school_id AND a.kind = 'established' AND a.until IS NULL",
    "excess_approved": f"SELECT COALESCE(SUM(r.posts), 0) FROM {EXCESS} r WHERE r.school_id = NEW.school_id AND r.state = 'approved'",
}
POSTS = (
    (APPOINTMENT, "INSERT", "overlap", OVERLAPS.format(other=""), "这位教师在这段时间已有岗位；一人同时只能有一个岗位"),
    (APPOINTMENT, "UPDATE", "overlap", OVERLAPS.format(other="AND a.id <> NEW.id "), "这位教师在这段时间已有岗位；一人同时只能有一个岗位"),
    (APPOINTMENT, "UPDATE", "moved", "NEW.teacher_id <> OLD.teacher_id OR NEW.school_id <> OLD.school_id", "岗位聘任的教师和学校不得改写，请办理调动"),
    (APPOINTMENT, "DELETE", "kept", "1 = 1", "岗位聘任不得删除，请填写止任日期"),
    (APPOINTMENT, "INSERT", "place", NO_ESTABLISHMENT, "这所学校还没有核定编制，不能聘任在编教师"),
    (APPOINTMENT, "UPDATE", "place", NO_ESTABLISHMENT, "这所学校还没有核定编制，不能聘任在编教师"),
    (APPOINTMENT, "INSERT", "approved", NOT_APPROVED, "没有批准的超编申请，不能据以聘任"),
    (APPOINTMENT, "UPDATE", "approved", NOT_APPROVED, "没有批准的超编申请，不能据以聘任"),
    (EXCESS, "INSERT", "asked", f"NEW.state <> 'asked' OR NOT EXISTS (SELECT 1 FROM {ESTABLISHMENT} e WHERE e.school_id = NEW.school_id)", "超编须先核定编制，先申请再批准"),
    (EXCESS, "UPDATE", "decided", "NEW.school_id <> OLD.school_id OR NEW.posts <> OLD.posts OR NEW.asked_by_id <> OLD.asked_by_id "
     "OR OLD.state IN ('refused', 'withdrawn', 'ended') OR (OLD.state = 'approved' AND NEW.state NOT IN ('approved', 'ended'))", "已办结的超编申请不得修改"),
    (EXCESS, "DELETE", "kept", "1 = 1", "超编申请不得删除"),
    (CHANGE, "UPDATE", "kept", "1 = 1", "编制变动记录不得修改"),
    (CHANGE, "DELETE", "kept", "1 = 1", "编制变动记录不得删除"),
    *counted(ESTABLISHMENT, PLACES, "在编人数和批准超编只能由聘任和审批得出"),
)  # fmt: skip
HOLDS_A_PLACE = "({row}.kind = 'established' AND {row}.until IS NULL AND {row}.school_id = school_id)"
APPROVED = "CASE WHEN {row}.state = 'approved' THEN {row}.posts ELSE 0 END"


def _one_if(row: str) -> str:
    return f"CASE WHEN {HOLDS_A_PLACE.format(row=row)} THEN 1 ELSE 0 END"


# One statement each, so that the constraint sees the outcome; the row lock of the update makes two at once wait for each other.
COUNT_POSTS = (
    ("count_post_given", APPOINTMENT, "INSERT", f"UPDATE {ESTABLISHMENT} SET filled = filled + {_one_if('NEW')} WHERE school_id = NEW.school_id"),
    ("count_post_changed", APPOINTMENT, "UPDATE", f"UPDATE {ESTABLISHMENT} SET filled = filled + {_one_if('NEW')} - {_one_if('OLD')} WHERE school_id = NEW.school_id"),
    ("count_excess", EXCESS, "UPDATE", f"UPDATE {ESTABLISHMENT} SET excess_approved = excess_approved + {APPROVED.format(row='NEW')} - {APPROVED.format(row='OLD')} WHERE school_id = NEW.school_id"),
)  # fmt: skip
# Two posts of one teacher at once: the second waits for the first, then sees it.
LOCK_POSTS = {(APPOINTMENT, "overlap"): "PERFORM 1 FROM teachers_teacher t WHERE t.id = NEW.teacher_id FOR NO KEY UPDATE; "}

# --- allowances: no month twice, nothing edited ---------------------------------------------------------

PAY_LINE, PAY_SHEET, PAY_ROLL = "teachers_allowanceline", "teachers_allowancesheet", "teachers_allowanceroll"
# What lines of one month come to together, this one included, is never more than the month's amount.
_OTHERS = (
    "(SELECT COALESCE(SUM(l.amount_fen), 0) FROM teachers_allowanceline l WHERE l.teacher_id = NEW.teacher_id AND l.kind = NEW.kind "
    "AND l.for_month = NEW.for_month AND l.state IN ('listed', 'paid') {other})"
)
_TOO_MUCH = "NEW.state IN ('listed', 'paid') AND NEW.amount_fen > 0 AND NEW.amount_fen + {others} > NEW.due_fen"
_CONFIRMED = "EXISTS (SELECT 1 FROM teachers_allowancesheet s WHERE s.id = {row}.sheet_id AND s.state = 'confirmed')"
TOO_MUCH = "同一个月的补助不能重复发放"
ALLOWANCES = (
    (PAY_LINE, "INSERT", "twice", _TOO_MUCH.format(others=_OTHERS.format(other="")), TOO_MUCH),
    (PAY_LINE, "UPDATE", "twice", "OLD.state = 'held' AND " + _TOO_MUCH.format(others=_OTHERS.format(other="AND l.id <> NEW.id")), TOO_MUCH),
    (PAY_LINE, "INSERT", "confirmed", _CONFIRMED.format(row="NEW"), "学校已确认的名单不得增加明细"),
    (PAY_LINE, "DELETE", "confirmed", _CONFIRMED.format(row="OLD"), "学校已确认的名单不得删除明细"),
    (
        PAY_LINE, "UPDATE", "fixed",
        "NEW.amount_fen <> OLD.amount_fen OR NEW.due_fen <> OLD.due_fen OR NEW.teacher_id <> OLD.teacher_id OR NEW.for_month <> OLD.for_month "
        "OR NEW.roll_id <> OLD.roll_id OR NEW.sheet_id <> OLD.sheet_id OR NEW.kind <> OLD.kind OR NEW.nature <> OLD.nature",
        "补助明细的金额不得修改，请重新测算",
    ),
    (
        PAY_LINE, "UPDATE", "steps",
        "NEW.state <> OLD.state AND NOT (OLD.state IN ('listed', 'held') AND NEW.state IN ('listed', 'held') AND NOT "
        + _CONFIRMED.format(row="NEW")
        + " OR OLD.state = 'listed' AND NEW.state = 'paid' AND EXISTS (SELECT 1 FROM teachers_allowanceroll r WHERE r.id = NEW.roll_id "
        "AND r.state = 'paid') OR OLD.state = 'paid' AND NEW.state = 'failed')",
        "补助明细不能这样改变状态",
    ),
    (PAY_ROLL, "UPDATE", "paid", "OLD.state = 'paid'", "已发放的名单不得修改"),
    (PAY_ROLL, "UPDATE", "month", "NEW.month <> OLD.month OR NEW.kind <> OLD.kind", "名单的月份不得修改"),
    (PAY_ROLL, "DELETE", "kept", "1 = 1", "补助发放名单不得删除"),
    (PAY_SHEET, "UPDATE", "open", "NEW.state <> OLD.state AND NOT EXISTS (SELECT 1 FROM teachers_allowanceroll r WHERE r.id = NEW.roll_id AND r.state = 'open')",
     "名单已提交审批，学校名单不得修改"),
)  # fmt: skip

# --- deployments: no two of a teacher share a day ------------------------------------------------------

DEPLOYMENT = "teachers_deployment"
BINDING = "('approved', 'half_agreed', 'agreed', 'under_way', 'returned', 'extended', 'ended_early')"


def _last(row):
    """The last day that a row takes: the agreed one, unless it ended before."""
    return f"CASE WHEN {row}.state = 'ended_early' THEN {row}.ended_on ELSE {row}.until END"


# The days agreed on are taken once; nor was anybody ever in two places, also where one came back late.
CLASHES = (
    f"NEW.state IN {BINDING} AND EXISTS (SELECT 1 FROM {DEPLOYMENT} o WHERE o.teacher_id = NEW.teacher_id AND o.id <> NEW.id "
    f"AND ((o.state IN {BINDING} AND o.since <= {_last('NEW')} AND NEW.since <= {_last('o')}) "
    f"OR (o.started_on <= COALESCE(NEW.ended_on, {EVER}) AND NEW.started_on <= COALESCE(o.ended_on, {EVER}))))"
)
DEPLOYED = "这位教师在这些日子已有另一次派出"
DEPLOYMENT_KEPT = "教师派出办理记录不得修改或删除"
DEPLOYMENTS = (
    (DEPLOYMENT, "INSERT", "overlap", CLASHES, DEPLOYED), (DEPLOYMENT, "UPDATE", "overlap", CLASHES, DEPLOYED),
    ("teachers_deploymentdecision", "UPDATE", "kept", "1 = 1", DEPLOYMENT_KEPT), ("teachers_deploymentdecision", "DELETE", "kept", "1 = 1", DEPLOYMENT_KEPT),
)  # fmt: skip
# The teacher's row is locked before looking: two who approve in the same moment look one after the other.
LOCK_DEPLOYMENTS = {(DEPLOYMENT, "overlap"): "PERFORM 1 FROM teachers_teacher WHERE id = NEW.teacher_id FOR NO KEY UPDATE; "}

# --- housing and care ---------------------------------------------------------------------------------

OCCUPANCY, ROOM, ENTRY, AID = "teachers_occupancy", "teachers_room", "teachers_tiltentry", "teachers_illnessaid"
LIVES_ELSEWHERE = (
    f"EXISTS (SELECT 1 FROM teachers_occupancy o WHERE o.teacher_id = NEW.teacher_id {{other}} AND o.since <= COALESCE(NEW.until, {EVER}) "
    f"AND COALESCE(o.until, {EVER}) >= NEW.since)"
)
# Most live there on a day that somebody moves in: on none of those may the room be full without the new one.
FULL = (
    "EXISTS (SELECT 1 FROM (SELECT NEW.since AS day UNION SELECT o.since FROM teachers_occupancy o WHERE o.room_id = NEW.room_id {other} "
    f"AND o.since > NEW.since AND o.since <= COALESCE(NEW.until, {EVER})) d WHERE (SELECT COUNT(*) FROM teachers_occupancy o "
    f"WHERE o.room_id = NEW.room_id {{other}} AND o.since <= d.day AND COALESCE(o.until, {EVER}) >= d.day) "
    ">= (SELECT r.capacity FROM teachers_room r WHERE r.id = NEW.room_id))"
)
LONGER = f"(NEW.since < OLD.since OR COALESCE(NEW.until, {EVER}) > COALESCE(OLD.until, {EVER})) AND "
OTHER = "AND o.id <> NEW.id"
CLOSED = "EXISTS (SELECT 1 FROM teachers_tiltlist t WHERE t.id = {row}.tilt_id AND t.closed_on IS NOT NULL)"
CARE = (
    (OCCUPANCY, "INSERT", "teacher", LIVES_ELSEWHERE.format(other=""), "这位教师在这段时间已住在别的房间"),
    (OCCUPANCY, "UPDATE", "teacher", LONGER + LIVES_ELSEWHERE.format(other=OTHER), "这位教师在这段时间已住在别的房间"),
    (OCCUPANCY, "INSERT", "full", FULL.format(other=""), "这间房在这段时间已住满"),
    (OCCUPANCY, "UPDATE", "full", LONGER + FULL.format(other=OTHER), "这间房在这段时间已住满"),
    (OCCUPANCY, "UPDATE", "moved", "NEW.room_id <> OLD.room_id OR NEW.teacher_id <> OLD.teacher_id", "入住的教师和房间不得改写，请办理退房"),
    (OCCUPANCY, "DELETE", "kept", "1 = 1", "入住记录不得删除，请填写退房日期"),
    (
        ROOM, "UPDATE", "capacity",
        "NEW.capacity < (SELECT COUNT(*) FROM teachers_occupancy o WHERE o.room_id = NEW.id AND o.until IS NULL)", "床位数不能少于住着的人",
    ),
    (ENTRY, "INSERT", "closed", CLOSED.format(row="NEW"), "已定榜的名单不得修改"),
    (ENTRY, "UPDATE", "closed", CLOSED.format(row="NEW"), "已定榜的名单不得修改"),
    (ENTRY, "DELETE", "closed", CLOSED.format(row="OLD"), "已定榜的名单不得修改"),
    (AID, "UPDATE", "ended", "OLD.state IN ('paid', 'refused')", "已办结的救助不得修改"),
    (AID, "DELETE", "kept", "1 = 1", "救助申请不得删除"),
)  # fmt: skip
LOCK_CARE = {
    (OCCUPANCY, "full"): "PERFORM 1 FROM teachers_room r WHERE r.id = NEW.room_id FOR NO KEY UPDATE; ",
    (OCCUPANCY, "teacher"): "PERFORM 1 FROM teachers_teacher t WHERE t.id = NEW.teacher_id FOR NO KEY UPDATE; ",
}

# --- recruitment: posts of an approved plan stay, who takes them up is counted ---------------------------

POST_LINE, TARGET, CANDIDATE = "teachers_postline", "teachers_channeltarget", "teachers_candidate"
HOLDING = "('checking', 'cleared', 'listed', 'hired', 'posted')"
LINE_FIXED = (
    "EXISTS (SELECT 1 FROM teachers_channeltarget t JOIN teachers_recruitmentplan p ON p.id = t.plan_id "
    "WHERE t.id = {row}.target_id AND p.state <> 'draft')"
)
PLAN_FIXED = (
    "EXISTS (SELECT 1 FROM teachers_recruitmentplan p WHERE p.id = {row}.plan_id AND p.state <> 'draft')"
)
FIXED = "计划已提交或批准，渠道人数和岗位不得改动"
OTHER_PLAN = (
    "(SELECT t.plan_id FROM teachers_postline l JOIN teachers_channeltarget t ON t.id = l.target_id WHERE l.id = NEW.line_id) "
    "<> NEW.plan_id"
)
RECRUITMENT = (
    (POST_LINE, "INSERT", "draft", LINE_FIXED.format(row="NEW"), FIXED),
    (POST_LINE, "DELETE", "draft", LINE_FIXED.format(row="OLD"), FIXED),
    (POST_LINE, "UPDATE", "draft", "(NEW.posts <> OLD.posts OR NEW.target_id <> OLD.target_id OR NEW.school_id <> OLD.school_id "
     f"OR NEW.stage <> OLD.stage OR NEW.subject <> OLD.subject) AND {LINE_FIXED.format(row='OLD')}", FIXED),
    *counted(
        POST_LINE, {"taken": f"SELECT COUNT(*) FROM {CANDIDATE} c WHERE c.line_id = NEW.id AND c.state IN {HOLDING}"},
        "占用的岗位数只能由应聘人员得出", what="count",
    ),
    (TARGET, "INSERT", "draft", PLAN_FIXED.format(row="NEW"), FIXED),
    (TARGET, "UPDATE", "draft", PLAN_FIXED.format(row="OLD"), FIXED),
    (TARGET, "DELETE", "draft", PLAN_FIXED.format(row="OLD"), FIXED),
    (CANDIDATE, "INSERT", "plan", OTHER_PLAN, "岗位不是这份计划的"),
    (CANDIDATE, "UPDATE", "plan", f"NEW.plan_id <> OLD.plan_id OR {OTHER_PLAN}", "岗位不是这份计划的"),
    (CANDIDATE, "DELETE", "kept", "1 = 1", "应聘人员不得删除，请办理放弃或不予录用"),
)  # fmt: skip
# One statement, so that the constraint sees the outcome; its row lock makes two who take the last post wait for each other.
COUNT_CANDIDATES = (
    ("count_candidate_new", CANDIDATE, "INSERT", f"UPDATE {POST_LINE} SET taken = taken + CASE WHEN NEW.state IN {HOLDING} THEN 1 ELSE 0 END WHERE id = NEW.line_id"),
    (
        "count_candidate_moved", CANDIDATE, "UPDATE",
        f"UPDATE {POST_LINE} SET taken = taken + CASE WHEN id = NEW.line_id AND NEW.state IN {HOLDING} THEN 1 ELSE 0 END "
        f"- CASE WHEN id = OLD.line_id AND OLD.state IN {HOLDING} THEN 1 ELSE 0 END WHERE id IN (NEW.line_id, OLD.line_id)",
    ),
)  # fmt: skip

# --- suggested plans, training ---------------------------------------------------------------------------

PLAN_KEPT = "建议方案办理记录不得修改或删除"
PLANS = (
    ("teachers_planrundecision", "UPDATE", "kept", "1 = 1", PLAN_KEPT), ("teachers_planrundecision", "DELETE", "kept", "1 = 1", PLAN_KEPT),
)  # fmt: skip

COURSE, TRAINEE = "teachers_trainingcourse", "teachers_trainee"
TAKING = "('enrolled', 'reported', 'completed')"
TRAINING = (
    *counted(
        COURSE, {"taken": f"SELECT COUNT(*) FROM {TRAINEE} t WHERE t.course_id = NEW.id AND t.state IN {TAKING}"},
        "报名人数只能由参训教师得出", what="count",
    ),
    (TRAINEE, "UPDATE", "moved", "NEW.course_id <> OLD.course_id OR NEW.teacher_id <> OLD.teacher_id", "参训教师和课程不得改写"),
    (TRAINEE, "DELETE", "kept", "1 = 1", "参训记录不得删除，请办理没有参加"),
)  # fmt: skip


def _takes(row: str) -> str:
    return f"CASE WHEN {row}.state IN {TAKING} THEN 1 ELSE 0 END"


COUNT_TRAINEES = (
    ("count_trainee_new", TRAINEE, "INSERT", f"UPDATE {COURSE} SET taken = taken + {_takes('NEW')} WHERE id = NEW.course_id"),
    ("count_trainee_moved", TRAINEE, "UPDATE", f"UPDATE {COURSE} SET taken = taken + {_takes('NEW')} - {_takes('OLD')} WHERE id = NEW.course_id"),
)  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("teachers", "0001_initial")]

    operations = [
        guarding(
            (*POSTS, *ALLOWANCES, *DEPLOYMENTS, *CARE, *RECRUITMENT, *PLANS, *TRAINING),
            {**LOCK_POSTS, **LOCK_DEPLOYMENTS, **LOCK_CARE},
        ),
        counting((*COUNT_POSTS, *COUNT_CANDIDATES, *COUNT_TRAINEES)),
    ]
