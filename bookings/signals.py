"""Facts about bookings, past tense, sent inside the transaction. Receivers only write rows.

Each carries `booking`; those that a person caused carry `by`.
"""

from django.dispatch import Signal

booking_requested = Signal()
booking_confirmed = Signal()  # booked at once, approved, or paid
booking_awaits_payment = Signal()
booking_declined = Signal()
booking_cancelled = Signal()
booking_expired = Signal()
booking_moved = Signal()
