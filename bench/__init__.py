"""Benchmarks beside their peers, measured on the same files in one run; not installed with the application."""
