"""Reading posts, terms and elections."""

from .cases import (
    ElectionNotFound,
    Superior,
    election_for,
    elections_visible_to,
    last_held,
    may_act,
    open_case,
    open_extension,
    organization_for,
    permission_of,
    superior_of,
)
from .posts import (
    PostNotFound,
    label_of,
    of_member,
    past_posts_of,
    post_for,
    posts_of,
    seats_of,
    texts_of,
)

__all__ = [
    "ElectionNotFound",
    "PostNotFound",
    "Superior",
    "election_for",
    "elections_visible_to",
    "label_of",
    "last_held",
    "may_act",
    "of_member",
    "open_case",
    "open_extension",
    "organization_for",
    "past_posts_of",
    "permission_of",
    "post_for",
    "posts_of",
    "seats_of",
    "superior_of",
    "texts_of",
]
