"""Experiments and the parts they are assembled from, as YAML; a package only so that they ship with the code."""
