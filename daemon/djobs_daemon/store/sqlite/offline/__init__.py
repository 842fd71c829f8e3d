"""What is done to a database that no daemon serves: prove it, replace it by a backup."""
