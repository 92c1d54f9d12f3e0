"""Free time and bookings for programs: understand the input, one rule call, answer."""
