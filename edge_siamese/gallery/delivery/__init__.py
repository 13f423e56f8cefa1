"""Delivery of galleries to devices: two slots in a folder, installation with rollback, and patches."""
