"""How time is shown to and exchanged with other calendars."""
