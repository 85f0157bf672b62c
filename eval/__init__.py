"""eval: gold questions and an assistant in, measures with an exit code out."""
