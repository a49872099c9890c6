"""What a machine can point out on a record before a person judges it: one module for each kind of finding.

A finding decides nothing. Most are pure functions of the record; duplicates ask the database too.
"""
