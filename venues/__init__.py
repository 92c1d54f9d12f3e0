"""What can be booked, when it is open, and who looks after it."""
