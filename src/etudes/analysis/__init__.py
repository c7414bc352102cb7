"""JUDGED: what predictions and samples are worth, as numbers; arrays in, numbers out, no network anywhere."""
