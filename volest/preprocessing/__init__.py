"""From a scan to the array that the network sees."""
