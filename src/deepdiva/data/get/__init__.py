"""Where data sets come from: published ones, drawn ones, archives at an address, the Hugging Face hub."""
