"""Reading the cases of admission."""

from .committees import committee_of, may_decide
from .gates import (
    CaseNotFound,
    NoOwnCase,
    PaperNotFound,
    branches_visible_to,
    case_for,
    cases_visible_to,
    note_for,
    open_cases,
    own_case,
    own_paper_for,
    paper_for,
)
from .own import OwnView, own_view
from .people import Candidate, full_members_of, groups_of, voters_of
from .progress import ActView, CaseView, view_of
from .work import Board, Column, Work, board_of, work_of

__all__ = [
    "ActView",
    "Board",
    "Candidate",
    "CaseNotFound",
    "CaseView",
    "Column",
    "NoOwnCase",
    "OwnView",
    "PaperNotFound",
    "Work",
    "board_of",
    "branches_visible_to",
    "case_for",
    "cases_visible_to",
    "committee_of",
    "full_members_of",
    "groups_of",
    "may_decide",
    "note_for",
    "open_cases",
    "own_case",
    "own_paper_for",
    "own_view",
    "paper_for",
    "view_of",
    "voters_of",
    "work_of",
]
