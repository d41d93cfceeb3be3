"""One noun a file. Each file has a `router`; `api.app` mounts them under `/api/v1`."""
