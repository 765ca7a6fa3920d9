"""People who may have two files: look at both, make one of them, or tell them apart."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.errors import DomainError
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.selectors import duplicates
from tenant_apps.members.services import merging, references
from tenant_apps.members.views.rooms import crumbs_to, rooms


class Duplicates(Page):
    """``/members/duplicates/``: the likeliest pairs, and the mergers of late."""

    permission = MemberPermission.MERGE
    template_name = "members/duplicates.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.render(
            title="重复档案",
            crumbs=crumbs_to("重复档案"),
            rooms=rooms(self.actor, "duplicates"),
            pairs=duplicates.pairs_visible_to(self.actor),
            most=duplicates.MOST_PAIRS,
            mergers=[
                (change, clock.now() - change.recorded_at <= merging.UNDO_WITHIN)
                for change in duplicates.mergers_visible_to(self.actor)
            ],
        )


class MergeMembers(Page):
    """``/members/<kept>/merge/<other>/``: both files side by side; POST merges."""

    permission = MemberPermission.MERGE
    template_name = "members/merge.html"

    def get(self, request: HttpRequest, member_id: UUID, other_id: UUID) -> HttpResponse:
        return self._shown(member_id, other_id)

    def post(self, request: HttpRequest, member_id: UUID, other_id: UUID) -> HttpResponse:
        kept, gone = duplicates.pair_for(self.actor, member_id, other_id)
        now = clock.now()
        if request.POST.get("word") == "apart":
            merging.tell_apart(first=kept, second=gone, actor=self.actor, now=now)
            toast(request, f"已标记「{kept.name}」与「{gone.name}」不是同一人。", level="info")
            return HttpResponseRedirect(reverse("members-duplicates"))
        keys = [key for key, _ in duplicates.COMPARED]
        take = [key for key in keys if request.POST.get(f"take_{key}") == "gone"]
        try:
            change = merging.merge(kept=kept, gone=gone, take=take, actor=self.actor, now=now)
        except DomainError as error:
            return self._shown(member_id, other_id, problem=error.message, status=422)
        toast(
            request,
            f"已合并为一份档案：{kept.name}。七天内可以撤销。",
            undo_url=reverse("members-merge-undo", args=[change.pk]),
        )
        return HttpResponseRedirect(reverse("member", args=[kept.pk]))

    def _shown(
        self, member_id: UUID, other_id: UUID, problem: str = "", status: int = 200
    ) -> HttpResponse:
        kept, gone = duplicates.pair_for(self.actor, member_id, other_id)
        return self.render(
            title=f"合并档案 · {kept.name}",
            crumbs=crumbs_to("重复档案", reverse("members-duplicates"), "合并档案"),
            kept=kept,
            gone=gone,
            fields=duplicates.compared(kept, gone),
            carried=references.preview(gone=gone.pk, kept=kept.pk),
            problem=problem,
            status=status,
        )


class UndoMerge(Page):
    """``/members/merges/<id>/undo/``: two files again."""

    permission = MemberPermission.MERGE

    def post(self, request: HttpRequest, change_id: UUID) -> HttpResponse:
        change = duplicates.merger_for(self.actor, change_id)
        gone = merging.undo(change=change, actor=self.actor, now=clock.now())
        toast(request, f"已撤销合并，「{gone.name}」恢复为两份档案。", level="info")
        return HttpResponseRedirect(reverse("members-duplicates"))
