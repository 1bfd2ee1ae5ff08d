"""HTTP: the engine spoken to in five manners."""
