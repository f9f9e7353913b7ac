"""Dropout control: who answers for each child, and what was done for those who stayed away."""

from .chains import NEVER, ChainLink, Post, PostQuerySet, name_of

__all__ = ["NEVER", "ChainLink", "Post", "PostQuerySet", "name_of"]
