"""What programs of others read by public standards; all of it comes from the change feed."""
