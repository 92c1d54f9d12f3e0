"""Races over HTTP against the real server: several processes, many clients, one time."""
