"""Which teacher labels which query when: the heart of the paper."""
