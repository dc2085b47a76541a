"""One module per application of the demo desktop: what it shows, and how it answers clicks and keys."""
