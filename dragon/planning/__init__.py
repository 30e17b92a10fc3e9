"""What a scale would compute, and what that costs, before anything is computed: no torch, no data, no network."""
