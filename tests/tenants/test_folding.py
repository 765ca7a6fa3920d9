"""Constraints move into the table that the same step makes, and nowhere else."""

from tenants.services.folding import folded

HOUSE = 'CREATE TABLE "house" ("id" uuid NOT NULL PRIMARY KEY, "street_id" uuid, "no" int)'
STREET = 'CREATE TABLE "street" ("id" uuid NOT NULL PRIMARY KEY, "name" text)'
POSITIVE = 'ALTER TABLE "house" ADD CONSTRAINT "house_no" CHECK ("no" > 0)'
UNIQUE = 'ALTER TABLE "house" ADD CONSTRAINT "house_once" UNIQUE ("street_id", "no")'
IN_STREET = (
    'ALTER TABLE "house" ADD CONSTRAINT "house_street" FOREIGN KEY ("street_id")'
    ' REFERENCES "street" ("id") DEFERRABLE INITIALLY IMMEDIATE'
)
INDEX = 'CREATE INDEX "house_by_no" ON "house" ("no")'


def test_checks_uniques_and_references_move_into_the_table():
    house = (
        'CREATE TABLE "house" ("id" uuid NOT NULL PRIMARY KEY, "street_id" uuid, "no" int,'
        ' CONSTRAINT "house_no" CHECK ("no" > 0),'
        ' CONSTRAINT "house_once" UNIQUE ("street_id", "no"),'
        ' CONSTRAINT "house_street" FOREIGN KEY ("street_id")'
        ' REFERENCES "street" ("id") DEFERRABLE INITIALLY IMMEDIATE)'
    )
    made = folded([STREET, HOUSE, INDEX, POSITIVE, UNIQUE, IN_STREET])
    assert made == [STREET, house, INDEX]


def test_a_reference_to_a_table_made_later_stays_behind_it():
    assert folded([HOUSE, STREET, IN_STREET]) == [HOUSE, STREET, IN_STREET]


def test_a_reference_to_a_table_of_an_earlier_step_or_to_itself_moves():
    to_itself = IN_STREET.replace('"street" (', '"house" (')
    for reference in (IN_STREET, to_itself):
        assert len(folded([HOUSE, reference])) == 1


def test_a_reference_to_another_column_waits_for_what_makes_it_unique():
    by_name = IN_STREET.replace('("id")', '("name")')
    assert folded([STREET, HOUSE, by_name]) == [STREET, HOUSE, by_name]


def test_a_table_of_an_earlier_step_is_left_alone():
    assert folded([POSITIVE, INDEX]) == [POSITIVE, INDEX]


def test_what_is_checked_later_on_purpose_stays():
    lazy = f"{POSITIVE} NOT VALID"
    assert folded([HOUSE, lazy]) == [HOUSE, lazy]


def test_nothing_moves_over_a_statement_of_another_kind():
    more = 'ALTER TABLE "house" ADD COLUMN "floors" int'
    check = 'ALTER TABLE "house" ADD CONSTRAINT "house_floors" CHECK ("floors" > 0)'
    assert folded([HOUSE, more, check]) == [HOUSE, more, check]
    row = "INSERT INTO \"house\" VALUES ('a')"
    assert folded([HOUSE, row, POSITIVE]) == [HOUSE, row, POSITIVE]
