"""One technology each; its driver is an optional dependency of the same name."""
