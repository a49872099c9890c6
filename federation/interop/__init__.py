"""What programs of others read by public standards: each standard has a package, all read the change feed."""
