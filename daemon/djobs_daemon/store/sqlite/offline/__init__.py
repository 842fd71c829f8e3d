"""What is done to a database that no daemon serves: prove, rebuild, or replace it."""
