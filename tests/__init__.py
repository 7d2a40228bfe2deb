"""Tests mirror the tree; end_to_end/ drives the local cloud."""
