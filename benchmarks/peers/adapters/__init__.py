"""Adapters, one module for each family of projects; see `adapter.Adapter`."""
