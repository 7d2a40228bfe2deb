"""`python -m ops compare` and `label`: which of two variants answers better, from captured requests and ground truth.

A record's way: `store` lists and reads the objects, `capture` and `ground_truth` read their lines, `join` brings answer
and truth together, `score` says how good an answer was, `sequence` what is known of the difference after so many of
them, and `picture` draws it. Whatever cannot be used on the way is counted and said.
"""
