"""The pages of the window: each puts widgets together and passes wishes on. Behaviour is in the controllers."""
