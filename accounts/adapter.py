"""How people sign in: by a code sent to their e-mail."""

from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):
    """Whoever signs up can sign in; there are no passwords to forget."""
