"""Products, factors, equations and spectra of matrices."""
