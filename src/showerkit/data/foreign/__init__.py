"""Files of other projects: read into showers of a detector, and written from them."""
