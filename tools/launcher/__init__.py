"""What `./gongjian` does. Standard library only: it runs before anything is installed.

Read in this order: `cli` (the words), `demo` and `tools` (what they do), `prepare` (environment and
assets), `stack` (which services are embedded), `services/` (each of them), `supervisor` (children).
"""
