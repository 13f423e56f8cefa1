"""`bench compare`: this project beside others in one run, on the same images, with one thread each."""
