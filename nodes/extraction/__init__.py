"""What a file says of itself: measures, title, authors, dates and text, read in a process apart."""
