"""The node as a service of the operating system: what is written and run for it on Linux, Windows and macOS."""
