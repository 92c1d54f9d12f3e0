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

# Each carries `sanction`.
sanction_proposed = Signal()
sanction_answered = Signal()
sanction_decided = Signal()
sanction_ended = Signal()  # dropped before it was decided, or lifted before its last day

# Carries `hall_id`, `starts_at` and `ends_at`, buffers included: somebody gave time back, and whoever waits
# for such a time may have it. The sender is Occupancy.
time_freed = Signal()
offer_made = Signal()  # carries `offer`: its time is held for somebody who waits
