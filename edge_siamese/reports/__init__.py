"""Pages for people: plots and tables of what `evaluation` measured. Needs the extra ``report``, and only when one is written."""
