"""The guarded proxy: an unmodified SDK points here, and gets its provider's answers guarded.

SDK ── routes ── upstream ──► provider
                    │ bytes
                 Rewriter ── texts ──► chunks ──► the guard flow
                    │  ▲                              │
SDK ◄── frames ─────┘  └──────── released text ◄──────┘
"""
