"""The commands of `commons-node`, each loaded when it is called."""
