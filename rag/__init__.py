"""rag: a question in, an answer on the record out.

Retrieves passages, composes an answer from them, proves every quote and abstains where the
documents do not say. Imports from `index` only.
"""
