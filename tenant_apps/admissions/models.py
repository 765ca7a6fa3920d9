"""Admission of members (rulebook 2.1 to 2.4): the case of one person, its acts, what is kept.

Nothing is erased: an act taken back, returned or refused stays as a row, and so do papers and
entries that were struck out.
"""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.db import models
from django.db.models import Q

from kernel.models import UnitRow


class Category(models.TextChoices):
    """人员类别 of somebody on the way (rulebook 2.1)."""

    APPLICANT = "APPLICANT", "入党申请人"
    ACTIVIST = "ACTIVIST", "入党积极分子"
    CANDIDATE = "CANDIDATE", "发展对象"
    PROBATIONARY = "PROBATIONARY", "预备党员"
    FULL = "FULL", "正式党员"
    MASSES = "MASSES", "群众"


class State(models.TextChoices):
    """Whether a case goes on, and how it ended."""

    OPEN = "OPEN", "办理中"
    DONE = "DONE", "已归档"
    WITHDRAWN = "WITHDRAWN", "本人撤回"
    DISQUALIFIED = "DISQUALIFIED", "取消资格"
    CANCELLED = "CANCELLED", "取消预备党员资格"
    LEFT = "LEFT", "已离开本单位"
    ENTERED = "ENTERED", "已另行登记为党员"


class Conversion(models.TextChoices):
    """What became of the probation, for the statistics."""

    ON_TIME = "ON_TIME", "按期转正"
    EXTENDED = "EXTENDED", "延长预备期满转正"
    CANCELLED = "CANCELLED", "取消预备党员资格"


