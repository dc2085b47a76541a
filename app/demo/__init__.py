"""The demo library: rendered desktop sessions with fake people, and the exact truth of where every secret shows.

An actor script drives small models of desktop applications; a camera films them; a recorder writes down what the
script did, as a real recorder would. Nothing here was captured from anybody, so the truth may hold its values plain.
`library` and `main_job` run without Qt; everything that paints is reached through `render`, a child process.
Start at `library` (what is made), then `world` (how time passes), `actor` (what a person does), `apps` (what shows).
"""
