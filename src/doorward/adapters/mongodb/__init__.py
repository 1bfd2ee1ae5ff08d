"""Storage in MongoDB, or in whatever speaks its wire protocol and has transactions, through PyMongo's async client."""
