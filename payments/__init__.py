"""How money moves for a booking."""
