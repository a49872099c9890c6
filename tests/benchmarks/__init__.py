"""Measurements, each beside its floor taken in the same run (`make bench`; not part of `make test`)."""
