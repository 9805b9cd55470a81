"""`make bundle` (build) and `make check-bundle` (check): what is deployed, made and tried here."""
