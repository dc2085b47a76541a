"""Key names of recorders to W3C key codes and values. Start at `names`; one module per recorder's vocabulary."""
