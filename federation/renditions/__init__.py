"""PDFs of office documents, so that reviewers see slides and papers without an office program."""
