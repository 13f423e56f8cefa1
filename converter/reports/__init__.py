"""Pages about training runs: `document` is what a run hands over, `page` makes one HTML file of it that opens offline."""
