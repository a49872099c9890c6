"""Generators that turn this set's sources into PDF, PNG, sound, film, slides and tables."""
