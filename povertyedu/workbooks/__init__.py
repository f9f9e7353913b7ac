"""Excel in and out: finding headers, cleaning cells, declaring columns, writing ledgers. No models here."""
