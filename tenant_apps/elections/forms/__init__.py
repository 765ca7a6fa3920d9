"""The shape of what people send about elections.  Forms never save."""

from .acts import (
    AnswerForm,
    ExtendForm,
    NominateForm,
    PlanForm,
    PublicForm,
    ReplyForm,
    ReportForm,
    RollForm,
    StartForm,
)
from .counting import CountForm, ReduceForm
from .papers import AttachForm, PaperForm
from .posts import AppointForm, EndPostForm, ReasonForm, TakeOverForm

__all__ = [
    "AnswerForm",
    "AppointForm",
    "AttachForm",
    "CountForm",
    "EndPostForm",
    "ExtendForm",
    "NominateForm",
    "PaperForm",
    "PlanForm",
    "PublicForm",
    "ReasonForm",
    "ReduceForm",
    "ReplyForm",
    "ReportForm",
    "RollForm",
    "StartForm",
    "TakeOverForm",
]
