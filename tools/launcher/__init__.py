"""What `./gongjian` does. Standard library only: it runs before anything is installed.

Read in this order: `cli` (the words), `demo` and `words` (what they do), `instance` (running with
services), `environment` and `assets` (what is made first), `stack` and `services/` (what is
embedded), `supervisor` and `process` (children), `state` (what a killed run left).
"""
