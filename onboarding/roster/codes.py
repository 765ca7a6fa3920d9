"""Words of the office for people: categories, gender, ethnic names, education.

Code tables of rulebook 2.1, 4.1 and 7.4.
"""

from __future__ import annotations

import re
from functools import lru_cache

from shared_apps.rules.selectors import codes as tables

from .values import compact

FULL, PROBATIONARY = "FULL", "PROBATIONARY"
NOT_A_MEMBER = "NOT_A_MEMBER"
WAGE, ANNUAL, SELF, RETIRED, FARMER = "WAGE", "ANNUAL", "SELF", "RETIRED", "FARMER"
STUDENT, UNEMPLOYED, RELIEF, MINIMUM = "STUDENT", "UNEMPLOYED", "RELIEF", "MINIMUM"
HARDSHIP = "HARDSHIP"
FIXED_RATE = frozenset({FARMER, STUDENT, UNEMPLOYED, RELIEF, MINIMUM})


_Table = tuple[tuple[re.Pattern[str], str], ...]


def _table(*lines: tuple[str, str]) -> _Table:
    return tuple((re.compile(pattern), code) for pattern, code in lines)


_PERSON = _table(
    (
        r"积极分子|申请人|发展对象|群众|团员|非党员|已故|去世|死亡|除名|开除|出党|停止党籍|历史党员|已转出",
        NOT_A_MEMBER,
    ),
    (r"预备", PROBATIONARY),
    (r"正式|^中共党员|^党员$|^中国共产党党员", FULL),
)
_DUES = _table(
    (r"离退休|退休|离休|内退|退养", RETIRED),
    (r"学生|在校|研究生$", STUDENT),
    (r"农牧|农民|渔民|牧民|务农|农村", FARMER),
    (r"下岗|失业|无业|待业|无固定收入", UNEMPLOYED),
    (r"抚恤|救济|优抚", RELIEF),
    (r"低保|最低生活", MINIMUM),
    (r"年薪", ANNUAL),
    (r"个体|自由职业|自谋|灵活就业|私营|无月收入", SELF),
    (r"困难", HARDSHIP),
    (r"在职|在岗|职工|工薪|按月|月薪|工资|干部|工人|企业|事业|机关|公务员|教师|医|员工", WAGE),
)
_EDUCATION = _table(
    (r"博士", "11"),
    (r"硕士", "14"),
    (r"研究生", "17"),
    (r"本科|^大学$|学士", "21"),
    (r"专科|大专", "31"),
    (r"中专|中等专业|中职", "41"),
    (r"职高|职业高中", "44"),
    (r"技校|技工", "47"),
    (r"高中", "61"),
    (r"初中", "71"),
    (r"小学", "81"),
    (r"文盲|其他", "90"),
)
_YES = {"是", "y", "yes", "1", "√", "✓", "✔", "○", "〇", "●", "◯", "☑", "★", "对", "true"}
_YES |= {"有", "离退休", "退休", "离休", "已退休"}
_NO = {"", "否", "n", "no", "0", "×", "x", "☐", "□", "false", "不是", "在职", "-", "/", "无"}


@lru_cache(maxsize=8192)
def person_category(value: str) -> str | None:
    """FULL, PROBATIONARY or NOT_A_MEMBER; None for a word we do not know."""
    return _first(_PERSON, value)


@lru_cache(maxsize=8192)
def dues_category(value: str) -> str | None:
    """A dues category of rulebook 4.1, or None."""
    return _first(_DUES, value)


_BASE_NAMES = re.compile(
    r"(?:在校|全日制)?(?:大|中)?学生|研究生|农牧民|农牧渔民|农民|牧民|渔民|务农|下岗失业(?:人员)?|下岗(?:职工|人员)?|失业(?:人员)?"
    r"|无业|待业|抚恤(?:救济)?(?:人员)?|救济|优抚(?:对象)?|低保(?:户|对象|人员)?|(?:领取)?最低生活保障"
    r"|离退休(?:人员)?|退休(?:人员)?|离休(?:人员)?"
)


@lru_cache(maxsize=8192)
def base_category(value: str) -> str | None:
    """The category that a base cell names instead of an amount, or None."""
    return dues_category(value) if _BASE_NAMES.fullmatch(compact(value)) else None


@lru_cache(maxsize=8192)
def gender(value: str) -> str | None:
    """GB/T 2261.1: 1 male, 2 female; None when neither."""
    bare = compact(value).lower()
    if bare in ("男", "男性", "m", "male", "1"):
        return "1"
    return "2" if bare in ("女", "女性", "f", "female", "2") else None


@lru_cache(maxsize=8192)
def ethnicity(value: str) -> str | None:
    """The full ethnic name of GB/T 3304, or None."""
    table = tables.table("ethnicity")
    return table.label_of(table.code_of(compact(value))) or None


@lru_cache(maxsize=8192)
def education(value: str) -> str | None:
    """The code of GB/T 4658, or None."""
    return _first(_EDUCATION, value)


@lru_cache(maxsize=8192)
def yes(value: str) -> bool | None:
    """A ticked box; None when it is neither yes nor no."""
    bare = compact(value).lower()
    return True if bare in _YES else False if bare in _NO else None


def _first(table: _Table, value: str) -> str | None:
    bare = compact(value)
    if not bare:
        return None
    return next((code for pattern, code in table if pattern.search(bare)), None)
