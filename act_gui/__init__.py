"""ACT Studio's window: pages over act_core, without tensor arithmetic of its own."""
