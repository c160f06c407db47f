"""One step of training: what a method is, and how several become one objective."""
