"""Where a state lives: grids, and the wires that bound them."""
