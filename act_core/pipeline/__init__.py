"""The stages in order: recipe, inputs, profiles, masks, figures, checkpoint, report."""
