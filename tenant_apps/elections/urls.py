"""Addresses of elections: on the desk, whose pages are fit for phones too, and for members."""

from __future__ import annotations

from django.urls import URLPattern, path

from tenant_apps.elections.selectors.procedure import RULES
from tenant_apps.elections.views import (
    acts,
    cases,
    gaps,
    lists,
    opening,
    papers,
    phone,
    posts,
    votes,
)

_ORG = "elections/organizations/<uuid:org_id>"
_CASE = "elections/<uuid:election_id>"
_VOTE = f"{_CASE}/votes/<slug:office>"
_STEP = "elections/steps/<uuid:step_id>"

_ACTS = (
    acts.Decide, acts.RequestReply, acts.Reply, acts.Propose, acts.Examine, acts.Publicise,
    acts.Assemble, acts.Conclude, acts.Report, acts.Confirm, acts.Archive,
)  # fmt: skip

unit_urls: list[URLPattern] = [
    path("elections/", lists.Elections.as_view(), name="elections"),
    path("elections/terms/", lists.Terms.as_view(), name="terms"),
    path("elections/vacancies/", gaps.Vacancies.as_view(), name="vacancies"),
    path("elections/roster/", gaps.RosterPosts.as_view(), name="roster"),
    path("elections/roster/all/", gaps.TakeAllOver.as_view(), name="roster-all"),
    path("elections/closed/", lists.Closed.as_view(), name="closed"),
    path(f"{_ORG}/", lists.OrganizationMatters.as_view(), name="organization"),
    path(f"{_ORG}/start/", opening.Start.as_view(), name="start"),
    path(f"{_ORG}/extend/", opening.Extend.as_view(), name="extend"),
    path(f"{_ORG}/urge/", opening.Urge.as_view(), name="urge"),
    path(f"{_ORG}/appoint/", posts.Appoint.as_view(), name="appoint"),
    path("elections/posts/<uuid:post_id>/end/", posts.EndPost.as_view(), name="end-post"),
    path(f"{_CASE}/", cases.ElectionPage.as_view(), name="election"),
    path(f"{_CASE}/cancel/", cases.Cancel.as_view(), name="cancel"),
    *(
        path(f"{_CASE}/{RULES[view.act].slug}/", view.as_view(), name=RULES[view.act].slug)
        for view in _ACTS
    ),
    path(f"{_CASE}/assemble/check/", acts.CheckRoll.as_view(), name="check-roll"),
    path(f"{_CASE}/votes/", votes.Votes.as_view(), name="votes"),
    path(f"{_VOTE}/", votes.Count.as_view(), name="count"),
    path(f"{_VOTE}/check/", votes.CheckCount.as_view(), name="check-count"),
    path(f"{_VOTE}/strike/", votes.StrikeCount.as_view(), name="strike-count"),
    path(f"{_VOTE}/reduce/", votes.ReduceSeats.as_view(), name="reduce-seats"),
    path(f"{_STEP}/paper/", papers.PrintPaper.as_view(), name="paper"),
    path(f"{_STEP}/files/", papers.AttachFiles.as_view(), name="attach"),
    path(f"{_STEP}/files/<int:number>/", papers.StepFile.as_view(), name="file"),
    path("elections/check/<str:code>/", papers.CheckPaper.as_view(), name="check"),
]
member_urls: list[URLPattern] = [
    path("m/elections/", phone.OwnElections.as_view(), name="own"),
]
