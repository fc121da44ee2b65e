"""Controls: trainings that must fail, or must succeed, if the run is what it seems."""
