"""What is wrong with a node, and how to mend it: each check a function, none of which ever fails itself."""
