"""Pages about training runs: `report` is what a run hands over, `page` makes one HTML file of it that opens offline."""
