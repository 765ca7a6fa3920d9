"""Why a file is not opened: one class, one code, one sentence each."""

from __future__ import annotations

from kernel.errors import Invalid


class FileTooLarge(Invalid):
    code = "sheet_file_too_large"
    sentence = "文件超过 {limit_mb} MB。请删除图片和无关的工作表，或按党总支拆成几个文件后再上传。"


class TooManyRows(Invalid):
    code = "sheet_too_many_rows"
    sentence = "工作表「{sheet}」超过 {limit} 行。请拆成几个文件后再上传。"


class TooManyColumns(Invalid):
    code = "sheet_too_many_columns"
    sentence = "工作表「{sheet}」在第 {limit} 列之后仍有内容。请删除无关的列后再上传。"


class UnknownFormat(Invalid):
    code = "sheet_unknown_format"
    sentence = "这是{found}，不能读取。请另存为 .xlsx、.xls 或 .csv 后再上传。"


class MacroWorkbook(Invalid):
    code = "sheet_has_macros"
    sentence = "这是启用宏的工作簿（.xlsm），宏不会被读取。请另存为不含宏的 .xlsx 后再上传。"


class EncryptedWorkbook(Invalid):
    code = "sheet_encrypted"
    sentence = "文件设有打开密码。请在表格软件中取消密码、重新保存后再上传。"


class ExternalLinks(Invalid):
    code = "sheet_external_links"
    sentence = (
        "文件中有引用其他文件或网址的公式（{where}）。"
        "请把这些单元格复制后“粘贴为数值”，断开链接再上传。"
    )


class ZipBomb(Invalid):
    code = "sheet_zip_bomb"
    sentence = "文件解压后大得不正常，已停止读取。请新建一个工作簿，只把名册内容复制过去再上传。"


class BrokenFile(Invalid):
    code = "sheet_broken"
    sentence = "文件不完整或已损坏，可能上传中断了。请用表格软件打开确认无误、重新保存后再上传。"


class UnreadableText(Invalid):
    code = "sheet_unreadable_text"
    sentence = "无法识别文件的文字编码。请在表格软件中另存为 .xlsx 后再上传。"


class EmptyWorkbook(Invalid):
    code = "sheet_empty"
    sentence = "文件里没有任何内容。请确认上传的是填好的名册。"
