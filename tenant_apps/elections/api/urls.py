"""Addresses of the API of elections, below ``api/v1/``."""

from __future__ import annotations

from django.urls import URLPattern, path

from tenant_apps.elections.api.views import acts, cases, gaps

_CASE = "elections/<uuid:election_id>"

unit_urls: list[URLPattern] = [
    path("elections/", cases.Elections.as_view()),
    path("elections/terms/", cases.Terms.as_view()),
    path("elections/extensions/", cases.Extensions.as_view()),
    path("elections/vacancies/", gaps.Vacancies.as_view()),
    path("elections/roster/", gaps.RosterPosts.as_view()),
    path("elections/organizations/<uuid:org_id>/reminders/", gaps.Reminders.as_view()),
    path("elections/posts/", cases.Posts.as_view()),
    path("elections/posts/<uuid:post_id>/end/", cases.PostEnd.as_view()),
    path("elections/steps/<uuid:step_id>/files/", cases.StepFiles.as_view()),
    path(f"{_CASE}/", cases.ElectionDetail.as_view()),
    path(f"{_CASE}/cancel/", acts.Cancellation.as_view()),
    path(f"{_CASE}/decide/", acts.Decide.as_view()),
    path(f"{_CASE}/request/", acts.RequestReply.as_view()),
    path(f"{_CASE}/reply/", acts.Reply.as_view()),
    path(f"{_CASE}/propose/", acts.Propose.as_view()),
    path(f"{_CASE}/examine/", acts.Examine.as_view()),
    path(f"{_CASE}/publicise/", acts.Publicise.as_view()),
    path(f"{_CASE}/assemble/", acts.Assemble.as_view()),
    path(f"{_CASE}/ballots/", acts.Ballots.as_view()),
    path(f"{_CASE}/ballots/reduce/", acts.Reduction.as_view()),
    path(f"{_CASE}/elect/", acts.Conclude.as_view()),
    path(f"{_CASE}/report/", acts.Report.as_view()),
    path(f"{_CASE}/confirm/", acts.Confirm.as_view()),
    path(f"{_CASE}/archive/", acts.Archive.as_view()),
]
member_urls: list[URLPattern] = [path("me/elections/", gaps.OwnElections.as_view())]
