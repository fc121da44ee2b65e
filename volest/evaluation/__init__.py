"""Agreement of predictions with references, and the baselines beside them."""
