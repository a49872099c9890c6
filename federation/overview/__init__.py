"""What whoever runs the alliance must know: review, members, what is stored, and the hub's own records.

Everything is counted in the database, in a number of queries that does not depend on how much there is.
"""
