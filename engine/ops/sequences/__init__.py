"""What sequences need: embeddings, attention, recurrent steps."""
