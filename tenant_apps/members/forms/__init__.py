"""The shape of what people send about members.  Forms never save."""

from tenant_apps.members.forms.boxes import DateBox
from tenant_apps.members.forms.entries import (
    AnswerForm,
    AskEntryForm,
    AskFieldForm,
    EntryForm,
    MonthForm,
    StrikeForm,
    askable,
)
from tenant_apps.members.forms.files import FileForm, PhotoForm, RevealForm
from tenant_apps.members.forms.lists import PAGE_SIZES, ExportForm, ListForm

__all__ = [
    "PAGE_SIZES",
    "AnswerForm",
    "AskEntryForm",
    "AskFieldForm",
    "DateBox",
    "EntryForm",
    "ExportForm",
    "FileForm",
    "ListForm",
    "MonthForm",
    "PhotoForm",
    "RevealForm",
    "StrikeForm",
    "askable",
]
