"""Writers that turn released cells into files for HR: fixed bytes by file name, with code book and checksums."""
