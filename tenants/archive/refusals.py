"""Why an archive is not taken, each with a sentence that says what to do."""

from __future__ import annotations

from kernel.errors import Conflict, Invalid, Unavailable


class NotAnArchive(Invalid):
    code = "archive_unknown"
    sentence = "这不是本平台的单位归档文件，或文件开头已损坏。请核对文件后重新选择。"


class ArchiveDamaged(Invalid):
    code = "archive_damaged"
    sentence = "归档文件不完整或内容被改动过，未做任何改变。请换用另一份归档。"


class ArchiveTooNew(Invalid):
    code = "archive_too_new"
    sentence = (
        "归档由更新版本的平台生成（{version}），本平台还不能识别，未做任何改变。请先升级平台。"
    )


class ArchiveDoesNotFit(Invalid):
    code = "archive_does_not_fit"
    sentence = "归档的数据结构与其版本不符（{detail}），未做任何改变。请换用另一份归档。"


class ArchiveOfAnotherUnit(Conflict):
    code = "archive_of_another_unit"
    sentence = "这份归档属于「{name}」，不能用来恢复「{unit}」。未做任何改变。"


class ArchiveSignedElsewhere(Invalid):
    code = "archive_signed_elsewhere"
    sentence = (
        "归档由其他平台签名（公钥 {signer}）。请向对方核对公钥，确认无误后随命令给出该公钥再导入。"
    )


class WrongPassphrase(Invalid):
    code = "archive_passphrase_wrong"
    sentence = "归档口令不正确。口令由导出人设定，平台不保存，也无法找回。"


class PassphraseNeeded(Invalid):
    code = "archive_passphrase_needed"
    sentence = "这份归档由口令保护，请给出导出时设定的口令。"


class ArchiveKeyGone(Invalid):
    code = "archive_key_gone"
    sentence = "这份备份的密钥已随单位注销而销毁，内容无法再读取。"


class ArchiveNeedsPassphrase(Invalid):
    code = "archive_bound_to_unit"
    sentence = "平台备份只能恢复到原单位。要导入其他单位，请用口令保护的完整导出。"


class UnitNotEmpty(Conflict):
    code = "unit_not_empty"
    sentence = "「{unit}」已有数据，不能导入。请选择刚开通、尚无数据的单位。"


class UnitWithoutData(Conflict):
    code = "unit_without_data"
    sentence = "「{unit}」当前是「{state}」，没有可以导出或恢复的数据。"


class UnitBusy(Unavailable):
    code = "unit_busy"
    sentence = "「{unit}」正在升级、恢复或有较长的操作没有结束，未做任何改变。请稍后再试。"


class NoRoom(Unavailable):
    code = "archive_no_room"
    sentence = "存储空间不足，归档没有完成，未做任何改变。请清理磁盘后再试。"


class NothingToUndo(Conflict):
    code = "restore_nothing_to_undo"
    sentence = "恢复前的数据已不再保留，不能撤回这次恢复。"
