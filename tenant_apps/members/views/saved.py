"""Names for lists: keep one, forget one."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.members.forms.lists import SaveListForm
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.selectors import columns_of
from tenant_apps.members.selectors.saved import saved_list_for
from tenant_apps.members.services import saving


class SaveList(Page):
    """``/members/lists/save/``."""

    permission = MemberPermission.BROWSE

    def post(self, request: HttpRequest) -> HttpResponse:
        form = SaveListForm(request.POST)
        address = request.POST.get("address", "")[:1000]
        if not form.is_valid():
            toast(request, "请填写筛选的名称，最多 30 个字。", level="warning")
            return HttpResponseRedirect(f"{reverse('members')}?{address}")
        saved = saving.save(
            name=form.cleaned_data["name"],
            address=form.cleaned_data["address"],
            actor=self.actor,
            now=clock.now(),
        )
        toast(request, f"已保存筛选「{saved.name}」。")
        return HttpResponseRedirect(f"{reverse('members')}?{saved.address}")


class DropList(Page):
    """``/members/lists/<id>/drop/``."""

    permission = MemberPermission.BROWSE

    def post(self, request: HttpRequest, saved_id: UUID) -> HttpResponse:
        saved = saved_list_for(self.actor, saved_id)
        saving.drop(saved=saved, actor=self.actor, now=clock.now())
        toast(request, f"已删除筛选「{saved.name}」。", level="info")
        return HttpResponseRedirect(reverse("members"))


class ArrangeColumns(Page):
    """``/members/columns/``: POST ``order`` and ``hidden``, numbers of columns with blanks."""

    permission = MemberPermission.BROWSE

    def post(self, request: HttpRequest) -> HttpResponse:
        keys = {str(one.number): one.key for one in columns_of(self.actor, today=clock.today())}
        order, hidden = (
            [keys[number] for number in request.POST.get(name, "").split() if number in keys]
            for name in ("order", "hidden")
        )
        saving.arrange(order=order, hidden=hidden, actor=self.actor, now=clock.now())
        return HttpResponse(status=204)
