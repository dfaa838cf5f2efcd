"""Energies: one physical idea a file."""
