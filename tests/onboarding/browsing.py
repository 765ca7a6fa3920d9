"""What is filled in on the pages of opening a unit, and how answers and storage are read."""

from django.core.files.storage import default_storage

CODE = "91350100M000100Y43"
FORM = {
    "name": "青石镇供销社",
    "credit_code": CODE,
    "city": "320300",
    "county": "320303",
    "label": "qszgxs",
    "contact_name": "宋佳",
    "contact_phone": "13812340000",
    "agreed_on": "2026-11-01",
    "agreement_ends_on": "2029-10-31",
    "bank_branch": "彭城支行",
    "profile": "agency",
}


def text_of(response, status=200):
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


def stored_files(folder=""):
    """Every file in the storage."""
    folders, files = default_storage.listdir(folder)
    return sorted(
        files + [one for each in folders for one in stored_files(f"{folder}/{each}".strip("/"))]
    )
