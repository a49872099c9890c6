"""Full-text search over tantivy, with Chinese done in Python: it knows neither the web nor the database."""
