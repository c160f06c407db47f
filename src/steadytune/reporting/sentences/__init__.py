"""From numbers to words: findings, and what qualifies them."""
