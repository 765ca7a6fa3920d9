"""What changes posts, terms and re-elections; ``votes`` is arithmetic alone."""
