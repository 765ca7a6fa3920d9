"""Shape of HTML input.  Nothing here saves."""

from .channels import AccountForm
from .fields import MonthField, YuanField
from .fixing import AnswerForm, ExemptForm, ReliefForm, SettingForm, StandardForm, WhatIfForm
from .payments import DecisionForm, PaymentForm, RefundForm, VerifyForm

__all__ = [
    "AccountForm",
    "AnswerForm",
    "DecisionForm",
    "ExemptForm",
    "MonthField",
    "PaymentForm",
    "RefundForm",
    "ReliefForm",
    "SettingForm",
    "StandardForm",
    "VerifyForm",
    "WhatIfForm",
    "YuanField",
]
