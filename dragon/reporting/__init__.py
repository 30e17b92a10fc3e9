"""Tables are data: a spec names cells and the paper's numbers, metric files fill them, renderers print them."""
