"""The engine in Bytewax's dress: decode, guard, route."""
