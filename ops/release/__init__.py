"""`python -m ops release`: what was released and what runs, and an operator's few ways to steer it.

The reconciler releases whatever is approved. Here its stack, its registry and its endpoint are read, the package that
runs is taken back, and releases are paused: all of it by what the reconciler looks at anyway.
"""
