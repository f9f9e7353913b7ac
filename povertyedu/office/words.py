"""What the codes in the log are called: actions, kinds of subject, fields."""

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist

from dropout.states import CASE_FLOW, REPORT_FLOW
from povertyedu.findings.states import FINDING_FLOW
from povertyedu.indicators.states import NOTICE_FLOW
from projects.states import (
    ACCEPTANCE_FLOW,
    BASE_TABLE_FLOW,
    DISCLOSURE_FLOW,
    GAP_FLOW,
    PROJECT_FLOW,
    PURCHASE_FLOW,
    REQUEST_FLOW,
)
from students.states import (
    CHANGE_FLOW,
    CORRECTION_FLOW,
    END_FLOW,
    MOVE_FLOW,
    PAIR_FLOW,
    PROMOTION_FLOW,
    PROOF_FLOW,
)
from subsidies.states import (
    ALLOCATION_FLOW,
    BATCH_FLOW,
    EXCHANGE_FLOW,
    POLICY_FLOW,
    RECOVERY_FLOW,
    SHEET_FLOW,
)
from teachers.states.allowances import ROLL_FLOW
from teachers.states.allowances import SHEET_FLOW as ALLOWANCE_SHEET_FLOW
from teachers.states.care import AID_FLOW
from teachers.states.deployment import DEPLOYMENT_FLOW
from teachers.states.establishment import EXCESS_FLOW
from teachers.states.recruitment import CANDIDATE_FLOW, HIRE_LIST_FLOW, PLAN_FLOW
from teachers.states.suggested import SUGGESTED_FLOW
from teachers.states.training import TRAINEE_FLOW

