"""What an operator may decide. Each policy is also the section of the settings of the same name."""
