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

# Some of the dates of a booking that has others: `dates` has the ids of all that were given back in one act.
# If none is left that was not, the booking is cancelled, and `booking_cancelled` is all that is said.
dates_released = Signal()
# One date that was moved alone; `booking` is the one that it belongs to now. Both carry `date`.
date_moved = Signal()
date_taken_again = Signal()

# Time has come free, whatever held it: `times` says in which halls, by id, and from when to when, buffers
# included. The halls are locked; what can be booked there is still for `judging` to say.
time_freed = Signal()

impact_decided = Signal()  # carries `impact`: it is to be carried out when it is due
impact_failed = Signal()  # carries `impact`: it was due, and could not be carried out

# Each carries `sanction`.
sanction_proposed = Signal()
sanction_answered = Signal()
sanction_decided = Signal()
sanction_ended = Signal()  # dropped before it was decided, or lifted before its last day

offer_made = Signal()  # carries `offer`: its time is held for somebody who waits
offer_withdrawn = Signal()  # carries `offer`: it can be had no more, though nobody has answered
waiting_ended = Signal()  # carries `waiting`; `why` is one of `waiting.Why`

date_not_used = Signal()  # carries `booking`, its `date` to which nobody came, and `by`

series_booked = Signal()  # carries `series` and `by`: its bookings are not announced one by one
# Carries `series`, `by`, the ids of its `dates` that were changed, and `what`: "moved" or "texts". Dates that
# go back are announced as such, by booking.
series_changed = Signal()

message_kept = Signal()  # carries `message`: it is to be sent

# Each carries `swap`.
swap_proposed = Signal()
swap_answered = Signal()  # agreed, declined or withdrawn: its state says which

# What a booking that there was already costs has changed; carries `now`. Its row is locked.
price_changed = Signal()
