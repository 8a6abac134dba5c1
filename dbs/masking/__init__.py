"""Masking: production's rows without the persons in them."""
