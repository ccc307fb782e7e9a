"""Rules that clients may run themselves: chosen, written for JavaScript, signed, served."""
