"""Reports of training runs: results in `run_report`, the HTML page in `page`, single plots in `single_plot`."""
