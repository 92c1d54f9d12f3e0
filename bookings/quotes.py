"""What bookings cost: quotes before they are made, and the lines of what is owed for them."""

from .models import Booking


def owed(booking: Booking) -> int:
    """Return what is owed for a booking, VAT included, in cents: the sum of its lines."""
    return booking.price_lines.owed()
