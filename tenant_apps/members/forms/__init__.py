"""The shape of what people send about members.  Forms never save."""

from tenant_apps.members.forms.boxes import DateBox
from tenant_apps.members.forms.files import FileForm, RevealForm
from tenant_apps.members.forms.lists import PAGE_SIZES, ExportForm, ListForm

__all__ = ["PAGE_SIZES", "DateBox", "ExportForm", "FileForm", "ListForm", "RevealForm"]
