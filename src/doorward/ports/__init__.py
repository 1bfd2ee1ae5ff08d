"""What the engine needs from outside, one family of protocols a file."""
