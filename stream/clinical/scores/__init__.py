"""Published scores, one file each: numbers in, points out, and what is missing said."""
