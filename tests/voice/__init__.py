"""How many words of the prompts come through a telephone line, by a recogniser that is no part of the product: ``make hear``."""
