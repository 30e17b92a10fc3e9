"""The library behind the suite: packages are verbs, in the order data flows.

``core`` holds the nouns; ``datasets``, ``queries``, ``teachers``, ``supervision``, ``training``,
``retrieval``, ``evaluation`` and ``reporting`` are functions between them. Importing ``dragon``
loads neither torch, nor DVC, nor MLflow.
"""