class Case(UnitRow):
    """The admission of one person, from the application to the archive.

    ``act`` is the act that comes next, begun on ``act_began_on`` and judged by ``act_version`` of
    the rules whatever becomes of them later; ``layout`` numbers the acts as 25 or 29 steps.
    ``dates`` holds the day of each act that is done, from which all terms are worked out.
    ``member_id`` is set when the approval makes the person a member, or the person became one
    otherwise; ``texted`` names what the person was told by text message, and when.
    """

    org = models.ForeignKey(
        "organizations.Organization", on_delete=models.PROTECT, related_name="+"
    )
    org_path = models.CharField(max_length=80)
    name = models.CharField(max_length=60)
    name_pinyin = models.CharField(max_length=120, blank=True)
    name_initials = models.CharField(max_length=30, blank=True)
    gender = models.CharField(max_length=1)
    birth_on = models.DateField()
    ethnicity = models.CharField(max_length=20, blank=True)
    education = models.CharField(max_length=40, blank=True)
    occupation = models.CharField(max_length=20, blank=True)
    front_line = models.CharField(max_length=20, blank=True)
    stratum = models.CharField(max_length=20, blank=True)
    workplace = models.CharField(max_length=120, blank=True)
    identity_sealed = models.BinaryField()
    identity_index = models.BinaryField()
    identity_masked = models.CharField(max_length=18)
    phone_sealed = models.BinaryField(null=True, blank=True)
    phone_index = models.BinaryField(null=True, blank=True)
    phone_masked = models.CharField(max_length=11, blank=True)
    category = models.CharField(max_length=20, choices=Category, default=Category.APPLICANT)
    state = models.CharField(max_length=20, choices=State, default=State.OPEN)
    layout = models.CharField(max_length=2)
    act = models.CharField(max_length=30)
    act_version = models.CharField(max_length=20)
    act_began_on = models.DateField()
    stage = models.CharField(max_length=20)
    dates = models.JSONField(default=dict)
    extensions = models.PositiveSmallIntegerField(default=0)
    applied_on = models.DateField()
    activist_on = models.DateField(null=True, blank=True)
    candidate_on = models.DateField(null=True, blank=True)
    joined_on = models.DateField(null=True, blank=True)
    approved_on = models.DateField(null=True, blank=True)
    converted_on = models.DateField(null=True, blank=True)
    conversion = models.CharField(max_length=10, choices=Conversion, blank=True)
    member_id = models.UUIDField(null=True, blank=True)
    closed_on = models.DateField(null=True, blank=True)
    closed_reason = models.CharField(max_length=400, blank=True)
    texted = models.JSONField(default=dict, db_default={})
    created_at = models.DateTimeField()
    created_by = models.UUIDField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="admissions_one_open_case",
                fields=["identity_index"],
                condition=Q(state="OPEN"),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["org_path"],
                opclasses=["varchar_pattern_ops"],
                condition=Q(state="OPEN"),
                name="admissions_case_place",
            ),
            models.Index(fields=["member_id"], name="admissions_case_member"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        return self.state == State.OPEN

    @property
    def gender_label(self) -> str:
        return {"M": "男", "F": "女"}.get(self.gender, "")

    @property
    def days(self) -> dict[str, dt.date]:
        """``dates`` as days."""
        return {key: dt.date.fromisoformat(text) for key, text in self.dates.items()}


class StepState(models.TextChoices):
    """What became of one try at an act."""

    SUBMITTED = "SUBMITTED", "待上级审批"
    BEGUN = "BEGUN", "公示中"
    DONE = "DONE", "已完成"
    FAILED = "FAILED", "未通过"
    RETURNED = "RETURNED", "退回补充"
    REFUSED = "REFUSED", "不同意"
    TAKEN_BACK = "TAKEN_BACK", "已撤回"


PENDING = (StepState.SUBMITTED, StepState.BEGUN)


class Step(UnitRow):
    """One try at an act of a case: what was given, by whom, under which version of the rules.

    ``on`` is the day given when it was recorded or submitted, ``done_on`` the day that counts
    (of the decision, of the end of a notice).  A done step is never rewritten: a pack that
    changes later leaves it, and a correction takes it back and makes another.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="steps")
    act = models.CharField(max_length=30)
    attempt = models.PositiveSmallIntegerField()
    version = models.CharField(max_length=20)
    state = models.CharField(max_length=12, choices=StepState)
    began_on = models.DateField()
    on = models.DateField()
    done_on = models.DateField(null=True, blank=True)
    data = models.JSONField(default=dict)
    verdict = models.CharField(max_length=10, blank=True)
    opinion = models.CharField(max_length=400, blank=True)
    late_reason = models.CharField(max_length=400, blank=True)
    given_at = models.DateTimeField()
    given_by = models.UUIDField(null=True)
    given_by_name = models.CharField(max_length=60, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.UUIDField(null=True)
    decided_by_name = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="admissions_step_once", fields=["case", "act", "attempt"]),
            models.UniqueConstraint(
                name="admissions_one_pending_step",
                fields=["case"],
                condition=Q(state__in=["SUBMITTED", "BEGUN"]),
            ),
        ]


class NoteKind(models.TextChoices):
    """What is kept up beside the steps."""

    INSPECTION = "INSPECTION", "考察记录"
    THOUGHT = "THOUGHT", "思想汇报"
    OBJECTION = "OBJECTION", "公示异议"
    TRAINING = "TRAINING", "培训实践"
    OTHER = "OTHER", "其他情况"
    NOTICE = "NOTICE", "通知本人"


class Note(UnitRow):
    """An inspection, a thought report, an objection: dated, by somebody, never erased."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="notes")
    kind = models.CharField(max_length=12, choices=NoteKind)
    on = models.DateField()
    by = models.CharField(max_length=60, blank=True)
    text = models.TextField()
    recorded_at = models.DateTimeField()
    recorded_by = models.UUIDField(null=True)
    struck_at = models.DateTimeField(null=True, blank=True)


class Paper(UnitRow):
    """A file handed in for an act; ``kind`` is the document of the rules, or empty."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="papers")
    act = models.CharField(max_length=30)
    kind = models.CharField(max_length=30, blank=True)
    title = models.CharField(max_length=120)
    file_key = models.CharField(max_length=200)
    file_name = models.CharField(max_length=120)
    size = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    uploaded_at = models.DateTimeField()
    uploaded_by = models.UUIDField(null=True)
    uploaded_by_name = models.CharField(max_length=60, blank=True)
    struck_at = models.DateTimeField(null=True, blank=True)
