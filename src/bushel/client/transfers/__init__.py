"""Objects of any size, up and down: in parts, several at once, in bounded memory."""
