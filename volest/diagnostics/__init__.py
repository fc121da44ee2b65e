"""Why a run does not generalise: verdicts with figures, from its records alone."""
