"""Pictures of channels and figures. pyqtgraph is imported here and not when the window opens."""

from act_gui.theme import colour_plots

colour_plots()
