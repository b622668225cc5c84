"""Plans crowds: who is counted with whom, so that no figure is about fewer than k people."""
