"""The read-only interface for programs: released figures as JSON behind a token, described by an OpenAPI document."""
