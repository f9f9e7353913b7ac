"""What is typed of projects."""
