"""One fine-tuned model: trained and saved with its card, evaluated, and used to predict."""
