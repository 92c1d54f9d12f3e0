"""Who has which space when, and in which state."""
