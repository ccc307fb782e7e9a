"""How much each user and tenant may ask of the gateway, and who waits when it is too much."""
