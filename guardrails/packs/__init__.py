"""Rule packs as users have them: read, translated, and written as a piece of a policy."""
