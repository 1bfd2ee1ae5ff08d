"""Storage in SQL through SQLAlchemy's async core; SQLite is built in."""
