"""How exactly the model computes: the price of each precision, and the choice."""
