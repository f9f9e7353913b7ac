"""Files people upload or jobs produce: sealed on disk, one model for all."""
