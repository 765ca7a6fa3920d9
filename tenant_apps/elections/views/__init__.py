"""Pages of elections: lists, one case, votes, posts, papers."""
