"""Is this machine, this data and this configuration able to train? One check a file."""
