"""What profiles and masks tell: numbers with their chance levels, without a model."""
