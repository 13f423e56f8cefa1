"""Protocols and figures of verification: numbers only; images and reports are the converter's."""
