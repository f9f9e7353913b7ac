"""Messages for a person: what a background job found, what came back, what is ready to download."""
