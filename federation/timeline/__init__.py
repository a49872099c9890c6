"""The timeline: what is public by the years that it is about, in Chinese dynasties, centuries and decades."""
