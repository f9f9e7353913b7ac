"""Filters of the log pages: what the codes in the log are called."""

from django import template

from povertyedu.office import words

register = template.Library()
register.filter("action_word", words.action_word)
register.filter("subject_word", words.subject_word)
