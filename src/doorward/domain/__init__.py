"""What is true: rules and records, without input or output."""
