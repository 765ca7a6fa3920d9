"""What a column may hold, and which headings say so.

Headings are compared after full-width letters, blanks, line breaks and bracketed remarks are
taken out: ``姓 名``, ``工资收入（税后固定部分）`` and ``党费计算基数(元)`` are plain words then.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache


class Field(StrEnum):
    """A column of a member sheet (first group) or of an organisation sheet (second)."""

    NAME = "name"
    IDENTITY = "identity_number"
    GENDER = "gender"
    ETHNICITY = "ethnicity"
    BIRTH = "birth_on"
    EDUCATION = "education"
    PERSON_CATEGORY = "person_category"
    ORG = "org"
    ORG_2 = "org_level_2"
    ORG_3 = "org_level_3"
    ORG_4 = "org_level_4"
    ORG_5 = "org_level_5"
    MEMBER_ORG_CODE = "member_org_code"
    PARTY_GROUP = "party_group"
    JOINED = "joined_on"
    FULL = "full_on"
    PHONE = "phone"
    POSTS = "posts"
    DUES_CATEGORY = "dues_category"
    DUES_BASE = "dues_base"
    PENSION = "pension"
    RETIRED = "is_retired"
    NATIVE_PLACE = "native_place"
    WORK_POST = "work_post"
    REMARKS = "remarks"

    ORG_NAME = "org_name"
    ORG_CODE = "org_code"
    ORG_KIND = "org_kind"
    PARENT_NAME = "org_parent_name"
    PARENT_CODE = "org_parent_code"
    ORG_DEPTH = "org_depth"
    FOUNDED = "founded_on"
    TERM_ENDS = "term_ends_on"


ORG_LEVELS = (Field.ORG, Field.ORG_2, Field.ORG_3, Field.ORG_4, Field.ORG_5)

LABELS: dict[Field, str] = {
    Field.NAME: "姓名",
    Field.IDENTITY: "身份证号码",
    Field.GENDER: "性别",
    Field.ETHNICITY: "民族",
    Field.BIRTH: "出生日期",
    Field.EDUCATION: "学历",
    Field.PERSON_CATEGORY: "人员类别",
    Field.ORG: "所在党组织",
    Field.ORG_2: "所在党组织（第二级）",
    Field.ORG_3: "所在党组织（第三级）",
    Field.ORG_4: "所在党组织（第四级）",
    Field.ORG_5: "所在党组织（第五级）",
    Field.MEMBER_ORG_CODE: "所在党组织编码",
    Field.PARTY_GROUP: "党小组",
    Field.JOINED: "入党日期",
    Field.FULL: "转正日期",
    Field.PHONE: "手机号码",
    Field.POSTS: "党内职务",
    Field.DUES_CATEGORY: "交费类别",
    Field.DUES_BASE: "党费计算基数",
    Field.PENSION: "养老金（离退休基数）",
    Field.RETIRED: "是否离退休",
    Field.NATIVE_PLACE: "籍贯",
    Field.WORK_POST: "工作岗位",
    Field.REMARKS: "备注",
    Field.ORG_NAME: "组织名称",
    Field.ORG_CODE: "组织编码",
    Field.ORG_KIND: "组织类别",
    Field.PARENT_NAME: "上级组织名称",
    Field.PARENT_CODE: "上级组织编码",
    Field.ORG_DEPTH: "组织层级",
    Field.FOUNDED: "成立日期",
    Field.TERM_ENDS: "届满日期",
}

REASON_HEADING = "退回原因"


@dataclass(frozen=True, slots=True)
class Heading:
    """What a heading says: the field (None: known and not wanted) and how surely, 0 to 1."""

    field: Field | None
    confidence: float
    rank: int = 0
    counts_rows: bool = False


_BRACKETED = re.compile(r"[(\[【{〔<《].*?[)\]】}〕>》]")
_SEQUENCE = re.compile(r"序号|序|编号|no|行号|号|顺序号")
_NOISE = re.compile(r"[\s*#:·.,、;'\"“”_]+")

_EXACT: dict[str, Field] = {
    **dict.fromkeys(("姓名", "党员姓名", "名字", "党员", "党员名称", "人员姓名"), Field.NAME),
    **dict.fromkeys(
        ("身份证", "身份证号", "身份证号码", "公民身份号码", "居民身份证号", "证件号码"),
        Field.IDENTITY,
    ),
    **dict.fromkeys(("性别",), Field.GENDER),
    **dict.fromkeys(("民族",), Field.ETHNICITY),
    **dict.fromkeys(("出生日期", "出生年月", "出生年月日", "出生时间", "生日"), Field.BIRTH),
    **dict.fromkeys(("学历", "文化程度", "最高学历", "全日制学历", "教育程度"), Field.EDUCATION),
    **dict.fromkeys(
        ("人员类别", "党员类型", "党员类别", "党员性质", "正式/预备", "正式或预备", "政治面貌"),
        Field.PERSON_CATEGORY,
    ),
    **dict.fromkeys(("入党日期", "入党时间", "入党年月日", "入党年月"), Field.JOINED),
    **dict.fromkeys(("转正日期", "转正时间", "转正年月日", "转正年月"), Field.FULL),
    **dict.fromkeys(
        ("手机", "手机号", "手机号码", "联系电话", "电话", "联系方式", "移动电话"), Field.PHONE
    ),
    **dict.fromkeys(("党内职务", "党内任职", "支部职务"), Field.POSTS),
    **dict.fromkeys(("交费类别", "缴费类别", "党费类别", "人员身份"), Field.DUES_CATEGORY),
    **dict.fromkeys(
        ("党费计算基数", "缴费基数", "交费基数", "党费基数", "月缴费基数", "计算基数", "基数"),
        Field.DUES_BASE,
    ),
    **dict.fromkeys(
        ("是否离退休", "是否退休", "离退休", "离退休党员", "退休", "退休党员", "已退休"),
        Field.RETIRED,
    ),
    **dict.fromkeys(("籍贯",), Field.NATIVE_PLACE),
    **dict.fromkeys(("工作岗位", "行政职务", "单位及职务", "单位职务"), Field.WORK_POST),
    **dict.fromkeys(("备注",), Field.REMARKS),
    **dict.fromkeys(("党小组", "所在党小组", "所属党小组"), Field.PARTY_GROUP),
}

_PATTERNS: tuple[tuple[str, Field | None, float], ...] = (
    (REASON_HEADING, None, 1.0),
    (r"党龄|年龄|失联|流动|农民工|学位|照片|邮箱|微信|qq$|住址|地址|家庭|户籍|现居", None, 0.7),
    (r"身份证|公民身份|身份号码|证件号", Field.IDENTITY, 0.9),
    (r"(手机|移动电话|联系电话)", Field.PHONE, 0.9),
    (r"电话|联系方式|联络方式", Field.PHONE, 0.6),
    (r"参加工作|工作时间|入职|任职时间|现任职", None, 0.7),
    (r"基数", Field.DUES_BASE, 0.9),
    (r"(应|实|已|月|每月)[交缴]|[交缴]纳?(金额|标准|额)|党费(标准|金额|数)|月党费|补交", None, 0.8),
    (r"性别", Field.GENDER, 0.9),
    (r"民族", Field.ETHNICITY, 0.9),
    (r"出生|生日", Field.BIRTH, 0.9),
    (r"学历|文化程度", Field.EDUCATION, 0.8),
    (r"转正情况|申请|积极分子|发展对象|介绍人|时所在|入团|文号|接转|转入|转出|入党类型", None, 0.8),
    (r"转正|转为正式|成为正式|转正式", Field.FULL, 0.9),
    (r"入党|加入党组织|加入中国共产党|加入中共|加入组织", Field.JOINED, 0.85),
    (r"是否.*退休|是否离休", Field.RETIRED, 0.9),
    (r"退休时间|退休日期", None, 0.8),
    (r"[交缴]费?(类别|类型)|党费类|[交缴]纳.*(类别|类型|身份)", Field.DUES_CATEGORY, 0.9),
    (r"人员身份|身份类别|人员状态|在职|在岗|职业", Field.DUES_CATEGORY, 0.7),
    (r"年(收入|薪|工资|度|终)|全年|上年", None, 0.8),
    (r"税后.*(工资|收入|薪)|实发|计[交缴征费].*工资", Field.DUES_BASE, 0.85),
    (r"(工资|收入|薪).*(税前)|税前|应发", Field.DUES_BASE, 0.7),
    (r"工资|收入|薪", Field.DUES_BASE, 0.8),
    (r"养老金|退休(金|费)|离休(金|费)", Field.PENSION, 0.85),
    (
        r"正式.*预备|预备.*正式|是否正式|是否预备|党员(类|性|身)|党籍|政治面貌",
        Field.PERSON_CATEGORY,
        0.8,
    ),
    (r"^(预备|正式)(党员)?$", Field.PERSON_CATEGORY, 0.7),
    (r"类别|类型|身份$|性质", Field.PERSON_CATEGORY, 0.6),
    (r"小组", Field.PARTY_GROUP, 0.8),
    (r"党内.*职|党务.*职|支部.*职务|党组织.*职务", Field.POSTS, 0.9),
    (r"组织关系(所在|隶属)?(党|支|组|单位|$)|隶属", Field.ORG, 0.85),
    (r"职务|岗位|职称|职级|部门|科室|车间|工种|单位", Field.WORK_POST, 0.5),
    (r"籍贯", Field.NATIVE_PLACE, 0.9),
    (r"备注|说明", Field.REMARKS, 0.8),
    (r"(组织|支部|总支|党委|机构).*(编码|代码|编号|代号|标识|id$)", Field.MEMBER_ORG_CODE, 0.9),
    (r"书记|职务|人数|联系人|时间|日期|情况|是否|简介|标志", None, 0.6),
    (r"支部|总支|党委|工委|党组|组织|隶属", Field.ORG, 0.85),
    (r"姓名|名字", Field.NAME, 0.8),
)
_RANKS: tuple[tuple[str, int], ...] = (
    (r"支部", 40),
    (r"总支", 30),
    (r"二级|下级|基层", 26),
    (r"工委", 10),
    (r"一级|集团|公司党委", 15),
    (r"上级", 24),
    (r"党委|委员会", 20),
    (r"三级", 34),
    (r"四级", 38),
)
_ORG_PATTERNS: tuple[tuple[str, Field | None, float], ...] = (
    (REASON_HEADING, None, 1.0),
    (r"身份证|姓名|电话|手机|书记|人数|联系人|地址|简称|备注|序号|单位情况|信用代码", None, 0.9),
    (r"(上级|上一级|父|隶属|所属|主管).*(编码|代码|编号|id)", Field.PARENT_CODE, 0.95),
    (r"(上级|上一级|父|隶属|所属|主管)", Field.PARENT_NAME, 0.9),
    (r"成立|建立|设立|组建", Field.FOUNDED, 0.9),
    (r"届满|到期|换届|任期.*(止|结束|届)", Field.TERM_ENDS, 0.9),
    (r"(编码|代码|编号|代号|标识|id$)", Field.ORG_CODE, 0.9),
    (r"^(一|1)级(党|组|机|单|名|$)", Field.ORG, 0.8),
    (r"^(二|2)级(党|组|机|单|名|$)", Field.ORG_2, 0.8),
    (r"^(三|3)级(党|组|机|单|名|$)", Field.ORG_3, 0.8),
    (r"^(四|4)级(党|组|机|单|名|$)", Field.ORG_4, 0.8),
    (r"^(党?组?织?)(层级|级次|级别|层次)$", Field.ORG_DEPTH, 0.9),
    (r"^(基层|机关)?(党委|党工委|工委)(名称|全称)?$", Field.ORG, 0.95),
    (r"^(基层)?(党总支|总支|总支部)(名称|全称)?$", Field.ORG_2, 0.95),
    (r"^(基层)?(党支部|支部)(名称|全称)?$", Field.ORG_3, 0.95),
    (r"类别|类型|性质|种类", Field.ORG_KIND, 0.9),
    (r"全称|名称", Field.ORG_NAME, 0.95),
    (r"^(党组织|组织|机构)$", Field.ORG_NAME, 0.7),
)


def plain_heading(text: str) -> str:
    """The heading in comparable form: half-width, no blanks, no bracketed remark."""
    text = unicodedata.normalize("NFKC", text)
    bare = _BRACKETED.sub("", text)
    return _NOISE.sub("", bare or text).lower()


@lru_cache(maxsize=4096)
def of_member(text: str) -> Heading | None:
    """What a heading of a member sheet says, or None when it says nothing known."""
    heading = plain_heading(text)
    if not heading or len(heading) > 24:
        return None
    if heading in _EXACT:
        return Heading(_EXACT[heading], 1.0)
    if _SEQUENCE.fullmatch(heading):
        return Heading(None, 0.9, counts_rows=True)
    for pattern, field, confidence in _PATTERNS:
        if re.search(pattern, heading):
            return Heading(field, confidence, _rank(heading) if field == Field.ORG else 0)
    return None


@lru_cache(maxsize=4096)
def of_organisation(text: str) -> Heading | None:
    """What a heading of an organisation sheet says, or None."""
    heading = plain_heading(text)
    if not heading or len(heading) > 24:
        return None
    for pattern, field, confidence in _ORG_PATTERNS:
        if re.search(pattern, heading):
            return Heading(field, confidence)
    return None


def _rank(heading: str) -> int:
    for pattern, rank in _RANKS:
        if re.search(pattern, heading):
            return rank
    return 35
