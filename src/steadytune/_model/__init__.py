"""What is found in a model and done to it: layers, heads, adapters, weights it started from."""
