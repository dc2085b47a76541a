"""Benchmarks with their peers, measured side by side on the same files in one run; not installed with the application."""