# An unknown code is shown as it is: the log outlives the verbs.
ACTION_WORDS = {
    "accounts.log_in": "登录",
    "accounts.log_in_failed": "登录失败",
    "accounts.locked_out": "连续登录失败锁定",
    "accounts.log_out": "退出",
    "accounts.create": "新增账号",
    "accounts.update": "修改账号",
    "accounts.enable": "启用账号",
    "accounts.disable": "停用账号",
    "accounts.reset_password": "重置密码",
    "accounts.change_password": "修改密码",
    "grants.propose": "提出授权",
    "grants.give": "授权",
    "grants.refuse": "不同意授权",
    "grants.end": "收回授权",
    "grants.hand_over": "交接移出",
    "grants.take_over": "交接接收",
    "area.create": "新增区划",
    "area.update": "修改区划",
    "area.merge": "撤并区划",
    "area.unmerge": "撤销撤并",
    "school.create": "新增学校",
    "school.update": "修改学校",
    "schoolclass.create": "新增班级",
    "schoolclass.update": "修改班级",
    "person.create": "新增人员",
    "person.update": "修改人员",
    "term.create": "新增学期",
    "term.update": "修改学期",
    "term.reopen": "重新打开学期",
    "calendarday.create": "新增校历",
    "calendarday.update": "修改校历",
    "deployment.correct": "修改教师派出草稿",
    "head_term.register": "登记校长任期",
    "head_term.correct": "更正校长任期",
    "head_term.remove": "删去校长任期",
    "suggested_plan.say": "调整交流建议方案",
    "calendarday.delete": "删除校历",
    "calendarday.load": "载入国家节假日",
    "option.update": "修改参数",
    "logs.export": "导出日志",
    "policy.load": "载入资助标准",
    "policy.save": "修改资助政策草稿",
    "students.register": "新增学生",
    "students.correct": "修改学生",
    "students.carry": "后续学期一并更正",
    "history.begin": "开始留存修改前的内容",
    "promotion.edit": "改升级名单",
    "promotion.refresh": "重新生成升级名单",
    "feeder.set": "设置对口初中",
    "departure.answer": "登记学生去向",
    "departure.receive": "接收新生",
    "move.follow_up": "跟进转学学生的资助",
    "batch.hold_lines": "暂缓批次中的学生",
    "batch.hold_blocked": "学籍存疑，自动暂缓",
    "batch.hold_fallen": "应享降低，自动暂缓",
    "sheet.drop_lines": "报送时移出已无应享的学生",
    "line.take_account": "换用学生现在的银行账户",
    "line.release": "解除暂缓",
    "line.remove": "移出批次",
    "batch.funds_short": "批次资金不足，提醒后继续",
    "fund.book": "登记到账资金",
    "fund.reverse": "冲销到账资金",
    "allocation.work_out": "测算资金分配",
    "allocation.funds_short": "分配超过到账，提醒后继续",
    "fund.scan": "上传指标文件扫描件",
    "exchange.answered": "就读地答复资助情况",
    "exchange.reply": "读入就读地答复",
    "inquiry.open": "答复外县来函",
    "bank_return.apply": "导入银行回盘",
    "notice.withdraw": "撤下公示",
    "notice.close": "公示到期",
    "publication.publish": "公开",
    "publication.withdraw": "撤下公开内容",
    "publication.end": "公开到期",
    "objection.record": "登记公示异议",
    "objection.answer": "答复公示异议",
    "import.apply": "导入生效",
    "import.undo": "撤销导入",
    "import.columns": "核对导入的列",
    "import.second": "复核导入",
    "import.send_back": "退回导入",
    "ledger.freeze": "留存关账台账",
    "students.note": "添加备注或附件",
    "students.checked_change": "复核后变更证件号或账户",
    "students.end_hardship": "终止困难认定",
    "imports.alias": "添加表头别名",
    "imports.alias_delete": "删除表头别名",
    "comparison.begin": "开始名单比对",
    "disposal.set": "登记名单处置",
    "proof.propose": "提交困难佐证",
    "proof.confirm": "确认困难佐证",
    "enrolment.block": "认定学籍存疑",
    "enrolment.unblock": "解除学籍存疑",
    "students.merge": "合并重复学生",
    "students.unmerge": "撤销合并",
    "students.column_set": "保存导出列组合",
    "students.column_set_delete": "删除导出列组合",
    "selection.add": "名额内选定学生",
    "selection.drop": "取消名额内选定",
    "county_fact.create": "新增县定信息项",
    "county_fact.update": "修改县定信息项",
    "county_fact.retire": "停用县定信息项",
    "county_fact.restore": "恢复县定信息项",
    "county_fact.delete": "删除县定信息项",
    "chain.pick": "选用责任制",
    "chain_link.create": "添加责任层级",
    "chain_link.update": "修改责任层级",
    "chain_link.move": "调整责任层级次序",
    "chain_link.remove": "去掉责任层级",
    "post.appoint": "指定责任人",
    "post.end": "结束任期",
    "post.resume": "恢复任期",
    "case.merge": "控辍个案：档案合并，转到保留的档案",
    "case.plan": "控辍个案：保存一人一案方案",
    "case.visit": "控辍个案：登记走访",
    "case.lesson": "控辍个案：登记送教课时",
    "case.order": "控辍个案：签发限期复学通知书",
    "case.deliver": "控辍个案：登记通知书送达",
    "case.agreement": "控辍个案：拟定协议书",
    "case.sign": "控辍个案：登记协议书签订",
    "case.propose_denial": "控辍个案：提出四不办理",
    "case.approve_denial": "控辍个案：批准四不办理",
    "case.lift_denial": "控辍个案：解除四不办理",
    "attendance.enter": "登记班级考勤",
    "attendance.correct": "更正班级考勤",
    "follow_up.create": "登记缺勤跟进",
    "warning_rule.create": "新增预警分值",
    "warning_rule.update": "修改预警分值",
    "warning_rule.remove": "停用预警分值",
    "screening.make": "开展排查",
    "screening.explain": "排查：说明去向",
    "screening.cases": "排查：建立控辍个案",
    "screening.confirm": "排查：村、乡镇确认",
    "population.set": "填写年龄段人口",
    "population.remove": "删除年龄段人口",
    "pledge.levels": "选用责任状层级",
    "pledge.level": "修改责任状层级",
    "pledge.make_out": "生成责任状",
    "pledge.signed": "上传签订的责任状",
    "calendar.take": "选用控辍工作历",
    "calendar.duty": "修改控辍工作历",
    "calendar.done": "办结控辍工作事项",
    "campaign.plan": "计划控辍宣传",
    "campaign.held": "登记控辍宣传",
    "campaign.photo": "添加宣传照片",
    "ready.answer": "登记十个到位",
    "care.keep": "登记关爱场所",
    "weak_school.keep": "登记薄弱学校",
    "notice.make": "生成入学通知书",
    "notice.track": "登记入学通知书送达、回执",
    "indicator.target": "设定指标目标",
    "programme.add": "保存建设规划",
    "programme.target": "设定建设规划目标",
    "programme.drop_target": "去掉建设规划目标",
    "indicator.count": "登记规划完成数",
    "allowance.rate": "登记教师补助标准",
    "housing.building": "登记周转宿舍楼",
    "housing.room": "登记周转宿舍房间",
    "housing.move_in": "安排入住周转宿舍",
    "housing.move_out": "办理周转宿舍退房",
    "housing.ask": "登记周转宿舍轮候",
    "housing.withdraw": "取消周转宿舍轮候",
    "health.invite": "通知教师体检",
    "health.done": "登记教师体检",
    "health.missed": "登记教师未体检",
    "insurance.begin": "登记教师参保",
    "insurance.end": "登记教师停缴",
    "tilt.keep": "保存评聘、评优规则",
    "tilt.put_up": "添加评聘、评优人选",
    "tilt.close": "评聘、评优定榜",
    "help.plan": "制定校际帮扶计划",
    "help.hold": "登记校际帮扶开展",
    "help.cancel": "取消校际帮扶活动",
    "pay.civil": "登记公务员平均工资",
    "pay.teacher": "登记教师全年工资",
    "allowance.hold": "暂缓教师补助",
    "allowance.release": "恢复教师补助",
    "allowance.fail": "登记教师补助退票",
    "allowance.repay": "登记教师补助退回",
    "allowance.take_back_repayment": "冲销教师补助退回登记",
    "project.amend": "修改项目",
    "project.quantity": "登记项目工程量",
    "project.plan_milestone": "计划项目节点",
    "project.reach_milestone": "登记项目节点",
    "project.progress": "登记项目进度",
    "project.inspect": "登记项目半年检查",
    "recruitment_plan.correct": "更正招聘计划",
    "recruitment_plan.target": "定招聘渠道人数",
    "recruitment_plan.draw_lines": "按缺编安排招聘岗位",
    "recruitment_plan.line": "改招聘岗位",
    "staff_goal.set": "定教师总数目标",
    "candidate.score": "登记应聘成绩",
    "candidate.transfer": "调剂应聘岗位",
    "training.target": "定培训计划",
    "training.course": "登记培训课程",
    "training.enrol": "培训报名",
    "hire_list.struck_off": "移出拟聘用名单",
    "standard.keep": "保存办学条件标准",
    "disclosure.draw_again": "项目公开：重新生成",
    "base_table.explain": "填写双月报说明",
    "gap.receive": "办学缺口：到货一部分",
    "purchase.item": "修改采购项",
    "purchase.share": "采购项分到学校",
    "asset.register": "登记原有资产",
    "asset.remove": "资产处置、盘亏",
    "asset.move": "资产调拨",
    "jobs.cancel": "停止后台任务",
    "teacher.register": "登记教师",
    "teacher.amend": "更正教师",
    "teacher.appoint": "聘任（调动）教师",
    "teacher.correct_post": "更正岗位",
    "teacher.withdraw_post": "撤回岗位聘任",
    "teacher.leave": "教师离任",
    "teacher.keep_term": "登记服务期（合同）",
    "teacher.end_term": "办结服务期（合同）",
    "teacher.award": "登记职称、骨干",
    "establishment.authorise": "核定编制",
    "staff_standard.keep": "保存编制标准",
    "subject_hours.keep": "保存学科周课时",
    "school_place.keep": "登记学校位置和偏远程度",
}
ACTION_WORDS |= {
    f"{flow.name}.{step.verb}": f"{subject}：{step.label}"
    for flow, subject in (
        (POLICY_FLOW, "资助政策"),
        (BATCH_FLOW, "批次"),
        (SHEET_FLOW, "学校名单"),
        (ALLOCATION_FLOW, "资金分配"),
        (EXCHANGE_FLOW, "异地就读核实函"),
        (MOVE_FLOW, "学籍异动"),
        (PROMOTION_FLOW, "升级结转"),
        (CORRECTION_FLOW, "更正申请"),
        (PAIR_FLOW, "重复学生"),
        (PROOF_FLOW, "困难佐证"),
        (RECOVERY_FLOW, "多发追回"),
        (CHANGE_FLOW, "重要信息变更"),
        (END_FLOW, "困难认定终止"),
        (CASE_FLOW, "控辍个案"),
        (REPORT_FLOW, "控辍月报、季报"),
        (FINDING_FLOW, "整改"),
        (NOTICE_FLOW, "指标通报"),
        (AID_FLOW, "教师大病救助"),
        (ROLL_FLOW, "教师补助名单"),
        (ALLOWANCE_SHEET_FLOW, "学校教师补助名单"),
        (PROJECT_FLOW, "项目"),
        (REQUEST_FLOW, "项目资金审批"),
        (GAP_FLOW, "办学缺口"),
        (DEPLOYMENT_FLOW, "教师派出"),
        (BASE_TABLE_FLOW, "项目双月报"),
        (DISCLOSURE_FLOW, "项目公开"),
        (EXCESS_FLOW, "超编申请"),
        (PURCHASE_FLOW, "设备采购"),
        (ACCEPTANCE_FLOW, "到货验收"),
        (PLAN_FLOW, "教师招聘计划"),
        (CANDIDATE_FLOW, "应聘人员"),
        (HIRE_LIST_FLOW, "拟聘用名单"),
        (SUGGESTED_FLOW, "交流建议方案"),
        (TRAINEE_FLOW, "参训"),
    )
    for step in flow.transitions
}
# Keys of a diff that are not columns of the subject.
_FIELD_WORDS = {
    "grant": "授权",
    "stages": "学段",
    "from_term": "从哪个学期起",
    "dates": "日期",
    "state": "状态",
    "schools": "学校",
    "rows": "行数",
    "pattern": "责任制",
}


