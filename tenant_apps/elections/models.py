"""Posts, and the cases by which a body is elected anew, filled up or extended (rulebook 1.3-1.6).

Ballots are anonymous where they are stored: only counts are kept, and who came is a table of
its own that says nothing of how anybody voted (rulebook 12.2).
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from kernel.models import UnitRow


class CaseKind(models.TextChoices):
    REELECTION = "REELECTION", "换届选举"
    BY_ELECTION = "BY_ELECTION", "增补选举"
    EXTENSION = "EXTENSION", "延期换届"


class Act(models.TextChoices):
    """What comes next in a case; the states of rulebook 1.5 are what has been done.  OPEN and
    REQUEST of an extension are only ever done, by opening the case.
    """

    OPEN = "OPEN", "启动"
    DECIDE = "DECIDE", "委员会会议研究"
    REQUEST = "REQUEST", "呈报请示"
    REPLY = "REPLY", "上级批复"
    PROPOSE = "PROPOSE", "提出候选人预备人选"
    EXAMINE = "EXAMINE", "上级审查人选"
    PUBLICISE = "PUBLICISE", "通知党员"
    ASSEMBLE = "ASSEMBLE", "召开大会"
    ELECT = "ELECT", "大会选举"
    PLENUM = "PLENUM", "第一次全体会议"
    REPORT = "REPORT", "报告选举结果"
    CONFIRM = "CONFIRM", "上级批准备案"
    ARCHIVE = "ARCHIVE", "交接归档"
    DONE = "DONE", "办结"
    CANCELLED = "CANCELLED", "已终止"


OVER = (Act.DONE, Act.CANCELLED)


class Profile(models.TextChoices):
    """Whose term it is (rulebook 1.3): villages and communities have five years throughout."""

    GENERAL = "GENERAL", "一般基层党组织"
    VILLAGE = "VILLAGE", "村、社区党组织"


class Assembly(models.TextChoices):
    MEETING = "MEETING", "党员大会"
    DELEGATES = "DELEGATES", "党员代表大会"


class Election(UnitRow):
    """One case of one organisation.

    ``seats`` are those of the committee, none where there is none (rulebook 1.4); ``secretaries``
    and ``deputies`` are elected by the new committee, or by the general meeting where there is no
    committee.  ``inspectors`` are the seats of the discipline inspection commission (纪委) that is
    elected together with a committee (rulebook 1.1), none where there is none; its secretary is
    elected by its own plenum.  ``place`` is where the assembly meets.

    ``old_ends_on`` and ``new_ends_on`` are the ends of term before and after, the latter asked
    for in an extension and computed on confirmation otherwise.  ``expected`` and ``present`` count
    voters.  ``nominees`` are [{"member", "name", "office"}].
    """

    org = models.ForeignKey(
        "organizations.Organization", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    org_path = models.CharField(max_length=80)
    kind = models.CharField(max_length=12, choices=CaseKind)
    act = models.CharField(max_length=10, choices=Act)
    profile = models.CharField(max_length=8, choices=Profile, default=Profile.GENERAL)
    assembly = models.CharField(max_length=10, choices=Assembly, default=Assembly.MEETING)
    has_committee = models.BooleanField(default=True)
    seats = models.PositiveSmallIntegerField(default=0)
    secretaries = models.PositiveSmallIntegerField(default=1)
    deputies = models.PositiveSmallIntegerField(default=0)
    inspectors = models.PositiveSmallIntegerField(default=0, db_default=0)
    place = models.CharField(max_length=120, blank=True, default="", db_default="")
    planned_on = models.DateField(null=True, blank=True)
    notice_until = models.DateField(null=True, blank=True)
    held_on = models.DateField(null=True, blank=True)
    old_ends_on = models.DateField(null=True, blank=True)
    new_ends_on = models.DateField(null=True, blank=True)
    expected = models.PositiveIntegerField(null=True, blank=True)
    present = models.PositiveIntegerField(null=True, blank=True)
    is_shift_approved = models.BooleanField(default=False)
    may_have_delegates = models.BooleanField(default=False)
    nominees = models.JSONField(default=list)
    acted_on = models.DateField()
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-opened_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="elections_one_open_case",
                fields=["org", "kind"],
                condition=Q(closed_at__isnull=True),
            ),
            models.CheckConstraint(
                name="elections_present_were_expected",
                condition=Q(present__isnull=True) | Q(present__lte=F("expected")),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["org", "opened_at"], name="elections_of_org")]


class Verdict(models.TextChoices):
    """NOTED: something happened meanwhile and was written down beside what people did."""

    DONE = "DONE", "已办"
    APPROVED = "APPROVED", "同意"
    RETURNED = "RETURNED", "退回"
    NOTED = "NOTED", "记录"


class Step(UnitRow):
    """What was done in a case, by whom, on which day, with which document.

    ``files`` are [{"key", "name", "size"}] in the unit's files.
    """

    election = models.ForeignKey(Election, on_delete=models.PROTECT, related_name="steps")
    act = models.CharField(max_length=10, choices=Act)
    state = models.PositiveSmallIntegerField()
    verdict = models.CharField(max_length=8, choices=Verdict)
    happened_on = models.DateField()
    document = models.CharField(max_length=80, blank=True)
    note = models.CharField(max_length=1000, blank=True)
    data = models.JSONField(default=dict)
    files = models.JSONField(default=list)
    by_id = models.UUIDField(null=True)
    by_name = models.CharField(max_length=60, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["at", "id"]


class Presence(models.TextChoices):
    PRESENT = "PRESENT", "实到"
    ABSENT = "ABSENT", "未到"
    EXCLUDED = "EXCLUDED", "不计入应到会"


class Excuse(models.TextChoices):
    """Why somebody is not counted among those expected: five classes that the superior approves
    and the meeting agrees to, and two of full members without a vote (rulebook 1.6).
    """

    ILLNESS = "ILLNESS", "患有精神病或因其他疾病不能表达本人意志"
    ABROAD = "ABROAD", "自费出国半年以上"
    SENTENCE = "SENTENCE", "未受留党察看以上处分但正在服刑"
    BEDRIDDEN = "BEDRIDDEN", "年老体弱卧床不起或生活不能自理"
    ELSEWHERE = "ELSEWHERE", "工作学习在外半年以上、应转未转组织关系"
    PROBATION = "PROBATION", "受留党察看处分，没有表决权"
    DETAINED = "DETAINED", "被留置、逮捕，党员权利已中止"


WITHOUT_VOTE = (Excuse.PROBATION, Excuse.DETAINED)


class Attendance(UnitRow):
    """Whether a voter came; of the vote itself nothing is here."""

    election = models.ForeignKey(
        Election, on_delete=models.PROTECT, related_name="attendances", db_index=False
    )
    member = models.ForeignKey(
        "members.Member", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    presence = models.CharField(max_length=8, choices=Presence)
    excuse = models.CharField(max_length=10, choices=Excuse, blank=True)
    approved_by = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="elections_voter_counted_once", fields=["election", "member"]
            ),
            models.CheckConstraint(
                name="elections_exclusion_is_approved",
                condition=~Q(presence="EXCLUDED") | (~Q(excuse="") & ~Q(approved_by="")),
            ),
        ]


class Office(models.TextChoices):
    COMMITTEE = "COMMITTEE", "委员"
    SECRETARY = "SECRETARY", "书记"
    DEPUTY = "DEPUTY", "副书记"
    INSPECTOR = "INSPECTOR", "纪委委员"
    INSP_HEAD = "INSP_HEAD", "纪委书记"


OF_INSPECTION = (Office.INSPECTOR, Office.INSP_HEAD)
"""Offices of the discipline inspection commission, which is a body of its own."""


class Ballot(UnitRow):
    """One round of one vote: counts only.

    ``candidates`` are [{"member", "name", "for", "against", "abstained"}], ``others`` the names
    that voters wrote in, [{"member" or "", "name", "for"}].  ``elected`` and ``tied`` are member
    ids; a void round (more ballots back than given out) elects nobody.  ``reduced_to`` is the
    number of seats that the meeting agreed to leave it at.
    """

    election = models.ForeignKey(
        Election, on_delete=models.PROTECT, related_name="ballots", db_index=False
    )
    office = models.CharField(max_length=10, choices=Office)
    round = models.PositiveSmallIntegerField()
    seats = models.PositiveSmallIntegerField()
    expected = models.PositiveIntegerField()
    present = models.PositiveIntegerField()
    issued = models.PositiveIntegerField()
    returned = models.PositiveIntegerField()
    valid = models.PositiveIntegerField()
    candidates = models.JSONField()
    others = models.JSONField(default=list)
    elected = models.JSONField(default=list)
    tied = models.JSONField(default=list)
    is_void = models.BooleanField(default=False)
    reduced_to = models.PositiveSmallIntegerField(null=True, blank=True)
    by_id = models.UUIDField(null=True)
    by_name = models.CharField(max_length=60, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["office", "round"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="elections_round_once", fields=["election", "office", "round"]
            ),
            models.CheckConstraint(
                name="elections_ballots_add_up",
                condition=Q(present__lte=F("expected"))
                & Q(issued__lte=F("present"))
                & Q(valid__lte=F("returned")),
            ),
        ]


class Reason(models.TextChoices):
    """How somebody came to a post (rulebook 1.4: the board's check skips all but the first).
    ROSTER is what a roster said in words before posts were kept here, read by somebody.
    """

    ELECTED = "ELECTED", "换届选举"
    BY_ELECTION = "BY_ELECTION", "增补选举"
    APPOINTED = "APPOINTED", "上级指派"
    ROSTER = "ROSTER", "名册登记"


class Post(UnitRow):
    """A post in the Party that a member holds, or held until ``ended_on``."""

    member = models.ForeignKey("members.Member", on_delete=models.PROTECT, related_name="+")
    org = models.ForeignKey(
        "organizations.Organization", on_delete=models.PROTECT, related_name="+"
    )
    org_path = models.CharField(max_length=80)
    code = models.CharField(max_length=2)
    title = models.CharField(max_length=30, blank=True)
    began_on = models.DateField()
    ended_on = models.DateField(null=True, blank=True)
    reason = models.CharField(max_length=12, choices=Reason)
    election = models.ForeignKey(
        Election, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    document = models.CharField(max_length=80, blank=True)
    end_reason = models.CharField(max_length=200, blank=True)
    recorded_by = models.UUIDField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["code", "began_on", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="elections_post_held_once",
                fields=["member", "org", "code"],
                condition=Q(ended_on__isnull=True),
            ),
            models.CheckConstraint(
                name="elections_post_ends_after_it_began",
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("began_on")),
            ),
        ]


class Reminder(UnitRow):
    """That a term runs out was said to people: the log, and what keeps from saying it twice.

    ``occasion`` is the end of term with the months before it ("2027-01-31/3") where the platform
    reminded, the day ("2027-02-15") where the committee above did (催办); the same one happens
    once in an organisation.  ``people`` are those who got a message, by person or member: never
    a number.  Nobody in it, and it reached nobody, for the reason in ``note``.
    """

    org = models.ForeignKey(
        "organizations.Organization", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    org_path = models.CharField(max_length=80)
    occasion = models.CharField(max_length=14)
    ends_on = models.DateField()
    people = models.JSONField(default=list)
    note = models.CharField(max_length=120, blank=True)
    by_id = models.UUIDField(null=True)
    by_name = models.CharField(max_length=60, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="elections_reminded_once", fields=["org", "occasion"])
        ]

    @property
    def label(self) -> str:
        """What was said, in words: by the platform months ahead, or by people after the end."""
        stage = self.occasion.rpartition("/")[2]
        return f"届满前 {stage} 个月提醒" if "/" in self.occasion else "届满催办"
