"""What other systems read of the public resources: descriptions, links and lists in the forms that they know.

Each module is one standard. All are readers: of a page of the catalogue, or of the change feed through it.
"""
