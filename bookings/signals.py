"""Facts about bookings, past tense, sent inside the transaction. Receivers only write rows.

Each about a booking carries `booking`; those that a person caused carry `by`, and those that follow from a
change that hit the booking carry `hit`.
"""

from django.dispatch import Signal

booking_requested = Signal()
booking_confirmed = Signal()  # booked at once, approved, or paid
booking_awaits_payment = Signal()
booking_declined = Signal()
booking_cancelled = Signal()
booking_expired = Signal()
booking_moved = Signal()

impact_decided = Signal()  # carries `impact`: it is to be carried out when it is due
impact_failed = Signal()  # carries `impact`: it was due, and could not be carried out
