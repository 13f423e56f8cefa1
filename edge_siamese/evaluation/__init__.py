"""Protocols and figures of verification: numbers only; pictures and reports are the converter's."""
