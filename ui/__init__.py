"""ui: people and programs in, both of the other rooms out: command line and browser page."""
