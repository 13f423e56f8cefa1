"""Web page and REST API: compare photos, watch a running loop, enroll and erase people. Needs the extra ``web``.

``edge-siamese preview`` and ``edge-siamese run --web`` serve the same application (`app.create_app`).
"""
