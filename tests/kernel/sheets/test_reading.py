"""What is opened, what is refused and with which sentence."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest
import xlsxwriter
import xlwt

from kernel.sheets import errors
from kernel.sheets.limits import LIMITS, Limits
from kernel.sheets.reading import Book, open_book


def xlsx(*rows, last=None, formulas=()) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet("名册")
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            sheet.write(number, column, value)
    for cell, formula in formulas:
        sheet.write_formula(cell, formula)
    if last:
        sheet.write_string(*last)
    book.close()
    return out.getvalue()


def repacked(content: bytes, changes: dict[str, bytes | None]) -> bytes:
    """The archive with some members replaced, added, or (None) left out."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in [*old.namelist(), *(n for n in changes if n not in old.namelist())]:
            value = changes.get(name, b"" if name in changes else None)
            if name in changes and changes[name] is None:
                continue
            new.writestr(name, value or old.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def rows_of(book: Book, sheet: int = 0) -> list[tuple[int, list]]:
    return list(book.sheets[sheet].rows())


PLAIN = xlsx(["姓名", "电话"], ["张三", 13812345678])


class TestFormats:
    def test_reads_xlsx_with_row_numbers_as_the_office_shows_them(self):
        assert rows_of(open_book(PLAIN, "a.xlsx"))[1] == (2, ["张三", 13812345678.0])

    def test_keeps_row_and_column_numbers_of_a_table_that_starts_further_in(self):
        out = io.BytesIO()
        book = xlsxwriter.Workbook(out)
        book.add_worksheet().write(3, 2, "姓名")
        book.close()
        assert rows_of(open_book(out.getvalue(), "a.xlsx"))[-1] == (4, ["", "", "姓名"])

    def test_reads_xls(self):
        out = io.BytesIO()
        book = xlwt.Workbook()
        book.add_sheet("名册").write(0, 0, "姓名")
        book.save(out)
        assert rows_of(open_book(out.getvalue(), "a.xls")) == [(1, ["姓名"])]

    def test_content_decides_and_not_the_name(self):
        assert open_book(PLAIN, "a.xls").format == "xlsx"

    @pytest.mark.parametrize(
        ("encoding", "mark", "told"),
        [
            ("utf-8", b"", "utf-8"),
            ("utf-8", b"\xef\xbb\xbf", "utf-8"),
            ("gbk", b"", "gb18030"),
            ("gb18030", b"\xef\xbb\xbf", "gb18030"),
        ],
        ids=["utf-8", "utf-8 with mark", "gbk", "gbk that claims to be utf-8"],
    )
    def test_reads_text_in_its_real_encoding(self, encoding, mark, told):
        book = open_book(mark + "姓名,电话\n张三,1381\n".encode(encoding), "a.csv")
        assert book.encoding == told
        assert rows_of(book) == [(1, ["姓名", "电话"]), (2, ["张三", "1381"])]

    @pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
    def test_finds_the_delimiter(self, mark):
        book = open_book(f"姓名{mark}电话\n张三{mark}1\n".encode(), "a.csv")
        assert rows_of(book)[1] == (2, ["张三", "1"])

    def test_a_quoted_line_break_does_not_start_a_row(self):
        book = open_book('姓名,住址\n张三,"南京\n鼓楼"\n李四,x\n'.encode(), "a.csv")
        assert rows_of(book)[2] == (3, ["李四", "x"])

    def test_text_told_to_stay_text_keeps_its_digits(self):
        book = open_book('姓名,电话\n张三,"=""0138"""\n'.encode(), "a.csv")
        assert rows_of(book)[1] == (2, ["张三", "0138"])

    def test_says_which_sheets_are_hidden_and_where_cells_are_merged(self):
        out = io.BytesIO()
        made = xlsxwriter.Workbook(out)
        made.add_worksheet("甲").merge_range("A1:B2", "标题")
        made.add_worksheet("乙").hide()
        made.close()
        book = open_book(out.getvalue(), "a.xlsx")
        assert [sheet.visible for sheet in book.sheets] == [True, False]
        merge = book.sheets[0].merges[0]
        assert (merge.top, merge.left, merge.bottom, merge.right) == (1, 0, 2, 1)


class TestRefusals:
    @pytest.mark.parametrize(
        ("content", "name", "error"),
        [
            (b"%PDF-1.7 x", "名册.pdf", errors.UnknownFormat),
            (b"%PDF-1.7 x", "名册.xlsx", errors.UnknownFormat),
            (b"\x89PNG\r\n\x1a\n", "名册.csv", errors.UnknownFormat),
            (b"<html><table></table>", "名册.xls", errors.UnknownFormat),
            (b'<?xml version="1.0"?><Workbook/>', "名册.xls", errors.UnknownFormat),
            ("姓名,电话".encode("utf-16"), "名册.csv", errors.UnknownFormat),
            (b"hello,world", "notes.txt", errors.UnknownFormat),
            (b"\x00\x01\x02\x03 binary \x00", "名册.csv", errors.UnknownFormat),
            (b"", "名册.csv", errors.EmptyWorkbook),
            (b"\xef\xbb\xbf\r\n", "名册.csv", errors.EmptyWorkbook),
            (PLAIN[: len(PLAIN) // 2], "名册.xlsx", errors.BrokenFile),
            ("姓名,电话\n张三".encode("gbk")[:-1], "名册.csv", errors.BrokenFile),
            (b"\xff\xfe\xfd\x80\x80,\x81\x30", "名册.csv", errors.UnknownFormat),
            (b"\x81\x20\x81\x20\x81\x20\x81\x20,", "名册.csv", errors.UnreadableText),
        ],
    )
    def test_refuses_what_it_cannot_read(self, content, name, error):
        with pytest.raises(error) as refused:
            open_book(content, name)
        assert refused.value.message.endswith("。")

    @pytest.mark.parametrize(
        ("members", "error"),
        [
            ({"word/document.xml": b"x"}, errors.UnknownFormat),
            ({"xl/workbook.bin": b"x"}, errors.UnknownFormat),
            ({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}, errors.UnknownFormat),
            ({"xl/vbaProject.bin": b"x"}, errors.MacroWorkbook),
            ({"xl/externalLinks/externalLink1.xml": b"<x/>"}, errors.ExternalLinks),
        ],
    )
    def test_refuses_other_archives(self, members, error):
        with pytest.raises(error):
            open_book(repacked(PLAIN, members), "a.xlsx")

    def test_refuses_a_plain_archive(self):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("a.txt", "x")
        with pytest.raises(errors.UnknownFormat):
            open_book(out.getvalue(), "a.xlsx")

    @pytest.mark.parametrize(
        "formula",
        [
            "='[其他.xlsx]Sheet1'!A1",
            "=[1]Sheet1!A1",
            '=WEBSERVICE("http://example.com")',
            "='\\\\server\\share\\[a.xls]S'!A1",
            '=HYPERLINK("https://example.com","x")',
        ],
    )
    def test_refuses_formulas_that_reach_outside(self, formula):
        with pytest.raises(errors.ExternalLinks):
            open_book(xlsx(["姓名"], formulas=[("B2", formula)]), "a.xlsx")

    def test_reads_the_stored_value_of_a_harmless_formula(self):
        out = io.BytesIO()
        book = xlsxwriter.Workbook(out)
        book.add_worksheet().write_formula("A1", "=SUM(B1:B9)", None, 42)
        book.close()
        assert rows_of(open_book(out.getvalue(), "a.xlsx")) == [(1, [42.0])]

    def test_refuses_a_large_file_before_reading_it(self, tmp_path):
        path = tmp_path / "a.xlsx"
        path.write_bytes(PLAIN)
        with pytest.raises(errors.FileTooLarge):
            open_book(path, "a.xlsx", limits=Limits(file_bytes=100))
        with pytest.raises(errors.FileTooLarge):
            open_book(PLAIN, "a.xlsx", limits=Limits(file_bytes=100))

    def test_refuses_too_many_rows(self):
        few = Limits(rows=3)
        with pytest.raises(errors.TooManyRows):
            open_book(b"a,b\n" * 5, "a.csv", limits=few)
        with pytest.raises(errors.TooManyRows):
            open_book(xlsx(*[["a"]] * 5), "a.xlsx", limits=few)

    def test_refuses_a_zip_bomb(self):
        bomb = repacked(PLAIN, {"xl/worksheets/sheet9.xml": b"0" * (64 * 1024 * 1024)})
        assert len(bomb) < 200_000
        with pytest.raises(errors.ZipBomb):
            open_book(bomb, "a.xlsx")

    def test_refuses_what_unpacks_to_too_much(self):
        with pytest.raises(errors.ZipBomb):
            open_book(PLAIN, "a.xlsx", limits=Limits(unpacked_bytes=1000))

    def test_refuses_an_archive_of_too_many_members(self):
        with pytest.raises(errors.ZipBomb):
            open_book(PLAIN, "a.xlsx", limits=Limits(members=3))


class TestOldWorkbooks:
    @staticmethod
    def xls() -> bytes:
        out = io.BytesIO()
        book = xlwt.Workbook()
        sheet = book.add_sheet("名册")
        for row in range(60):
            sheet.write(row, 0, f"人{row}")
        book.add_sheet("other").write(0, 0, 1)
        sheet.write(0, 1, xlwt.Formula("other!A1"))
        book.save(out)
        return out.getvalue()

    def test_refuses_an_encrypted_one(self):
        content = bytearray(self.xls())
        at = content.find(struct.pack("<HHH", 0xE1, 2, 0x04B0))
        content[at : at + 2] = struct.pack("<H", 0x2F)
        with pytest.raises(errors.EncryptedWorkbook):
            open_book(bytes(content), "a.xls")

    def test_refuses_an_encrypted_xlsx(self):
        name = "EncryptedPackage".encode("utf-16-le")
        content = self.xls().replace("Workbook".encode("utf-16-le") + bytes(16), name)
        at = content.find(name)
        content = content[: at + 64] + struct.pack("<H", 34) + content[at + 66 :]
        with pytest.raises(errors.EncryptedWorkbook):
            open_book(content, "a.xlsx")

    def test_refuses_one_that_was_cut_off(self):
        with pytest.raises(errors.BrokenFile):
            open_book(self.xls()[:3000], "a.xls")

    def test_refuses_links_to_other_workbooks(self):
        content = bytearray(self.xls())
        at = content.find(struct.pack("<HHHH", 0x1AE, 4, 2, 0x0401))
        assert at > 0, "a reference to a sheet of the same book is no link"
        content[at + 6 : at + 8] = struct.pack("<H", 3)
        with pytest.raises(errors.ExternalLinks):
            open_book(bytes(content), "a.xls")


class TestWidth:
    def test_twenty_thousand_empty_columns_are_left_out(self):
        line = "姓名,电话" + "," * 20_000 + "\n"
        book = open_book((line * 500).encode(), "a.csv")
        assert book.sheets[0].width == 2
        assert {len(cells) for _, cells in book.sheets[0].rows()} == {2}

    def test_a_blank_in_the_last_cell_of_the_sheet_costs_nothing(self):
        content = xlsx(["姓名", "电话"], ["张三", "1"], last=(1_048_575, 16_383, " "))
        book = open_book(content, "a.xlsx")
        assert (book.sheets[0].height, book.sheets[0].width) == (2, 2)

    def test_refuses_content_in_the_last_column(self):
        content = xlsx(["姓名", "电话"], last=(0, 16_383, "x"))
        with pytest.raises(errors.TooManyColumns):
            open_book(content, "a.xlsx")
        with pytest.raises(errors.TooManyColumns):
            open_book(("姓名" + "," * 400 + "x\n").encode(), "a.csv")

    def test_refuses_content_in_the_last_row(self):
        with pytest.raises(errors.TooManyRows):
            open_book(xlsx(["姓名"], last=(1_048_575, 0, "x")), "a.xlsx")

    def test_places_cells_that_do_not_say_where_they_are(self):
        sheet = b"""<?xml version="1.0"?><worksheet
            xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row>
            <c t="inlineStr"><is><t>a</t></is></c><c t="inlineStr"><is><t>b</t></is></c></row><row>
            <c/><c t="inlineStr"><is><t>d</t></is></c></row></sheetData></worksheet>"""
        content = repacked(PLAIN, {"xl/worksheets/sheet1.xml": sheet})
        assert rows_of(open_book(content, "a.xlsx")) == [(1, ["a", "b"]), (2, ["", "d"])]

    def test_eighty_thousand_rows_of_thirty_columns_pass(self):
        assert LIMITS.area > 80_001 * 30
        assert LIMITS.rows > 80_000
