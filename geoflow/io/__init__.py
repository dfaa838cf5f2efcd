"""Files in and out, in arrays only: this package knows no wire, no film and no energy."""
