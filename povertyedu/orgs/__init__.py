"""Places, schools, classes, people, terms and the working calendar: data only."""
