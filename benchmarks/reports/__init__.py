"""Reports of benchmarks: Markdown, and HTML pages with plots, from a JSON report or from raw samples."""
