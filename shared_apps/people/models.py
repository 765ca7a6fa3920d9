"""Who can sign in.  One identity per person, whatever the number of units.

Names of members are not here; phones and identity numbers only sealed or as blind indexes
under the platform's key.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from kernel.models import Row, UnitBoundShared


class PlatformRole(models.TextChoices):
    """Roles outside units (rulebook 12.1).  The three administrators exclude each other."""

    OUTREACH = "outreach", "共建推广专员"
    OPERATOR = "operator", "平台运营"
    SETTLEMENT_MAKER = "settlement_maker", "结算经办"
    SETTLEMENT_CHECKER = "settlement_checker", "结算复核"
    SYSTEM_ADMIN = "system_admin", "系统管理员"
    SECURITY_ADMIN = "security_admin", "安全管理员"
    AUDIT_ADMIN = "audit_admin", "审计管理员"


SEPARATED_ROLES = ("system_admin", "security_admin", "audit_admin")


class Person(Row):
    """An identity.  Staff sign in by ``login``; people of units by phone."""

    login = models.CharField(max_length=60, blank=True)
    display_name = models.CharField(max_length=60, blank=True)
    phone_sealed = models.BinaryField(null=True, blank=True)
    phone_index = models.BinaryField(null=True, blank=True, unique=True)
    phone_masked = models.CharField(max_length=11, blank=True)
    password = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    password_set_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="people_login_unique", fields=["login"], condition=~Q(login="")
            )
        ]


class PlatformGrant(Row):
    """A person holds a platform role."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(max_length=20, choices=PlatformRole)
    granted_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="people_grant_once", fields=["person", "role"]),
            models.UniqueConstraint(
                name="people_three_administrators_are_three",
                fields=["person"],
                condition=Q(role__in=SEPARATED_ROLES),
            ),
        ]


class AffiliationKind(models.TextChoices):
    """As what somebody signs in on the phone."""

    MEMBER = "MEMBER", "党员"
    APPLICANT = "APPLICANT", "入党申请人"


class Affiliation(UnitBoundShared):
    """A member of a unit as sign-in sees them: which unit, which member, which phone.

    ``person`` is set at the first sign-in (activation).  ``identity_index`` tells whether an
    identity number is known in another unit, never whose it is.  Of an applicant ``member_id`` is
    the case of admission: no member has that id, so it opens nothing that is a member's.
    """

    unit_access: ClassVar[str] = "SELECT"
    travels_with_unit: ClassVar[bool] = True

    member_id = models.UUIDField(unique=True)
    kind = models.CharField(
        max_length=10,
        choices=AffiliationKind,
        default=AffiliationKind.MEMBER,
        db_default=AffiliationKind.MEMBER,
    )
    phone_index = models.BinaryField(null=True, db_index=True)
    identity_index = models.BinaryField(db_index=True)
    person = models.ForeignKey(
        Person, null=True, on_delete=models.SET_NULL, related_name="affiliations"
    )
    activated_at = models.DateTimeField(null=True)


class SecondFactor(Row):
    """A TOTP device (RFC 6238, 30 s).  ``last_step`` makes every code single-use.

    ``pending_sealed`` is a secret that was shown but not yet confirmed by a code; the device in
    use goes on until it is.
    """

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="second_factor")
    secret_sealed = models.BinaryField(null=True)
    pending_sealed = models.BinaryField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    last_step = models.BigIntegerField(default=0)
    recovery_digests = models.JSONField(default=list)


class SessionKind(models.TextChoices):
    """How it was opened, which decides how long it lasts (security 7 and 3.1)."""

    ADMINISTRATOR = "administrator", "管理登录"
    MEMBER = "member", "党员登录"
    RESET = "reset", "重置密码"
    SUPPORT = "support", "平台支持访问"


class Session(Row):
    """A server session.  ``audience`` names the face and unit it was made for; a cookie that is
    presented anywhere else is worth nothing.

    An administrator's session is worth nothing either until ``second_factor_at`` is set, and a
    member's until ``member_id`` says as whom: before that it only remembers a half-done sign-in.
    One for a forgotten password never lets anybody in: it remembers how far its owner came.
    """

    digest = models.BinaryField(unique=True)
    kind = models.CharField(max_length=15, choices=SessionKind)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="sessions")
    audience = models.CharField(max_length=60)
    unit_id = models.UUIDField(null=True)
    member_id = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    second_factor_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ip = models.CharField(max_length=45, blank=True)
    device = models.CharField(max_length=200, blank=True)


class Attempts(Row):
    """How often one key (account, phone or address) was tried within its window."""

    key = models.BinaryField(unique=True)
    count = models.PositiveIntegerField(default=0)
    first_at = models.DateTimeField()
    locked_until = models.DateTimeField(null=True)


class SmsCode(Row):
    """A six-digit code sent to a phone; ten minutes, one use, five tries.

    ``audience`` names what it opens (a face, a unit, one invitation): it opens nothing else.
    """

    phone_index = models.BinaryField(db_index=True)
    audience = models.CharField(max_length=60)
    digest = models.BinaryField()
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)


class Invitation(UnitBoundShared):
    """A one-time link that makes somebody an administrator of a unit, bound to a phone."""

    digest = models.BinaryField(unique=True)
    role = models.CharField(max_length=20)
    scope = models.CharField(max_length=80, blank=True)
    name_sealed = models.BinaryField()
    phone_sealed = models.BinaryField()
    phone_index = models.BinaryField()
    phone_masked = models.CharField(max_length=11)
    invited_by = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)


class SecurityEvent(Row):
    """What happened at the door: sign-ins, refusals, second factors, passwords, roles.

    Append-only.  ``data`` holds roles, counts and masked phones, never a secret.
    """

    is_append_only: ClassVar[bool] = True
    outlives_unit: ClassVar[str] = "登录安全事件"

    at = models.DateTimeField(db_index=True)
    code = models.CharField(max_length=60)
    person_id = models.UUIDField(null=True, db_index=True)
    actor_id = models.UUIDField(null=True)
    unit_id = models.UUIDField(null=True)
    ip = models.CharField(max_length=45, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    data = models.JSONField(default=dict)
