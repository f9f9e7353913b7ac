"""School construction and equipment projects."""