def action_word(code: str) -> str:
    return ACTION_WORDS.get(code, code)


def subject_word(label: str) -> str:
    """Return what people call the kind of subject: "orgs.school" -> "学校"."""
    try:
        return str(apps.get_model(label)._meta.verbose_name)
    except (LookupError, ValueError):
        return label


def field_word(subject_type: str, name: str) -> str:
    """Return the label of a changed field; the log outlives fields, so an unknown one is shown as it is."""
    if name in _FIELD_WORDS:
        return _FIELD_WORDS[name]
    try:
        return str(apps.get_model(subject_type)._meta.get_field(name).verbose_name)
    except (LookupError, ValueError, FieldDoesNotExist):
        return name


def differences(event) -> list[dict]:
    """Return the changes of an AuditEvent as the component ``diff`` takes them."""
    return [
        {"label": field_word(event.subject_type, name), "old": _text(pair, 0), "new": _text(pair, 1)}
        for name, pair in event.changes.items()
    ]


def _text(pair, place: int) -> str:
    """Return one side of a change; a value that is no pair of old and new is what was counted or named."""
    is_pair = isinstance(pair, list) and len(pair) == 2
    value = pair[place] if is_pair else ("" if place == 0 else pair)
    if isinstance(value, list):
        return "、".join(map(str, value))
    return "" if value is None else str(value)
