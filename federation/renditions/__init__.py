"""PDFs of office documents, so that slides and papers are seen without an office program."""
