"""The map: what is public by the places that it is about, in the cells of the graticule of latitudes and longitudes.

No coast and no border is drawn: the lines of the graticule, its degrees and the names that the records themselves
give are all that a reader is told, and all that we know to be so.
"""
