"""The engine for repositories of restic: data stores that outgrow one machine."""
