"""The look of every page: template tags, tokens and component CSS, form renderer, charts, gallery."""
