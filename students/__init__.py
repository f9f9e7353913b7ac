"""Households, students, enrolment by term, hardship status by date."""
