"""What is measured, one stage a file; within a stage all subjects take turns, round by round."""
