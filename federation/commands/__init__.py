"""The operator's commands, one module for each subject; `federation.cli` puts them together."""
