"""What each permission allows, in the words of the office: one line each, reviewed like code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

AREAS: Final[Mapping[str, str]] = {
    "onboarding": "单位开通",
    "organizations": "党组织",
    "members": "党员",
    "dues": "党费",
    "payments": "收款账户",
    "access": "角色与权限",
    "people": "本人账户",
    "rules": "规则",
    "library": "知识卡片",
    "usage": "运营数据",
    "fleet": "单位总览",
}
SENTENCES: Final[Mapping[str, str]] = {
    "access:manage": "查看管理员与角色，邀请、授予和收回角色",
    "access:takeout": "导出本单位全部数据，须写事由并再次输入密码",
    "access:permissions_read": "查看本权限表",
    "dues:browse": "查看各月账单、交纳情况与收据",
    "dues:check": "核对账目是否相符",
    "dues:exempt": "登记经上级党委批准的免交",
    "dues:issue": "签发月度账单；尚无人交纳时可撤回",
    "dues:pay": "查看本人账单，交纳党费，查看本人收据与知识卡片",
    "dues:standard": "查看交纳标准的由来，注明理由后调整",
    "fleet:backups_act": "立即备份单位，下载加密的备份文件",
    "fleet:backups_view": "查看各单位的备份、恢复与演练",
    "fleet:restore": "申请、复核、撤回把单位恢复到备份（须两人）",
    "fleet:export": "导出单位总览",
    "fleet:life_cycle": "转正、设为只读、暂停与恢复单位，须写明事由",
    "fleet:rename": "修改单位名称与访问地址",
    "fleet:waves_act": "规划、开始、暂停、终止升级波次，跳过单位，解除隔离",
    "fleet:waves_view": "查看升级波次、进度与台账，查看隔离中的单位",
    "fleet:view": "查看全部单位的状态、数据与异常，置顶单位、保存筛选",
    "library:read": "阅读知识卡片",
    "members:browse": "查看党员名册（证件号、手机号已脱敏）",
    "members:edit": "更正党员档案，变更人员类别须注明理由",
    "members:export": "导出名册（与页面一致，已脱敏）",
    "members:export_full": "导出含完整证件号和手机号的名册，须注明理由",
    "members:move": "在支部之间调整党员",
    "members:read": "查看党员档案（已脱敏）",
    "members:reveal": "查看完整证件号或手机号，须注明理由并留痕",
    "members:self": "查看本单位保存的本人信息，以及谁查看过",
    "onboarding:administrator_invite": "生成单位首位管理员的一次性邀请",
    "onboarding:batch_handle": "用一张表批量开通单位，查看进度与结果",
    "onboarding:closing_confirm": "复核他人提出的单位注销",
    "onboarding:closing_request": "申请、撤回单位注销",
    "onboarding:closing_view": "查看单位注销的进度与证明",
    "onboarding:console_enter": "进入控制台",
    "onboarding:home_enter": "登录后进入首页",
    "onboarding:opening_export": "导出单位开通清单",
    "onboarding:roster_handle": "提交、核对、确认花名册",
    "onboarding:roster_undo": "7 日内撤销一次导入",
    "onboarding:unit_register": "登记共建单位",
    "onboarding:unit_view": "查看单位开通情况",
    "onboarding:units_list": "查看全部单位的开通进度",
    "onboarding:workbench_view": "查看本单位工作台",
    "organizations:browse": "查看组织架构、组织情况与提醒",
    "organizations:edit": "新设组织，修改名称、类型、编码与日期",
    "organizations:move": "调整组织的隶属关系",
    "payments:channel_configure": "设置本单位的收款商户号与密钥",
    "people:account": "管理本人的密码、验证器和已登录设备",
    "rules:read": "查看现行规则与出处",
    "status:report": "发布、更新、结束事件",
    "status:view": "查看运行状态、事件与自动巡检记录",
    "usage:operations_export": "导出平台运行数据",
    "usage:operations_view": "查看平台运行总览",
    "usage:outside_view": "查看平台看到了本单位的哪些数据",
}


def sentence_for(permission: str) -> str:
    """What it allows; its own name until somebody puts it into words, which a test asks for."""
    return SENTENCES.get(permission, permission)
