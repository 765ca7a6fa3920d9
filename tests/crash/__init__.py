"""Killing what carries money, at named points and by chance, and asking afterwards whether the
books hold and the channels' own books say the same.
"""
