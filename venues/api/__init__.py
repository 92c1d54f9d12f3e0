"""Districts, venues and spaces as programs read them: public facts, the same for everybody."""
