"""The process that keeps MLflow equal to a run's folder; it alone imports MLflow, and no trainer imports it."""
