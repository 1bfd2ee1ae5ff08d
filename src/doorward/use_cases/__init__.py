"""What the product does, one sentence a file. A use case is built once and called with a command."""
