"""What latents hold: volume, categories, the patient. Each space is judged by scans its network never saw."""
