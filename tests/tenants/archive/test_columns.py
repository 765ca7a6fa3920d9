"""How sealed columns and keys of files travel in the open form, and come back."""

from kernel.crypto import unit_cipher
from tenants.archive import records
from tenants.archive.columns import Translation, stored_as

STORED = ("id", "phone_sealed", "phone_index", "sealed", "photo_key")


def csv(*rows):
    return [records.render(list(row)) for row in rows]


def rows_of(blocks):
    return list(records.parse(blocks))


def test_sealed_columns_are_named_and_opened_and_sealed_anew(alpha):
    cipher = unit_cipher()
    one = Translation("members", STORED, cipher, alpha.id)
    assert one.opened == ("id", "phone", "secrets", "photo_key")
    phone = "\\x" + cipher.seal("13900000001", column="members.phone").hex()
    secret = "\\x" + cipher.seal('{"phone":"1"}', column="members.secrets").hex()
    row = ["7", phone, "\\x00", secret, f"units/{alpha.id}/ab-photo.jpg"]
    opened = list(one.open(csv(STORED, row)))
    assert rows_of(opened)[1] == ["7", "13900000001", '{"phone":"1"}', "ab-photo.jpg"]
    again = rows_of(one.seal(opened))[1]
    assert again[4] == row[4]
    assert cipher.open(bytes.fromhex(again[3][2:]), column="members.secrets") == '{"phone":"1"}'


def test_nothing_sealed_stays_nothing(alpha):
    one = Translation("members", STORED, unit_cipher(), alpha.id)
    opened = list(one.open(csv(STORED, ["7", None, None, None, ""])))
    assert rows_of(opened)[1] == ["7", None, None, ""]
    assert rows_of(one.seal(opened))[1] == ["7", None, None, None, ""]


def test_the_open_form_names_its_stored_column():
    assert stored_as("secrets", STORED) == "sealed"
    assert stored_as("phone", STORED) == "phone_sealed"
