"""The parts of ``bench fleet``: how large the units are, their rows, the readers, the weight."""
