"""Pictures of terminals in which djobs really runs: ``python -m djobs_docs.pictures``."""
