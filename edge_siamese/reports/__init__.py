"""HTML reports: pages, plots and tables of evaluation results. Writing a report needs the extra ``report``."""
