"""How many seeds a claim needs: from a guess, or from a study that was run."""
