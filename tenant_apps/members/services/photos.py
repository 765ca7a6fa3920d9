"""The photo of a member's file."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.jobs import job
from kernel.storage import unit_files
from tenant_apps.audit.services import record
from tenant_apps.members.models import Member
from tenant_apps.members.services import pictures


class NoPhoto(NotFound):
    code = "member_photo_missing"
    sentence = "这份档案还没有照片。"


@transaction.atomic
def put(*, member: Member, content: bytes, actor: Actor, now: dt.datetime) -> Member:
    """Keeps a photo in the file, without where and when it was taken; the old one goes.

    Raises PictureRefused.
    """
    picture = pictures.clean(content)
    key = unit_files().save(f"photo.{picture.ending}", picture.content)
    return _exchange(member, key, "member.photo_put", actor, now)


@transaction.atomic
def remove(*, member: Member, actor: Actor, now: dt.datetime) -> Member:
    """Takes the photo out of the file.  Raises NoPhoto."""
    return _exchange(member, "", "member.photo_removed", actor, now)


def read(member: Member) -> tuple[bytes, str]:
    """The photo and its media type.  Raises NoPhoto."""
    if not member.photo_key:
        raise NoPhoto
    content = unit_files().read(member.photo_key)
    return content, pictures.media_type_of(content)


def _exchange(member: Member, key: str, code: str, actor: Actor, now: dt.datetime) -> Member:
    held = Member.objects.select_for_update(of=("self",)).get(pk=member.pk)
    old, held.photo_key = held.photo_key, key
    if not key and not old:
        raise NoPhoto
    held.version += 1
    held.updated_at = now
    held.save(update_fields=["photo_key", "version", "updated_at"])
    record(code, actor=actor, now=now, subject_type="member", subject_id=held.pk)
    if old:
        discard.after_commit(key=old)
    return held


@job()
def discard(*, key: str) -> None:
    """Deletes a photo that no file names any more."""
    if not Member.objects.filter(photo_key=key).exists():
        unit_files().delete(key)
