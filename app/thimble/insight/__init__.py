"""What the engine's counters mean: figures for the Performance page and `thimble top`. Pure: no Qt, no engine."""
